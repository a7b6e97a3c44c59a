import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { StageShares } from '../../src/contract/decision.ts';
import type { Stage } from '../../src/contract/stage.ts';
import { FlagEvaluator } from '../../src/flags/evaluator.ts';
import { stageNamed } from '../../src/flags/reading.ts';
import { WHOLE, allIn, rangesOf, shareLive } from '../../src/flags/shares.ts';
import { configureSeed } from '../helpers/seed.ts';
import { arbitraryShares, arbitraryWorkflow } from './arbitraries.ts';
import { FLAG, flagOf } from './builders.ts';
import { expectNoneMovedBack } from './laws.ts';
import type { Stages } from './laws.ts';

configureSeed();

// Unleash's own evaluation throughout.
const evaluator = new FlagEvaluator();
afterAll(() => evaluator.close());

function stagesUnder(shares: StageShares, workflows: readonly string[]): Stages {
  evaluator.put([flagOf(shares)]);
  return workflows.map((workflow) => {
    const stage = stageNamed(evaluator.evaluate(FLAG, workflow).variant);
    if (stage === undefined) throw new Error(`expected a stage for ${JSON.stringify(workflow)}`);
    return stage;
  });
}

describe('raising the share of live moves no workflow back', () => {
  test.each(['off', 'shadow'] as const)(
    'from nothing to everything, all in %s before, in the smallest steps',
    (start) => {
      const workflows = Array.from({ length: 150 }, (_, index) => `workflow ${String(index)}`);
      let shares = allIn(start);
      let before = stagesUnder(shares, workflows);
      for (let live = 1; live <= WHOLE; live++) {
        shares = shareLive(shares, live);
        const after = stagesUnder(shares, workflows);
        expectNoneMovedBack(workflows, before, after);
        before = after;
      }
      expect(new Set(before)).toEqual(new Set(['live']));
    },
  );

  test('whatever the shares are, whichever the workflows, in any steps', () => {
    fc.assert(
      fc.property(
        arbitraryShares,
        fc.uniqueArray(fc.nat(WHOLE), { minLength: 1, maxLength: 6 }),
        fc.array(arbitraryWorkflow, { minLength: 1, maxLength: 50 }),
        (start, steps, workflows) => {
          let shares = start;
          let before = stagesUnder(shares, workflows);
          for (const live of steps.toSorted((a, b) => a - b)) {
            if (live < shares.live || shares.complete + live > WHOLE) continue;
            shares = shareLive(shares, live);
            const after = stagesUnder(shares, workflows);
            expectNoneMovedBack(workflows, before, after);
            before = after;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('lowering it moves nobody but who leaves live', () => {
  fc.assert(
    fc.property(
      arbitraryShares,
      fc.nat(WHOLE),
      fc.array(arbitraryWorkflow, { minLength: 1, maxLength: 50 }),
      (start, live, workflows) => {
        fc.pre(live <= start.live);
        const before = stagesUnder(start, workflows);
        const after = stagesUnder(shareLive(start, live), workflows);
        const others = workflows.filter(
          (_, index) => before[index] !== 'live' && after[index] !== before[index],
        );
        expect(others).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test('a workflow has a place from 1 to 1,000, and the stage whose range that is: what moves are worked out with', () => {
  fc.assert(
    fc.property(arbitraryShares, arbitraryWorkflow, (shares, workflow) => {
      const ranges = rangesOf(shares).flatMap(({ stage, permille }) => Array<Stage>(permille).fill(stage));
      expect(stagesUnder(shares, [workflow])).toEqual([ranges[placeOf(workflow) - 1]]);
    }),
    { numRuns: 200 },
  );
});

/** The smallest share of live that takes the workflow along. */
function placeOf(workflow: string): number {
  let [low, high] = [1, WHOLE];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [stage] = stagesUnder(shareLive(allIn('shadow'), middle), [workflow]);
    if (stage === 'live') high = middle;
    else low = middle + 1;
  }
  return low;
}

test('a workflow has the same stage every time, also one without a name', () => {
  const half = shareLive(allIn('shadow'), 500);
  for (const workflow of ['', 'a', '0', 'workflow']) {
    const stages = stagesUnder(half, Array<string>(100).fill(workflow));
    expect(new Set(stages).size).toBe(1);
  }
});

test('shares are about what is in them', () => {
  const workflows = Array.from({ length: 5000 }, (_, index) => `workflow ${String(index)}`);
  const stages = stagesUnder({ off: 100, shadow: 200, live: 300, complete: 400 }, workflows);
  const share = (stage: Stage): number => stages.filter((found) => found === stage).length / workflows.length;
  // Five standard deviations of a fair draw.
  expect(Math.abs(share('off') - 0.1)).toBeLessThan(0.022);
  expect(Math.abs(share('shadow') - 0.2)).toBeLessThan(0.029);
  expect(Math.abs(share('live') - 0.3)).toBeLessThan(0.033);
  expect(Math.abs(share('complete') - 0.4)).toBeLessThan(0.035);
});
