import type { ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import { toLaneError } from './lane-errors.ts';
import { launchOcr3 } from './ocr3-process.ts';
import type { Ocr3Process } from './ocr3-process.ts';
import type { Ocr3Oracle } from './ocr3-round.ts';
import type { HostOptions, PluginCommand } from './options.ts';

/** What a DON is made with; rounds with equal ones share it. */
export interface DonConfig {
  readonly aggregator: SecureMintConfig;
  /** Oracles. */
  readonly n: number;
  /** Tolerated faulty oracles. */
  readonly f: number;
}

/** The oracles of one DON while a round has them for itself. */
export interface HeldDon {
  readonly oracles: readonly Ocr3Oracle[];
  /** The round leaves something behind that the next one must not see. */
  discard(): void;
}

/** DONs that one process makes at most; each oracle has sockets in it. */
const DONS_OF_PROCESS = 32;

/**
 * DONs in a plugin process, kept from round to round: making one costs far more than a round. A process that is lost or
 * has made enough of them is replaced by a new one.
 */
export class Ocr3Dons {
  private readonly command: PluginCommand;
  private readonly options: HostOptions;
  private readonly onLaunch: () => void;
  private readonly closing: Promise<void>[] = [];
  private current: Generation | undefined;

  /** `onLaunch` hears of every launch of a process. */
  constructor(command: PluginCommand, options: HostOptions, onLaunch: () => void = () => undefined) {
    this.command = command;
    this.options = options;
    this.onLaunch = onLaunch;
  }

  /** Launches the first process. Rejects with `AppError` PLUGIN_START. */
  async start(): Promise<void> {
    await this.generation().process;
  }

  /** Gives a round its DON, which no other round has meanwhile. Rejects as `use` does and with `LaneError`. */
  async hold<T>(config: DonConfig, use: (don: HeldDon) => Promise<T>): Promise<T> {
    const generation = this.generation();
    try {
      return await generation.hold(config, use);
    } catch (error) {
      if (toLaneError(error).kind === 'unavailable') this.retire(generation);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.current !== undefined) this.retire(this.current);
    await Promise.all(this.closing);
  }

  private generation(): Generation {
    if (this.current !== undefined && this.current.made >= DONS_OF_PROCESS) this.retire(this.current);
    if (this.current === undefined) {
      this.onLaunch();
      this.current = new Generation(launchOcr3(this.command, this.options));
    }
    return this.current;
  }

  /** No further round goes there; the process ends once those in progress have. */
  private retire(generation: Generation): void {
    if (this.current !== generation) return;
    this.current = undefined;
    this.closing.push(generation.retire());
  }
}

/** One process with its DONs. */
class Generation {
  readonly process: Promise<Ocr3Process>;
  /** DONs made so far. */
  made = 0;
  private readonly dons = new Map<string, Promise<readonly Ocr3Oracle[]>>();
  /** The end of the last round that each DON was promised to. Never rejects. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(process: Promise<Ocr3Process>) {
    this.process = process;
    // Whoever waits for it is told.
    process.catch(() => undefined);
  }

  hold<T>(config: DonConfig, use: (don: HeldDon) => Promise<T>): Promise<T> {
    const key = keyOf(config);
    const turn = this.turns.get(key) ?? Promise.resolve();
    const held = turn.then(() => this.use(key, config, use));
    const ended = held.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(key, ended);
    return held;
  }

  async retire(): Promise<void> {
    await Promise.all(this.turns.values());
    const process = await this.process.catch(() => undefined);
    await process?.close();
  }

  private async use<T>(key: string, config: DonConfig, use: (don: HeldDon) => Promise<T>): Promise<T> {
    const discard = (): void => void this.dons.delete(key);
    try {
      return await use({ oracles: await this.don(key, config), discard });
    } catch (error) {
      discard();
      throw error;
    }
  }

  private don(key: string, config: DonConfig): Promise<readonly Ocr3Oracle[]> {
    const known = this.dons.get(key);
    if (known !== undefined) return known;
    this.made++;
    const made = this.make(config);
    this.dons.set(key, made);
    return made;
  }

  private async make({ aggregator, n, f }: DonConfig): Promise<readonly Ocr3Oracle[]> {
    const process = await this.process;
    const oracles = Array.from({ length: n }, (_, oracleId) =>
      process.newOracle(aggregator, protocolConfig(oracleId, n, f)),
    );
    return Promise.all(oracles);
  }
}

function keyOf({ aggregator, n, f }: DonConfig): string {
  const { targetChainSelector, dataId, revision } = aggregator;
  return JSON.stringify([String(targetChainSelector), dataId, revision, n, f]);
}

/** A configuration of the protocol without limits of its own; the digest names no contract. */
export function protocolConfig(oracleId: number, n: number, f: number): ReportingPluginConfig {
  return {
    configDigest: new Uint8Array(32),
    oracleId,
    n,
    f,
    onchainConfig: new Uint8Array(),
    offchainConfig: new Uint8Array(),
    estimatedRoundIntervalNs: 1_000_000_000n,
    maxDurationQueryNs: 0n,
    maxDurationObservationNs: 0n,
    maxDurationShouldAcceptAttestedReportNs: 0n,
    maxDurationShouldTransmitAcceptedReportNs: 0n,
  };
}
