import { AggregationOutcome } from '../src/codec/capability.ts';
import { ProtobufError } from '../src/codec/protobuf.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { Judgement, LaneName } from '../src/contract/judgement.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { FieldDifference, LaneObservation, Verdict } from '../src/contract/verdict.ts';
import { compareOutcomes } from './compare.ts';
import { withoutDump } from './witness.ts';

/**
 * The verdict on two observations of one round. `possible` lists every answer that Go may give to it; it is asked only
 * where that decides something.
 */
export function judge(
  legacy: LaneObservation,
  loopp: LaneObservation,
  possible: () => readonly Outcome[],
): Verdict {
  // The candidate's trouble is what the harness is there to find, so it names the verdict when both have some.
  if (loopp.kind === 'failure') return { key: loopp.error };
  if (legacy.kind === 'failure') return { key: legacy.error };
  return judgeAnswers(legacy.outcome, loopp.outcome, possible);
}

function judgeAnswers(legacy: Outcome, loopp: Outcome, possible: () => readonly Outcome[]): Verdict {
  const same = isSameOutcome(legacy, loopp);
  if (same && legacy.kind === 'error') return { key: 'bothFailedAlike' };
  const answers = possible();
  if (same) {
    const dependent = answers.some((other) => !isSameOutcome(other, legacy));
    return dependent ? { key: 'match', orderDependent: true } : { key: 'match' };
  }
  const ambiguous = [legacy, loopp].every((answer) => answers.some((other) => isSameOutcome(other, answer)));
  if (legacy.kind === 'outcome' && loopp.kind === 'outcome') {
    return differing(ambiguous ? 'ambiguous' : 'mismatch', legacy.outcome, loopp.outcome);
  }
  if (ambiguous) return { key: 'ambiguous' };
  if (legacy.kind === 'outcome') return oneFailed('onlyLooppFailed', legacy.outcome);
  return loopp.kind === 'error'
    ? { key: 'bothFailedDifferently' }
    : oneFailed('onlyLegacyFailed', loopp.outcome);
}

/** Bytes that are no `AggregationOutcome` are no answer at all. */
const NO_ANSWER: Verdict = { key: 'protocol' };

function oneFailed(key: 'onlyLegacyFailed' | 'onlyLooppFailed', other: Uint8Array): Verdict {
  try {
    AggregationOutcome.decode(other);
    return { key };
  } catch (error) {
    if (error instanceof ProtobufError) return NO_ANSWER;
    throw error;
  }
}

function differing(key: 'ambiguous' | 'mismatch', legacy: Uint8Array, loopp: Uint8Array): Verdict {
  let differences: readonly FieldDifference[];
  try {
    differences = compareOutcomes(legacy, loopp);
  } catch (error) {
    if (error instanceof ProtobufError) return NO_ANSWER;
    throw error;
  }
  return { key, differences };
}

/** Equal bytes, or equal error texts; a Go lane's texts hold a dump that says nothing (docs/spec/aggregator.md H.2). */
export function isSameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.kind === 'outcome') return b.kind === 'outcome' && Buffer.compare(a.outcome, b.outcome) === 0;
  return b.kind === 'error' && withoutDump(a.error) === withoutDump(b.error);
}

/** The lanes whose answer is not among those of the round's witness. */
export function contradictedLanes({ witness }: Judgement): readonly LaneName[] {
  return LANE_NAMES.filter((lane) => witness?.[lane] === false);
}
