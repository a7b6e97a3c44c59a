import type { LaneName } from '../contract/judgement.ts';
import type { Stage } from '../contract/stage.ts';

/** What a stage does with a round. */
export interface StageRow {
  /** The lane whose answer the caller gets. */
  readonly serves: LaneName;
  /** The lane that runs beside it, whose answer is only compared; undefined: nothing is compared. */
  readonly alsoRuns: LaneName | undefined;
  /** The lane that answers where the serving lane has none; undefined: the caller gets the failure. */
  readonly fallsBackTo: LaneName | undefined;
}

const ROWS: Readonly<Record<Stage, StageRow>> = {
  off: { serves: 'legacy', alsoRuns: undefined, fallsBackTo: undefined },
  shadow: { serves: 'legacy', alsoRuns: 'loopp', fallsBackTo: undefined },
  live: { serves: 'loopp', alsoRuns: 'legacy', fallsBackTo: 'legacy' },
  complete: { serves: 'loopp', alsoRuns: undefined, fallsBackTo: undefined },
};

/** The stage's row of the table; the only reader of it. */
export function rowOf(stage: Stage): StageRow {
  return ROWS[stage];
}
