import { CapabilityConfig } from '../../../src/codec/capability.ts';
import type { ReportingPluginLimits } from '../../../src/contract/reporting-plugin.ts';

/** The capability's offchain config with its defaults filled in; the same on every oracle. */
export interface CapabilityLimits {
  readonly maxQueryLengthBytes: number;
  readonly maxObservationLengthBytes: number;
  readonly maxOutcomeLengthBytes: number;
  readonly maxReportLengthBytes: number;
  readonly maxReportCount: number;
  /** Executions in one query. */
  readonly maxBatchSize: number;
  /** Rounds for which an outcome is kept after its workflow was last seen. */
  readonly outcomePruningThreshold: bigint;
  /** How long a request waits for a report. */
  readonly requestTimeoutMs: number;
}

const DEFAULT_LENGTH_BYTES = 1_000_000;
const DEFAULT_COUNT = 20;
const DEFAULT_PRUNING_THRESHOLD = 3600n;
export const DEFAULT_REQUEST_TIMEOUT_MS = 20_000;

/**
 * Reads `ocr3_config_types.ReportingPluginConfig`; what is absent or zero is its default (docs/spec/aggregator.md G.3).
 * Throws `ProtobufError`, and `RangeError` for a negative time-out.
 */
export function readLimits(offchainConfig: Uint8Array): CapabilityLimits {
  const config = CapabilityConfig.decode(offchainConfig);
  const { seconds, nanos } = config.requestTimeout ?? { seconds: 0n, nanos: 0 };
  const requestTimeoutMs = Number(seconds) * 1000 + nanos / 1e6;
  if (requestTimeoutMs < 0) {
    throw new RangeError(
      `offchainConfig.requestTimeout: expected a positive duration, got ${String(requestTimeoutMs)} ms`,
    );
  }
  return {
    maxQueryLengthBytes: config.maxQueryLengthBytes || DEFAULT_LENGTH_BYTES,
    maxObservationLengthBytes: config.maxObservationLengthBytes || DEFAULT_LENGTH_BYTES,
    maxOutcomeLengthBytes: config.maxOutcomeLengthBytes || DEFAULT_LENGTH_BYTES,
    maxReportLengthBytes: config.maxReportLengthBytes || DEFAULT_LENGTH_BYTES,
    maxReportCount: config.maxReportCount || DEFAULT_COUNT,
    maxBatchSize: config.maxBatchSize || DEFAULT_COUNT,
    outcomePruningThreshold: config.outcomePruningThreshold || DEFAULT_PRUNING_THRESHOLD,
    requestTimeoutMs: requestTimeoutMs || DEFAULT_REQUEST_TIMEOUT_MS,
  };
}

/** Executions in one round: each may give a report, and libocr refuses more than it was told of. */
export const maxExecutions = (limits: CapabilityLimits): number =>
  Math.min(limits.maxBatchSize, limits.maxReportCount);

/** What libocr is told. */
export const protocolLimits = (limits: CapabilityLimits): ReportingPluginLimits => ({
  maxQueryLength: BigInt(limits.maxQueryLengthBytes),
  maxObservationLength: BigInt(limits.maxObservationLengthBytes),
  maxOutcomeLength: BigInt(limits.maxOutcomeLengthBytes),
  maxReportLength: BigInt(limits.maxReportLengthBytes),
  maxReportCount: BigInt(limits.maxReportCount),
});

/** Takes items in order while their sizes fit the budget, in bytes; one that is too large is passed over. */
export function fitting<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  budgetBytes: number,
): readonly T[] {
  let left = budgetBytes;
  return items.filter((item) => {
    const size = sizeOf(item);
    if (size > left) return false;
    left -= size;
    return true;
  });
}
