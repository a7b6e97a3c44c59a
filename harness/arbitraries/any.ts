import * as fc from 'fast-check';
import { REVISIONS } from '../../src/contract/round.ts';
import type { Round } from '../../src/contract/round.ts';
import { arbitraryDonRound } from './don.ts';
import { arbitraryMutation } from './mutation.ts';
import { arbitraryRound } from './round.ts';

/**
 * Rounds of every sort: honest DONs, DONs with f liars, encodings at every edge, and mutations of the recorded rounds, if
 * there are any; both revisions and all chains.
 */
export function arbitraryAnyRound(recorded: readonly Round[]): fc.Arbitrary<Round> {
  return fc.oneof(
    ...REVISIONS.flatMap((revision) => [
      { weight: 2, arbitrary: arbitraryDonRound({ revision, liars: 'none' }) },
      { weight: 2, arbitrary: arbitraryDonRound({ revision, liars: 'f' }) },
      { weight: 4, arbitrary: arbitraryRound({ revision }) },
    ]),
    ...(recorded.length === 0 ? [] : [{ weight: 4, arbitrary: arbitraryMutation(recorded) }]),
  );
}
