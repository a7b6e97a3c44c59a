import type { Outcome } from '../src/contract/lane.ts';
import type { GoAnswer } from '../test/helpers/go-oracle.ts';

/**
 * Only equal work is compared: every one of our answers has to be an outcome with a report, and another side's answers
 * the same bytes. Throws when not.
 */
export function expectSame(ours: readonly Outcome[], others: readonly GoAnswer[], who: string): void {
  if (ours.length !== others.length) {
    throw new Error(`expected ${String(ours.length)} answers of ${who}, got ${String(others.length)}`);
  }
  for (const [index, mine] of ours.entries()) {
    const other = others[index];
    if (mine.kind !== 'outcome' || mine.outcome.length === 0) {
      throw new Error(`round ${String(index)}: expected a report to be timed, got none`);
    }
    if (other?.kind !== 'outcome' || Buffer.compare(mine.outcome, other.outcome) !== 0) {
      throw new Error(`round ${String(index)}: ${who} answers otherwise than the legacy lane`);
    }
  }
}
