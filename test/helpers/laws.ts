import * as fc from 'fast-check';
import { expect } from 'vitest';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';
import { arbitraryRound, observation } from './arbitraries.ts';
import { toHex } from './wire.ts';

/** What every implementation of the aggregation must hold to. */
export type Aggregate = (round: Round) => Outcome | Promise<Outcome>;

export interface LawOptions {
  /** Rounds to try, both revisions together. Default 400. */
  readonly numRuns?: number;
}

/** A law rejects, with the smallest round it found, when the implementation breaks it. */
export type Law = (aggregate: Aggregate, options?: LawOptions) => Promise<void>;

/** Where all oracles report one list, it does not matter which oracles, how many, or who else reports nothing. */
export const orderOfOraclesIsIrrelevant: Law = (aggregate, options) =>
  holds(
    fc.tuple(arbitraryAnyRound, arbitraryCrowd, arbitraryCrowd),
    options,
    async ([round, crowd, other]) => {
      const values = round.observations[0]?.values ?? [];
      const seen = await aggregate({ ...round, observations: crowdOf(crowd, values) });
      const permuted = await aggregate({ ...round, observations: crowdOf(other, values) });
      expect(shown(permuted)).toEqual(shown(seen));
    },
  );

/** Events for another chain change nothing, wherever they stand and whatever they say. */
export const foreignEventsDoNotMatter: Law = (aggregate, options) =>
  holds(fc.tuple(arbitraryAnyRound, arbitraryPlaces), options, async ([round, places]) => {
    const crowded = { ...round, observations: withForeignEvents(round, places) };
    expect(shown(await aggregate(crowded))).toEqual(shown(await aggregate(round)));
  });

/** A round has the same bytes after it was aggregated, and the same answer when it is aggregated again. */
export const inputsAreNotModified: Law = (aggregate, options) =>
  holds(arbitraryAnyRound, options, async (round) => {
    const before = structuredClone(round);
    const first = shown(await aggregate(round));
    expect(round).toEqual(before);
    expect(shown(await aggregate(round))).toEqual(first);
  });

/** Every round whose bytes are protobuf gets an answer: an outcome in its one encoding, or an error with a text. */
export const everyRoundIsAnswered: Law = (aggregate, options) =>
  holds(arbitraryAnyRound, options, async (round) => {
    const answer = await aggregate(round);
    if (answer.kind === 'error') expect(answer.error).not.toBe('');
    else {
      const again = AggregationOutcome.encode(AggregationOutcome.decode(answer.outcome));
      expect(toHex(again)).toBe(toHex(answer.outcome));
    }
  });

const arbitraryAnyRound: fc.Arbitrary<Round> = fc.oneof(
  ...REVISIONS.map((revision) => arbitraryRound({ revision })),
);

const DEFAULT_RUNS = 400;

function holds<T>(
  arbitrary: fc.Arbitrary<T>,
  options: LawOptions | undefined,
  law: (input: T) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, law), { numRuns: options?.numRuns ?? DEFAULT_RUNS });
}

/** Oracles that report the list, and oracles that report nothing. */
interface Crowd {
  readonly oracles: readonly number[];
  readonly reporting: number;
}

const arbitraryCrowd: fc.Arbitrary<Crowd> = fc
  .tuple(fc.uniqueArray(fc.nat({ max: 255 }), { minLength: 1, maxLength: 7 }), fc.nat())
  .map(([oracles, count]) => ({ oracles, reporting: 1 + (count % oracles.length) }));

function crowdOf(
  { oracles, reporting }: Crowd,
  values: OracleObservations['values'],
): readonly OracleObservations[] {
  return oracles
    .map((oracle, index) => ({ oracle, values: index < reporting ? values : [] }))
    .toSorted((a, b) => a.oracle - b.oracle);
}

/** No configuration of a generated round targets it. */
const FOREIGN_SELECTOR = 777n;

interface Place {
  readonly oracle: number;
  readonly position: number;
  readonly fields: { readonly seqNr: bigint; readonly block: bigint; readonly mintable: bigint | null };
}

const arbitraryPlaces: fc.Arbitrary<readonly Place[]> = fc.array(
  fc.record({
    oracle: fc.nat(),
    position: fc.nat(),
    fields: fc.record({
      seqNr: fc.constantFrom(0n, 1n, 50n, 2n ** 64n - 1n),
      block: fc.constantFrom(0n, 2n ** 64n - 1n),
      mintable: fc.constantFrom(null, -1n, 5n, 2n ** 128n),
    }),
  }),
  { minLength: 1, maxLength: 4 },
);

function withForeignEvents(round: Round, places: readonly Place[]): readonly OracleObservations[] {
  return round.observations.map(({ oracle, values }, index) => {
    const here = places.filter((place) => place.oracle % round.observations.length === index);
    const crowded = here.reduce<readonly Uint8Array[]>((list, { position, fields }) => {
      const event = observation(round.revision, { ...fields, selector: FOREIGN_SELECTOR });
      return list.toSpliced(position % (list.length + 1), 0, event);
    }, values);
    return { oracle, values: crowded };
  });
}

function shown(outcome: Outcome): string {
  return outcome.kind === 'error' ? `error ${outcome.error}` : `outcome ${toHex(outcome.outcome)}`;
}
