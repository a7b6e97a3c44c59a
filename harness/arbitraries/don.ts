import * as fc from 'fast-check';
import type { Round } from '../../src/contract/round.ts';
import { arbitraryConfig } from './config.ts';
import { arbitraryHonestObservation, arbitraryObservation } from './event.ts';
import { arbitraryId, arbitraryPrevious, arbitraryTruth } from './round.ts';
import type { RoundOptions } from './round.ts';

export interface DonOptions extends RoundOptions {
  /** How many of the 3f + 1 oracles say whatever they like: none, or as many as the protocol tolerates. */
  readonly liars: 'none' | 'f';
}

const MAX_F = 3;
const LIST = { minLength: 1, maxLength: 3 };

/** A round of a DON of 3f + 1 oracles (f from 1 to 3), of which the honest ones report one list of honest events. */
export function arbitraryDonRound({ revision, families, liars }: DonOptions): fc.Arbitrary<Round> {
  const lies = fc.array(arbitraryObservation(revision), LIST);
  return fc
    .record({
      id: arbitraryId,
      f: fc.integer({ min: 1, max: MAX_F }),
      truth: arbitraryTruth(revision, families),
      config: arbitraryConfig(revision),
      previous: arbitraryPrevious,
      honest: fc.array(arbitraryHonestObservation(revision), LIST),
      lies: liars === 'none' ? fc.constant([]) : fc.array(lies, { minLength: MAX_F, maxLength: MAX_F }),
      firstLiar: fc.nat({ max: 3 * MAX_F }),
    })
    .map(({ id, f, truth, config, previous, honest, lies: all, firstLiar }) => {
      const size = 3 * f + 1;
      const lists = Array.from({ length: size }, (_, oracle) => {
        const liar = (oracle + size - (firstLiar % size)) % size;
        return liar < f ? (all[liar] ?? honest) : honest;
      });
      return {
        id,
        revision,
        f,
        config: config(truth),
        previousOutcome: previous(truth),
        observations: lists.map((makers, oracle) => ({ oracle, values: makers.map((make) => make(truth)) })),
      };
    });
}
