import { expect } from 'vitest';
import { STAGES } from '../../src/contract/stage.ts';
import type { Stage } from '../../src/contract/stage.ts';

/** The stages of workflows, in their order. */
export type Stages = readonly Stage[];

/** Nobody who is in a stage is in an earlier one afterwards. */
export function expectNoneMovedBack(workflows: readonly string[], before: Stages, after: Stages): void {
  expect(after).toHaveLength(workflows.length);
  const back = workflows.filter((_, index) => rank(after[index]) < rank(before[index]));
  expect(back).toEqual([]);
}

function rank(stage: Stage | undefined): number {
  if (stage === undefined) throw new Error('expected a stage for every workflow');
  return STAGES.indexOf(stage);
}
