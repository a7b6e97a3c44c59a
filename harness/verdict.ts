import { AggregationOutcome } from '../src/codec/capability.ts';
import { ProtobufError } from '../src/codec/protobuf.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { Judgement, LaneName } from '../src/contract/judgement.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { FieldDifference, LaneObservation, Verdict } from '../src/contract/verdict.ts';
import { compareOutcomes } from './compare.ts';
import { withoutDump } from './witness.ts';

/** What the bytes of an answer are. Both throw `ProtobufError` for bytes that are not. */
export interface AnswerFormat {
  /** How two of them differ. */
  compare(legacy: Uint8Array, loopp: Uint8Array): readonly FieldDifference[];
  check(answer: Uint8Array): void;
}

/** `ocr3_types.AggregationOutcome`. */
const AGGREGATION_OUTCOME: AnswerFormat = {
  compare: compareOutcomes,
  check: (answer) => void AggregationOutcome.decode(answer),
};

/**
 * The verdict on two observations of one round. `possible` lists every answer that Go may give to it; it is asked only
 * where that decides something.
 */
export function judge(
  legacy: LaneObservation,
  loopp: LaneObservation,
  possible: () => readonly Outcome[],
  format: AnswerFormat = AGGREGATION_OUTCOME,
): Verdict {
  // The candidate's trouble is what the harness is there to find, so it names the verdict when both have some.
  if (loopp.kind === 'failure') return { key: loopp.error };
  if (legacy.kind === 'failure') return { key: legacy.error };
  return judgeAnswers(legacy.outcome, loopp.outcome, possible, format);
}

function judgeAnswers(
  legacy: Outcome,
  loopp: Outcome,
  possible: () => readonly Outcome[],
  format: AnswerFormat,
): Verdict {
  const same = isSameOutcome(legacy, loopp);
  if (same && legacy.kind === 'error') return { key: 'bothFailedAlike' };
  const answers = possible();
  if (same) {
    const dependent = answers.some((other) => !isSameOutcome(other, legacy));
    return dependent ? { key: 'match', orderDependent: true } : { key: 'match' };
  }
  const ambiguous = [legacy, loopp].every((answer) => answers.some((other) => isSameOutcome(other, answer)));
  if (legacy.kind === 'outcome' && loopp.kind === 'outcome') {
    const differences = readable(() => format.compare(legacy.outcome, loopp.outcome));
    return differences === undefined ? NO_ANSWER : { key: ambiguous ? 'ambiguous' : 'mismatch', differences };
  }
  if (ambiguous) return { key: 'ambiguous' };
  if (legacy.kind === 'outcome') return oneFailed('onlyLooppFailed', legacy.outcome, format);
  return loopp.kind === 'error'
    ? { key: 'bothFailedDifferently' }
    : oneFailed('onlyLegacyFailed', loopp.outcome, format);
}

/** Bytes that are no `AggregationOutcome` are no answer at all. */
const NO_ANSWER: Verdict = { key: 'protocol' };

function oneFailed(
  key: 'onlyLegacyFailed' | 'onlyLooppFailed',
  other: Uint8Array,
  format: AnswerFormat,
): Verdict {
  const checked = readable(() => {
    format.check(other);
    return true;
  });
  return checked === undefined ? NO_ANSWER : { key };
}

/** What `read` answers; undefined when the bytes are no answer. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) return undefined;
    throw error;
  }
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
