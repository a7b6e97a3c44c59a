import { causeOf, differenceKey, findingOf, isFinding } from '../../../harness/groups/cause.ts';
import type { Finding } from '../../../harness/groups/cause.ts';
import type { Round } from '../../contract/round.ts';
import { AppError } from '../../errors.ts';
import type { Comparer } from '../comparer.ts';

/** Asks the lanes of today, round after round. */
export class Today {
  private readonly comparer: Comparer;
  private asked = 0;

  constructor(comparer: Comparer) {
    this.comparer = comparer;
  }

  /** What both lanes make of the round. A comparison that fails rejects. */
  async findingOf(round: Round): Promise<Finding> {
    // The harness takes each id once; a lane does not see it.
    const taken = this.comparer.harness.take({ ...round, id: `try-${String(++this.asked)}` });
    if (taken.kind === 'conflict') throw new AppError('INPUT', `round ${round.id}: expected one id, got two`);
    return findingOf(await taken.judged);
  }
}

/** What became of a recorded finding. */
export const FATES = ['reproduced', 'changed', 'vanished'] as const;
export type Fate = (typeof FATES)[number];

export function fateOf(recorded: Finding, today: Finding, round: Round): Fate {
  if (!isFinding(today)) return 'vanished';
  const [before, now] = [causeOf(recorded, round), causeOf(today, round)];
  const sameWitness = before.contradicted.join(' ') === now.contradicted.join(' ');
  return sameWitness && differenceKey(before) === differenceKey(now) ? 'reproduced' : 'changed';
}

/** Answers of whole rounds of OCR3 are no outcomes: asking the lanes for outcomes would say nothing about them. */
export function refuseOcr3(finding: Finding, id: string): void {
  const whole = finding.differences?.some(({ path }) => /^(outcome$|reports\[)/.test(path)) ?? false;
  if (!whole) return;
  throw new AppError('INPUT', `round ${id}: expected a finding of run without --ocr3, got one of run --ocr3`);
}
