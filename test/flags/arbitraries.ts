import * as fc from 'fast-check';
import type { StageShares } from '../../src/contract/decision.ts';
import { STAGES } from '../../src/contract/stage.ts';
import { WHOLE, allIn } from '../../src/flags/shares.ts';

/** Three cuts in the whole, or everything in one stage. */
export const arbitraryShares: fc.Arbitrary<StageShares> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...STAGES).map(allIn) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(WHOLE), fc.nat(WHOLE), fc.nat(WHOLE)).map((cuts) => {
      const [first = 0, second = 0, third = 0] = cuts.toSorted((a, b) => a - b);
      return { off: first, shadow: second - first, live: third - second, complete: WHOLE - third };
    }),
  },
);

/** Ids of workflows as they may come: the empty one and any text included. */
export const arbitraryWorkflow: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.uuid(),
  fc.integer({ min: 0, max: 1_000_000 }).map((number) => `workflow-${String(number)}`),
);
