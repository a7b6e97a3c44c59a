import type { BlockMintablePair } from '../../../src/contract/external-adapter.ts';
import type { ReportingPluginLimits } from '../../../src/contract/reporting-plugin.ts';
import { MAX_UINT64 } from '../aggregation/go-numbers.ts';
import { MAX_AMOUNT } from './amount.ts';
import { encodeObservation, encodeOutcome } from './messages.ts';

/** What upstream's JSON marshaler of reports says; the longest report has 309 bytes. */
const MAX_REPORT_BYTES = 1024;

const LONGEST_PAIR: BlockMintablePair = { block: MAX_UINT64, mintable: -MAX_AMOUNT };

/**
 * What libocr is told, so that nothing of ours is ever dropped as too long. Lengths are measured: those of the encodings
 * for `maxChains` chains whose selector, block and amount are the longest there are (20, 20, and a sign and 155 digits).
 * An observation has at most that many chains by the checks, an outcome because no more are tracked. Upstream's own
 * numbers are shorter than its JSON can get. Libocr refuses more than 2,000 reports, and with fewer no length is beyond it.
 */
export function porLimits(maxChains: number): ReportingPluginLimits {
  return {
    maxQueryLength: 0n,
    maxObservationLength: longest(maxChains, longestObservation),
    maxOutcomeLength: longest(maxChains, longestOutcome),
    maxReportLength: BigInt(MAX_REPORT_BYTES),
    maxReportCount: BigInt(maxChains),
  };
}

/** From the second chain on, each adds as many bytes. */
function longest(maxChains: number, lengthOf: (chains: number) => number): bigint {
  if (maxChains < 2) return BigInt(lengthOf(maxChains));
  return BigInt(lengthOf(1)) + BigInt(maxChains - 1) * BigInt(lengthOf(2) - lengthOf(1));
}

const longestObservation = (chains: number): number =>
  encodeObservation({ mintables: allOf(chains, LONGEST_PAIR), latestBlocks: allOf(chains, MAX_UINT64) })
    .length;

const longestOutcome = (chains: number): number =>
  encodeOutcome({
    changed: new Set(allOf(chains, true).keys()),
    mintables: allOf(chains, LONGEST_PAIR),
    honestBlocks: allOf(chains, MAX_UINT64),
  }).length;

const allOf = <T>(chains: number, value: T): ReadonlyMap<bigint, T> =>
  new Map(Array.from({ length: chains }, (_, chain) => [MAX_UINT64 - BigInt(chain), value]));
