import { expect, test } from 'vitest';
import { STAGES } from '../../src/contract/stage.ts';
import { rowOf } from '../../src/flags/stages.ts';

test('the stages, whole', () => {
  const rows = STAGES.map((stage) => {
    const { serves, alsoRuns = '-', fallsBackTo = '-' } = rowOf(stage);
    return [stage, serves, alsoRuns, fallsBackTo].join(' | ');
  });
  expect(rows).toEqual([
    // stage | serves | also runs, compared | falls back to
    'off | legacy | - | -',
    'shadow | legacy | loopp | -',
    'live | loopp | legacy | legacy',
    'complete | loopp | - | -',
  ]);
});
