import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import type { LaneObservation, Verdict } from '../../src/contract/verdict.ts';
import type { JournalAnswer, JournalEntry } from '../journal-entry.ts';
import { judge } from '../verdict.ts';
import { isWitnessed } from '../witness.ts';

/**
 * The entry, without its round, as today's comparison judges its recorded answers; undefined when the journal has not both of them whole.
 * `possible`: every answer that Go may give to the round. Throws what the comparison throws.
 */
export function rejudged(
  entry: JournalEntry,
  round: Round,
  possible: (round: Round) => readonly Outcome[],
): JournalEntry | undefined {
  const [legacy, loopp] = [observed(entry.answers.legacy), observed(entry.answers.loopp)];
  if (legacy === undefined || loopp === undefined) return undefined;
  const verdict = judge(legacy, loopp, () => possible(round));
  const { id, revision, input, at, answers } = entry;
  return {
    id,
    revision,
    input,
    ...(at === undefined ? {} : { at }),
    answers,
    ...judgedAs(verdict),
    ...witnessOf(entry, round),
  };
}

function observed(answer: JournalAnswer | undefined): LaneObservation | undefined {
  if (answer === undefined || answer.kind === 'digest') return undefined;
  if (answer.kind === 'failure') return { ...answer, durationNs: 0 };
  return { kind: 'answer', outcome: answer, durationNs: 0 };
}

function judgedAs({ key, differences }: Verdict): Pick<JournalEntry, 'verdict' | 'differences'> {
  return { verdict: key, ...(differences === undefined ? {} : { differences }) };
}

function witnessOf({ answers }: JournalEntry, { witness }: Round): Pick<JournalEntry, 'witness'> {
  if (witness === undefined) return {};
  const { legacy, loopp } = answers;
  return {
    witness: {
      ...(isOutcome(legacy) ? { legacy: isWitnessed(witness, legacy) } : {}),
      ...(isOutcome(loopp) ? { loopp: isWitnessed(witness, loopp) } : {}),
    },
  };
}

function isOutcome(answer: JournalAnswer | undefined): answer is Outcome {
  return answer?.kind === 'outcome' || answer?.kind === 'error';
}
