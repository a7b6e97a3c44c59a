import type { Call } from '../../../src/contract/call.ts';
import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
  ReportingPlugin,
} from '../../../src/contract/reporting-plugin.ts';
import type { LatestTransmissionReader } from '../../../src/contract/transmission.ts';
import { unpackSelector } from '../../wire/upstream-values.ts';
import { checkObservation } from './checks.ts';
import { decodeObservation, decodeOutcome, encodeObservation, encodeOutcome } from './messages.ts';
import type { PorOutcome } from './messages.ts';
import { NO_OUTCOME, nextOutcome } from './outcome.ts';
import { buildReports } from './reports.ts';
import type { PorRules } from './rules.ts';
import { isNewToChain } from './transmit.ts';

/** What a proof-of-reserve plugin is made of. */
export interface PorParts {
  readonly adapter: ExternalAdapter;
  /** Undefined: nobody can say what the chains have. */
  readonly reader: LatestTransmissionReader | undefined;
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
  readonly rules: PorRules;
}

/**
 * The plugin that makes Secure Mint reports (docs/spec/por-plugin.md): oracles agree on a block of each chain, then on
 * what may be minted at those blocks, and report what changed. The rules are pure functions beside it. What comes from
 * other oracles is refused with `MessageError` or `ObservationError`.
 */
export class PorPlugin implements ReportingPlugin {
  private readonly parts: PorParts;

  constructor(parts: PorParts) {
    this.parts = parts;
  }

  /** Nothing: the blocks to ask at are in the previous outcome, which every oracle has. */
  async query(): Promise<Uint8Array> {
    return new Uint8Array();
  }

  /** Rejects with the adapter's text, and for an answer that other oracles would refuse. */
  async observation(context: OutcomeContext, _query: Uint8Array, call?: Call): Promise<Uint8Array> {
    const { adapter, rules } = this.parts;
    const { honestBlocks } = previousOutcome(context);
    const { mintables, latestBlocks } = await adapter.getPayload(honestBlocks, call);
    const observation = { mintables, latestBlocks };
    checkObservation(observation, honestBlocks, rules.maxChains);
    return encodeObservation(observation);
  }

  async validateObservation(
    context: OutcomeContext,
    _query: Uint8Array,
    { observation }: AttributedObservation,
  ): Promise<void> {
    const { honestBlocks } = previousOutcome(context);
    checkObservation(decodeObservation(observation), honestBlocks, this.parts.rules.maxChains);
  }

  async observationQuorum(
    _context: OutcomeContext,
    _query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<boolean> {
    const heard = new Set(observations.map(({ observer }) => observer));
    return heard.size >= 2 * this.parts.rules.f + 1;
  }

  /** One observation that cannot be read is an error: none is valid. */
  async outcome(
    context: OutcomeContext,
    _query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<Uint8Array> {
    const decoded = observations.map(({ observation }) => decodeObservation(observation));
    return encodeOutcome(nextOutcome(previousOutcome(context), decoded, this.parts.rules));
  }

  async reports(seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    return buildReports(this.parts.configDigest, seqNr, decodeOutcome(outcome));
  }

  async shouldAcceptAttestedReport(): Promise<boolean> {
    return true;
  }

  /**
   * Without a reader always, as over a chain that has no report yet: what is transmitted is an event for the trigger
   * capability and no transaction. An event too many says what others said; refusing them all would stop the feed.
   * With one rejects with `TransmissionError` when the reader cannot tell.
   */
  async shouldTransmitAcceptedReport(seqNr: bigint, { info }: ReportWithInfo, call?: Call): Promise<boolean> {
    const { reader, configDigest } = this.parts;
    const selector = unpackSelector(info);
    return reader === undefined || isNewToChain({ configDigest, seqNr, selector }, reader, call);
  }

  async close(): Promise<void> {
    // There is nothing to end: the connections of adapter and reader belong to the factory.
  }
}

/** The first round has none, whatever the bytes are. Throws `MessageError`. */
function previousOutcome({ seqNr, previousOutcome: bytes }: OutcomeContext): PorOutcome {
  return seqNr === 1n ? NO_OUTCOME : decodeOutcome(bytes, 'previous outcome');
}
