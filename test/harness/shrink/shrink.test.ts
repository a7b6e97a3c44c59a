import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { legacyLane } from '../../../legacy/lane.ts';
import { causeOf, differenceKey, findingOf } from '../../../harness/groups/cause.ts';
import { Harness } from '../../../harness/harness.ts';
import { inputBytes } from '../../../harness/groups/groups.ts';
import { plant } from '../../../harness/plants.ts';
import type { PlantName } from '../../../harness/plants.ts';
import { fewerItems, smallerIntegers, whileKept } from '../../../harness/shrink/reduce.ts';
import { shrinkRound } from '../../../harness/shrink/shrink.ts';
import type { Shrunk } from '../../../harness/shrink/shrink.ts';
import type { ShrinkLimits } from '../../../harness/shrink/trial.ts';
import { decodeValue } from '../../../src/codec/values.ts';
import { encodeValue } from '../../../src/codec/values-encode.ts';
import type { Lane } from '../../../src/contract/lane.ts';
import { REVISIONS } from '../../../src/contract/round.ts';
import type { Revision, Round } from '../../../src/contract/round.ts';
import { formatRound } from '../../../src/rounds/format.ts';
import { parseRound } from '../../../src/rounds/parse.ts';
import {
  SELECTORS,
  arbitraryRound,
  observation,
  plainRound,
  previousOutcome,
} from '../../helpers/arbitraries.ts';
import { configureSeed } from '../../helpers/seed.ts';
import { errorOf, laneOf } from '../fakes.ts';

configureSeed();

const NO_LIMITS: ShrinkLimits = { maxTries: 100_000, signal: new AbortController().signal };

/** Twenty oracles that all report something else, five events each, behind a previous outcome. */
function busyRound(revision: Revision, selector: bigint = SELECTORS.ethereum): Round {
  const observations = Array.from({ length: 20 }, (_, oracle) => ({
    oracle: oracle * 3,
    values: Array.from({ length: 5 }, (__, event) =>
      observation(revision, {
        selector: event === 3 ? SELECTORS.sepolia : selector,
        mintable: BigInt(oracle * 1000 + event) * 10n ** 18n,
        block: 22_000_000n + BigInt(event),
        seqNr: 40n + BigInt(event),
      }),
    ),
  }));
  return plainRound({
    revision,
    fields: { selector },
    round: { observations, f: 6, workflow: 'wf', note: 'busy', previousOutcome: previousOutcome(5n) },
  });
}

/** The legacy lane against another, as `shrink` asks them. */
class Pair {
  asked = 0;
  private readonly harness: Harness;

  constructor(loopp: Lane) {
    this.harness = new Harness({ legacy: legacyLane(), loopp, seed: 1 });
  }

  async keyOf(round: Round): Promise<string> {
    const taken = this.harness.take({ ...round, id: String(this.asked++) });
    if (taken.kind === 'conflict') throw new Error('an id came twice');
    return differenceKey(causeOf(findingOf(await taken.judged), round));
  }

  async shrink(round: Round, limits: ShrinkLimits = NO_LIMITS): Promise<Shrunk> {
    const key = await this.keyOf(round);
    const shrunk = await shrinkRound(round, async (smaller) => (await this.keyOf(smaller)) === key, limits);
    expect(await this.keyOf(shrunk.round)).toBe(key);
    return shrunk;
  }
}

const planted = (name: PlantName): Pair => new Pair(plant(legacyLane(), name));
const shape = ({ observations }: Round): readonly number[] => observations.map(({ values }) => values.length);

describe('shrinking a mismatch of twenty oracles', () => {
  test.each([
    ['block-plus-one', '2025-09', SELECTORS.ethereum],
    ['block-plus-one', '2025-07', SELECTORS.ethereum],
    ['block-plus-one', '2025-09', SELECTORS.solana],
    ['lost-report', '2025-09', SELECTORS.ethereum],
    ['swapped-packing', '2025-09', SELECTORS.ethereum],
  ] as const)('%s in %s leaves one oracle with one event', async (name, revision, selector) => {
    const round = busyRound(revision, selector);
    const { round: small, ended } = await planted(name).shrink(round);
    expect(ended).toBe(false);
    expect(shape(small)).toEqual([1]);
    expect(small).toMatchObject({ f: 0, previousOutcome: null, observations: [{ oracle: 0 }] });
    expect(small).not.toHaveProperty('workflow');
    expect(inputBytes(small)).toBeLessThan(320);
  });

  test('that needs two oracles leaves two, with one event each', async () => {
    // A candidate that fails as soon as two oracles speak.
    const lane = laneOf((round) => {
      const speaking = round.observations.filter(({ values }) => values.length > 0);
      return speaking.length > 1 ? errorOf('too many speak') : legacyLane().aggregate(round);
    });
    const { round } = await new Pair(lane).shrink(busyRound('2025-09'));
    expect(shape(round)).toEqual([1, 1]);
    expect(round.observations.map(({ oracle }) => oracle)).toEqual([0, 1]);
  });

  test('finds the smallest number that shows it, inside of JSON inside of base64 inside of JSON', async () => {
    const marker = 7_000n * 10n ** 18n;
    const lane = laneOf(async (round) => {
      const text = round.observations.flatMap(({ values }) => values.map(mintableIn)).join(' ');
      const large = text.split(' ').some((digits) => digits !== '' && BigInt(digits) >= marker);
      return large ? errorOf('too large') : legacyLane().aggregate(round);
    });
    const { round } = await new Pair(lane).shrink(busyRound('2025-09'));
    expect(round.observations.flatMap(({ values }) => values.map(mintableIn))).toEqual([String(marker)]);
  });
});

function mintableIn(value: Uint8Array): string {
  const json = /\{"Report":"([A-Za-z0-9+/=]*)"/.exec(Buffer.from(value).toString('latin1'))?.[1] ?? '';
  return /"Mintable":([0-9]+)/.exec(Buffer.from(json, 'base64').toString('latin1'))?.[1] ?? '';
}

/** What is left of the busy round, as a capture has it. */
async function shrunkOnce(): Promise<unknown> {
  const { round } = await planted('lost-report').shrink(busyRound('2025-09'));
  return formatRound(round);
}

/** Whether an observation has the unknown field that is put in. */
const hasOddField = ({ observations }: Round): boolean =>
  observations.some(({ values }) => values.some((each) => Buffer.from(each).includes(0xa2)));

describe('shrinking', () => {
  test('ends after as many tries as are allowed, and keeps what it has', async () => {
    const { tries, ended, round } = await planted('lost-report').shrink(busyRound('2025-09'), {
      ...NO_LIMITS,
      maxTries: 10,
    });
    expect({ tries, ended }).toEqual({ tries: 10, ended: true });
    expect(round.observations.length).toBeLessThan(20);
  });

  test('asks nothing once it is interrupted', async () => {
    const signal = AbortSignal.abort();
    let asked = 0;
    const shrunk = await shrinkRound(
      busyRound('2025-09'),
      () => {
        asked++;
        return Promise.resolve(true);
      },
      { maxTries: 100, signal },
    );
    expect({ asked, ended: shrunk.ended, tries: shrunk.tries }).toEqual({ asked: 0, ended: true, tries: 0 });
    expect(shape(shrunk.round)).toEqual(shape(busyRound('2025-09')));
  });

  test('gives the same round every time', async () => {
    expect(await shrunkOnce()).toEqual(await shrunkOnce());
  });

  test('passes on what the comparison throws', async () => {
    const broken = shrinkRound(busyRound('2025-09'), () => Promise.reject(new Error('no')), NO_LIMITS);
    await expect(broken).rejects.toThrow('no');
  });

  test('keeps bytes that mean something else when they are written again', async () => {
    const value = observation('2025-09');
    // An unknown field, which is lost when the value is written again.
    const odd = Buffer.concat([value, Buffer.from([0xa2, 0x06, 0x01, 0x2a])]);
    expect(encodeValue(decodeValue(odd))).toHaveLength(value.length);
    const round = plainRound({ oracles: 1, round: { observations: [{ oracle: 0, values: [odd, value] }] } });
    const { round: small } = await shrinkRound(
      round,
      (smaller) => Promise.resolve(hasOddField(smaller)),
      NO_LIMITS,
    );
    expect(small.observations).toEqual([{ oracle: 0, values: [odd] }]);
  });

  test('never tries a round that a node could not have decoded, and never a larger difference', async () => {
    const anyRound = fc.oneof(...REVISIONS.map((revision) => arbitraryRound({ revision })));
    await fc.assert(
      fc.asyncProperty(anyRound, fc.nat(), async (round, chance) => {
        let turn = chance;
        const { round: small } = await shrinkRound(
          round,
          (candidate) => {
            expect(() => parseRound(JSON.stringify(formatRound(candidate)))).not.toThrow();
            turn = (turn * 1_103_515_245 + 12_345) % 2 ** 31;
            return Promise.resolve(turn % 3 === 0);
          },
          { ...NO_LIMITS, maxTries: 150 },
        );
        expect(small.observations.length).toBeLessThanOrEqual(round.observations.length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('fewer items', () => {
  test('are those that matter, in their order', async () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const needed = [3, 50, 99];
    const left = await fewerItems(items, (some) =>
      Promise.resolve(needed.every((each) => some.includes(each))),
    );
    expect(left).toEqual(needed);
  });
});

describe('smaller integers', () => {
  test('end at the smallest that is kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 0n, max: 2n ** 130n }),
        fc.bigInt({ min: 0n, max: 2n ** 130n }),
        async (a, b) => {
          const [least, start] = a < b ? [a, b] : [b, a];
          const found = await whileKept(start, smallerIntegers, (value) => Promise.resolve(value >= least));
          expect(found).toBe(least);
        },
      ),
    );
  });

  test('of a negative number come to an end too', async () => {
    expect(await whileKept(-900n, smallerIntegers, (value) => Promise.resolve(value < -17n))).toBe(-18n);
    expect([...smallerIntegers(0n)]).toEqual([]);
  });
});
