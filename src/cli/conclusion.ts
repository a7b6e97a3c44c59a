import { objections } from '../../harness/report.ts';
import type { Report } from '../../harness/report.ts';
import { counted } from '../../harness/report-text.ts';

/** How a run ended: at the end of its input, by a signal, or by an error that is told elsewhere. */
export type Ending = 'whole' | 'interrupted' | 'failed';

export interface Conclusion {
  readonly good: boolean;
  /** One line each. */
  readonly lines: readonly string[];
}

/** What a run comes to, in words: yes, no, or how far it came. `more` are objections that the report does not show. */
export function conclusionOf(
  report: Report,
  ending: Ending,
  maxLaneErrors: number,
  more: readonly string[] = [],
): Conclusion {
  const reasons = [...objections(report, maxLaneErrors), ...more];
  const good = ending === 'whole' && report.rounds > 0 && reasons.length === 0;
  return { good, lines: [answer(report, ending, reasons), ...refusals(report)] };
}

function answer({ rounds }: Report, ending: Ending, reasons: readonly string[]): string {
  if (rounds === 0) return ending === 'interrupted' ? 'interrupted before the first round' : NOTHING;
  const found = reasons.length === 0 ? 'the lanes agree' : reasons.join('; ');
  if (ending === 'whole') return `${reasons.length === 0 ? 'yes' : 'no'}: ${found}`;
  const stopped = ending === 'interrupted' ? 'interrupted' : 'stopped by an error';
  const soFar = reasons.length === 0 ? `${found} so far` : found;
  return `${stopped} after ${counted(rounds, 'round')}: ${soFar}`;
}

const NOTHING = 'no: no round was compared';

function refusals({ refused }: Report): readonly string[] {
  return refused === 0 ? [] : [`refused: ${counted(refused, 'line')} of the input`];
}
