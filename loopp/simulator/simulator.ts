import { createHash } from 'node:crypto';
import type { OutcomeContext } from '../../src/contract/reporting-plugin.ts';
import type { Round } from '../../src/contract/round.ts';
import { oracleAdapter } from './adapter.ts';
import type { Present } from './adapter.ts';
import { Dice } from './dice.ts';
import { PorDon } from './don.ts';
import { faultsOf } from './faults.ts';
import { newKeyring } from './keyring.ts';
import { ocrRound } from './ocr-round.ts';
import type { OcrParts, OcrRound } from './ocr-round.ts';
import type { SimulatorOptions, SimulatorParts } from './options.ts';
import type { OracleHost } from './oracle-host.ts';
import { seededWorld } from './seeded-world.ts';
import { Tally } from './tally.ts';
import { Workflows } from './workflows.ts';

/** The node's integration test allows as many. */
const LEAST_MAX_CHAINS = 5;
/** libocr's prefix for OCR3 capabilities. */
const DIGEST_PREFIX = [0x00, 0x0e] as const;
const PRIVATE_KEY_BYTES = 32;

/**
 * A DON that makes Secure Mint reports, and the workflows that its trigger events reach (docs/simulator.md says what of it
 * is real). Equal options give equal rounds, byte for byte, however long anything takes.
 */
export class DonSimulator {
  readonly tally: Tally;
  private readonly options: SimulatorOptions;
  private readonly host: OracleHost;
  private readonly dice: Dice;
  private readonly don: PorDon;
  private readonly parts: OcrParts;
  private readonly workflows: Workflows;
  private present: Present = { round: 0, faults: new Map() };

  /** Starts nothing yet. */
  constructor(options: SimulatorOptions, { host, aggregate }: SimulatorParts) {
    const { seed, n, f, chains } = options;
    const dice = new Dice(seed);
    const world = options.world ?? seededWorld(chains, dice);
    const maxChains = Math.max(LEAST_MAX_CHAINS, world.chains.length);
    const config = { n, f, maxChains, configDigest: configDigestOf(options) };
    this.don = new PorDon(config, host, (oracle) => oracleAdapter(oracle, world, dice, () => this.present));
    const keyrings = this.don.oracles.map((_, oracle) =>
      newKeyring(dice.bytes(PRIVATE_KEY_BYTES, 'private key', oracle)),
    );
    this.options = options;
    this.host = host;
    this.dice = dice;
    this.parts = { config, oracles: this.don.oracles, keyrings, dice };
    this.workflows = new Workflows(options, aggregate, config.configDigest, dice);
    this.tally = new Tally(chains);
  }

  /** Addresses that reports are signed for, by oracle. */
  get signers(): readonly string[] {
    return this.parts.keyrings.map(({ address }) => address);
  }

  /** How often a plugin process was lost and launched again. */
  get relaunches(): number {
    return this.host.relaunches;
  }

  /** Starts the host. Rejects with `AppError` PLUGIN_START, also when `signal` aborts; nothing is left then. */
  start(signal?: AbortSignal): Promise<void> {
    return this.host.start(signal);
  }

  /**
   * Holds the rounds of OCR one after the other, each when its first round is asked for; once `signal` aborts no further
   * one. May be called once. Rejects with `AppError` PLUGIN_START when an oracle cannot be reached, and with
   * `SimulationError` when oracles that should agree do not.
   */
  async *rounds(signal?: AbortSignal): AsyncGenerator<Round> {
    let seqNr = 1n;
    let previousOutcome: Uint8Array = new Uint8Array();
    for (let round = 1; round <= this.options.rounds; round++) {
      if (signal?.aborted === true) return;
      // Every round has a leader, and so an epoch, of its own.
      const held = await this.hold({ seqNr, previousOutcome, epoch: BigInt(round), round: 1n }, round);
      if (held.outcome === undefined) continue;
      yield* this.workflows.rounds(held.reports, seqNr, this.present.faults, this.tally);
      previousOutcome = held.outcome;
      seqNr++;
    }
  }

  /** Ends the plugins and their host. Idempotent. */
  close(): Promise<void> {
    return this.don.close();
  }

  private async hold(context: OutcomeContext, round: number): Promise<OcrRound> {
    const faults = faultsOf(this.options.faults, this.options.n, round, this.dice);
    this.present = { round, faults };
    const held = await ocrRound(this.parts, context, faults);
    this.tally.addOcrRound(held, faults);
    return held;
  }
}

/** Faults are not of the protocol's configuration: honest reports are the same with and without them. */
function configDigestOf({ seed, n, f, chains }: SimulatorOptions): Uint8Array {
  const text = JSON.stringify([seed, n, f, chains.map(String)]);
  const digest = createHash('sha256').update(text).digest();
  digest.set(DIGEST_PREFIX);
  return digest;
}
