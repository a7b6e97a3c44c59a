import type { Call } from '../../../src/contract/call.ts';
import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportingPlugin,
} from '../../../src/contract/reporting-plugin.ts';
import { BlockMintablePair, ExternalAdapterPayload } from '../../wire/upstream-messages.ts';
import { packPayload, packSelector, unpackPayload } from '../../wire/upstream-values.ts';

/** Reports in one round at most. */
export const MAX_CHAINS = 64;
/** An observation, an outcome or a report at most. */
export const MAX_PAYLOAD_BYTES = 65_536;

/**
 * The smallest reporting plugin that uses everything upstream's service is made of: the external adapter, agreement of
 * more than f oracles, reports with a chain selector as info. It shows that the wiring works and judges nothing: it knows
 * no proof of reserve (docs/spec/por-plugin.md) and asks the adapter for no blocks.
 */
export class MinimalPlugin implements ReportingPlugin {
  private readonly adapter: ExternalAdapter;
  private readonly f: number;

  constructor(adapter: ExternalAdapter, f: number) {
    this.adapter = adapter;
    this.f = f;
  }

  async query(): Promise<Uint8Array> {
    return new Uint8Array();
  }

  /** The adapter's payload, its bytes deterministic: oracles whose adapters agree send the same. */
  async observation(_context: OutcomeContext, _query: Uint8Array, call?: Call): Promise<Uint8Array> {
    const payload = await this.adapter.getPayload(new Map(), call);
    const observation = ExternalAdapterPayload.encode(packPayload(payload));
    checkPayload(observation);
    return observation;
  }

  async validateObservation(
    _context: OutcomeContext,
    _query: Uint8Array,
    { observation }: AttributedObservation,
  ): Promise<void> {
    checkPayload(observation);
  }

  async observationQuorum(
    _context: OutcomeContext,
    _query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<boolean> {
    return observations.length >= 2 * this.f + 1;
  }

  /** The smallest observation that more than f oracles made, so that an honest one did; empty when there is none. */
  async outcome(
    _context: OutcomeContext,
    _query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<Uint8Array> {
    const counts = new Map<string, number>();
    for (const { observation } of observations) {
      const key = hex(observation);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const honest = [...counts].filter(([, count]) => count > this.f).map(([key]) => key);
    return Buffer.from(honest.toSorted()[0] ?? '', 'hex');
  }

  /** One report for each chain, selectors ascending: the pair of block and mintable. */
  async reports(_seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    const { mintables } = ExternalAdapterPayload.decode(outcome);
    return [...mintables]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([selector, pair]) => ({
        reportWithInfo: { report: BlockMintablePair.encode(pair), info: packSelector(selector) },
        transmissionScheduleOverride: undefined,
      }));
  }

  async shouldAcceptAttestedReport(): Promise<boolean> {
    return true;
  }

  async shouldTransmitAcceptedReport(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    // There is nothing to end: the adapter's connection belongs to the factory.
  }
}

/** Throws when the bytes are no payload, or one beyond what libocr was told. */
function checkPayload(bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(
      `payload has ${String(length)} bytes, expected at most ${String(MAX_PAYLOAD_BYTES)}`,
    );
  }
  const chains = unpackPayload(ExternalAdapterPayload.decode(bytes)).mintables.size;
  if (chains > MAX_CHAINS) {
    throw new RangeError(`payload has ${String(chains)} chains, expected at most ${String(MAX_CHAINS)}`);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
