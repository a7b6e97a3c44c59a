import type { StoredAnswer } from '../../../loopp/provider/evm/delivery/cache.ts';
import { decodePackedAnswer } from '../../codec/dfcache.ts';
import type { ReportRow } from '../../codec/dfcache.ts';
import { LANE_NAMES } from '../../contract/judgement.ts';
import type { LaneName } from '../../contract/judgement.ts';
import type { Draft } from './draft.ts';
import { hexOf } from './fate.ts';
import type { CacheAnswers, ChainResult, Fates, LaneFate } from './fate.ts';

/** Everything that is known of a round once both lanes' reports have been brought to the chain. */
export interface Brought {
  readonly drafts: Readonly<Record<LaneName, Draft>>;
  readonly fates: Fates;
  /** Whether both caches had the same of these feeds before. */
  readonly wereInStep: boolean;
  /** What they have now. */
  readonly caches: readonly CacheAnswers[];
}

/** What the chain says of a round of which every report was delivered. Pure. */
export function judgeOnChain(brought: Brought): ChainResult {
  const { wereInStep, caches } = brought;
  const fates = withLostAnswers(brought);
  const kinds = new Set(LANE_NAMES.map((lane) => fates[lane].kind));
  if (kinds.has('deliveredBefore')) {
    return { kind: areInStep(caches) ? 'deliveredBefore' : 'outOfStep', fates, caches };
  }
  // Whether a report is stale depends on what was there before.
  if (!wereInStep && kinds.has('stale')) return { kind: 'outOfStep', fates, caches };
  const differences = [
    ...fateDifferences(fates),
    ...caches.flatMap(cacheDifferences),
    ...LANE_NAMES.flatMap((lane) => lostRows(lane, { ...brought, fates })),
  ];
  return differences.length === 0
    ? { kind: 'same', fates, caches }
    : { kind: 'different', fates, caches, differences };
}

/** Whether both caches have the same of each feed; how many reports they had before does not count. */
export const areInStep = (caches: readonly CacheAnswers[]): boolean =>
  caches.every(({ legacy, loopp }) => isSame(legacy, loopp));

type Answer = Pick<StoredAnswer, 'answer' | 'timestamp'>;

const isSame = (one: Answer | undefined, other: Answer | undefined): boolean =>
  one?.answer === other?.answer && one?.timestamp === other?.timestamp;

/** A report that the forwarder took was stored when the cache has exactly its rows, else it was stale. */
function withLostAnswers({ drafts, fates, caches }: Brought): Fates {
  const found = (lane: LaneName): LaneFate => {
    if (fates[lane].kind !== 'answerLost') return fates[lane];
    const isThere = rowsOf(drafts[lane]).every((row) => isSame(cached(caches, lane, row), answerOf(row)));
    return isThere ? { kind: 'stored', roundIds: new Map() } : { kind: 'stale' };
  };
  return { legacy: found('legacy'), loopp: found('loopp') };
}

export const rowsOf = (draft: Draft): readonly ReportRow[] => (draft.kind === 'report' ? draft.rows : []);

const answerOf = ({ answer, timestamp }: ReportRow): Answer => ({ answer, timestamp: BigInt(timestamp) });

function cached(caches: readonly CacheAnswers[], lane: LaneName, { dataId }: ReportRow): Answer | undefined {
  return caches.find((answers) => answers.dataId === hexOf(dataId))?.[lane];
}

const WORDS: Readonly<Record<LaneFate['kind'], string>> = {
  nothingToReport: 'has nothing to report',
  refusedByEncoder: 'is refused by the encoder',
  stored: 'is stored',
  stale: 'is stale',
  deliveredBefore: 'was delivered before',
  answerLost: 'was delivered',
  notDelivered: 'is not delivered',
};

function fateDifferences({ legacy, loopp }: Fates): readonly string[] {
  if (legacy.kind === loopp.kind) return [];
  return [`legacy ${WORDS[legacy.kind]}, loopp ${WORDS[loopp.kind]}`];
}

function cacheDifferences({ dataId, legacy, loopp }: CacheAnswers): readonly string[] {
  if (isSame(legacy, loopp)) return [];
  return [`feed ${dataId}: legacy has ${inWords(legacy)}, loopp has ${inWords(loopp)}`];
}

/** Rows that were stored and are not there. */
function lostRows(lane: LaneName, { drafts, fates, caches }: Brought): readonly string[] {
  const fate = fates[lane];
  if (fate.kind !== 'stored') return [];
  return rowsOf(drafts[lane])
    .filter(({ dataId }) => fate.roundIds.has(hexOf(dataId)))
    .filter((row) => !isSame(cached(caches, lane, row), answerOf(row)))
    .map((row) => {
      const [reported, found] = [inWords(answerOf(row)), inWords(cached(caches, lane, row))];
      return `feed ${hexOf(row.dataId)}: ${lane} reported ${reported}, its cache has ${found}`;
    });
}

function inWords(answer: Answer | undefined): string {
  if (answer === undefined) return 'nothing';
  const packed = decodePackedAnswer('uint224', answer.answer);
  const value =
    packed === undefined
      ? `answer ${String(answer.answer)}`
      : `mintable ${String(packed.mintable)} at block ${String(packed.block)}`;
  return `${value} under time ${String(answer.timestamp)}`;
}
