import { judge } from '../../harness/verdict.ts';
import { roundDigest } from '../../harness/digest.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { Lane, LaneErrorKind, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import type { LaneObservation, Verdict } from '../../src/contract/verdict.ts';
import { plainRound } from '../helpers/arbitraries.ts';

/** Lanes, outcomes and judgements as the harness sees them, made by hand. */

export const outcomeOf = (fields: Parameters<typeof AggregationOutcome.encode>[0] = {}): Outcome => ({
  kind: 'outcome',
  outcome: AggregationOutcome.encode(fields),
});
export const errorOf = (error: string): Outcome => ({ kind: 'error', error });

export const answered = (outcome: Outcome, durationNs = 1e6): LaneObservation => ({
  kind: 'answer',
  outcome,
  durationNs,
});
export const failed = (error: LaneErrorKind, message = 'no reason', durationNs = 1e6): LaneObservation => ({
  kind: 'failure',
  error,
  message,
  durationNs,
});

export type Answer = (round: Round) => Outcome | Promise<Outcome>;

export function laneOf(answer: Answer, more: Partial<Lane> = {}): Lane {
  return {
    name: 'fake',
    aggregate: async (round) => answer(round),
    health: () => ({ ok: true }),
    close: () => Promise.resolve(),
    ...more,
  };
}

/** The rounds of one shape, each with an id and a digest of its own. */
export function roundOf(number: number, changes: Partial<Round> = {}): Round {
  return plainRound({ oracles: 1, round: { id: `round-${String(number)}`, f: number, ...changes } });
}

export interface JudgementFields {
  readonly round?: Round;
  readonly legacy?: LaneObservation;
  readonly loopp?: LaneObservation;
  /** Default: what the two observations come to. */
  readonly verdict?: Verdict;
  readonly witness?: Judgement['witness'];
}

export function judgementOf(fields: JudgementFields = {}): Judgement {
  const { round = roundOf(1), legacy = answered(outcomeOf()), loopp = answered(outcomeOf()) } = fields;
  return {
    round,
    digest: roundDigest(round),
    stage: 'shadow',
    first: 'legacy',
    served: 'legacy',
    observations: { legacy, loopp },
    verdict: fields.verdict ?? judge(legacy, loopp, () => []),
    ...(fields.witness === undefined ? {} : { witness: fields.witness }),
  };
}

export function notCompared(round: Round = roundOf(1)): Judgement {
  const verdict = { key: 'notCompared', reason: 'duplicate' } as const;
  return { round, digest: roundDigest(round), stage: 'shadow', first: 'loopp', served: 'legacy', verdict };
}

/** A promise that is settled from outside. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let resolve: ((value: T) => void) | undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve?.(value) };
}

/** Lets everything run that only waits for promises. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
