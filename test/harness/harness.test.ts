import { describe, expect, test } from 'vitest';
import { roundDigest } from '../../harness/digest.ts';
import { Harness } from '../../harness/harness.ts';
import type { HarnessOptions, Taken } from '../../harness/harness.ts';
import { LaneError } from '../../src/contract/lane.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { WitnessAnswer } from '../../src/contract/round.ts';
import { deferred, errorOf, laneOf, outcomeOf, roundOf, settled } from './fakes.ts';

const A = outcomeOf({ lastSeenAt: 1n });
const B = outcomeOf({ lastSeenAt: 2n });

function harnessOf(legacy: Lane, loopp: Lane, options: Partial<HarnessOptions> = {}): Harness {
  return new Harness({ legacy, loopp, served: 'legacy', seed: 1, ...options });
}

async function judgedBy(harness: Harness, ...rounds: Parameters<Harness['take']>): Promise<Judgement> {
  const taken = harness.take(...rounds);
  if (taken.kind === 'conflict') throw new Error('refused');
  return taken.judged;
}

const hangs = (): Promise<never> => new Promise(() => undefined);
const answers = (outcome: Outcome): Lane => laneOf(() => outcome);

describe('a round', () => {
  test('goes to both lanes, the same object, and is judged', async () => {
    const round = roundOf(3);
    const seen: unknown[] = [];
    const lane = laneOf((asked) => {
      seen.push(asked);
      return A;
    });
    const judgement = await judgedBy(harnessOf(lane, lane), round);
    expect(seen).toHaveLength(2);
    expect(seen.every((asked) => asked === round)).toBe(true);
    expect(judgement).toEqual({
      round,
      digest: roundDigest(round),
      first: expect.stringMatching(/^(legacy|loopp)$/),
      served: 'legacy',
      observations: {
        legacy: { kind: 'answer', outcome: A, durationNs: expect.any(Number) },
        loopp: { kind: 'answer', outcome: A, durationNs: expect.any(Number) },
      },
      verdict: { key: 'match' },
    });
  });

  test('is judged whatever a lane does', async () => {
    const broken = laneOf(() => {
      throw new Error('a fault');
    });
    const slow = laneOf(() => {
      throw new LaneError('timeout', 'too slow');
    });
    expect((await judgedBy(harnessOf(answers(A), answers(B)), roundOf(1))).verdict.key).toBe('mismatch');
    expect((await judgedBy(harnessOf(answers(A), broken), roundOf(1))).verdict.key).toBe('protocol');
    expect((await judgedBy(harnessOf(slow, answers(A)), roundOf(1))).verdict.key).toBe('timeout');
    expect((await judgedBy(harnessOf(broken, slow), roundOf(1))).verdict.key).toBe('timeout');
  });
});

describe('the served lane', () => {
  test.each(['legacy', 'loopp'] as const)('%s is answered at once while the other hangs', async (served) => {
    for (const seed of [0, 1, 2, 3, 4]) {
      const lanes = { legacy: laneOf(hangs), loopp: laneOf(hangs), [served]: answers(A) };
      const taken = harnessOf(lanes.legacy, lanes.loopp, { served, seed }).take(roundOf(1));
      if (taken.kind !== 'taken') throw new Error(taken.kind);
      expect(await taken.served).toEqual({ kind: 'answer', outcome: A, durationNs: expect.any(Number) });
    }
  });

  test('is judged only once the other has answered', async () => {
    const answer = deferred<Outcome>();
    let judged = false;
    const judging = judgedBy(
      harnessOf(
        answers(A),
        laneOf(() => answer.promise),
      ),
      roundOf(1),
    ).then((judgement) => {
      judged = true;
      return judgement;
    });
    await settled();
    expect(judged).toBe(false);
    answer.resolve(B);
    expect((await judging).verdict.key).toBe('mismatch');
  });

  test('that fails is a failure, not a rejection', async () => {
    const lane = laneOf(() => {
      throw new LaneError('unavailable', 'gone');
    });
    const taken = harnessOf(lane, answers(A)).take(roundOf(1));
    if (taken.kind !== 'taken') throw new Error(taken.kind);
    expect(await taken.served).toMatchObject({ kind: 'failure', error: 'unavailable', message: 'gone' });
  });
});

/** What each lane was asked, in the order in which it was. */
async function orderOf(seed: number, count: number): Promise<readonly string[]> {
  const order: string[] = [];
  const lane = (name: string): Lane =>
    laneOf((round) => {
      order.push(`${name} ${round.id}`);
      return A;
    });
  const harness = harnessOf(lane('legacy'), lane('loopp'), { seed });
  for (let number = 0; number < count; number++) {
    const { first } = await judgedBy(harness, roundOf(number));
    expect(order.slice(-2).map((entry) => entry.split(' ')[0])).toEqual(
      first === 'legacy' ? ['legacy', 'loopp'] : ['loopp', 'legacy'],
    );
  }
  return order;
}

describe('which lane is asked first', () => {
  test('is drawn by seed, and is what the judgement says', async () => {
    const order = await orderOf(9, 40);
    expect(await orderOf(9, 40)).toEqual(order);
    expect(await orderOf(10, 40)).not.toEqual(order);
    const firsts = order.filter((_, index) => index % 2 === 0).map((entry) => entry.split(' ')[0]);
    expect(new Set(firsts)).toEqual(new Set(['legacy', 'loopp']));
  });

  test('asks the second before the first has answered', async () => {
    for (const seed of [0, 1, 2, 3, 4]) {
      let running = 0;
      const answer = deferred<Outcome>();
      const lane = laneOf(() => {
        running++;
        return answer.promise;
      });
      const judging = judgedBy(harnessOf(lane, lane, { seed }), roundOf(1));
      expect(running).toBe(2);
      answer.resolve(A);
      await judging;
    }
  });
});

const kindOf = ({ kind }: Taken): string => kind;

describe('an id that came before', () => {
  test('with the same bytes is not asked again', async () => {
    let asked = 0;
    const lane = laneOf(() => {
      asked++;
      return A;
    });
    const harness = harnessOf(lane, lane);
    await judgedBy(harness, roundOf(1));
    const again = roundOf(1, { note: 'the note, workflow and witness do not reach the aggregation' });
    expect(kindOf(harness.take(again))).toBe('duplicate');
    expect(await judgedBy(harness, again)).toEqual({
      round: again,
      digest: roundDigest(again),
      first: expect.stringMatching(/^(legacy|loopp)$/),
      served: 'legacy',
      verdict: { key: 'notCompared', reason: 'duplicate' },
    });
    expect(asked).toBe(2);
  });

  test('with other bytes is refused', () => {
    const harness = harnessOf(answers(A), answers(A));
    const kinds = [roundOf(1), roundOf(1, { f: 2 }), roundOf(1), roundOf(2)].map((round) =>
      kindOf(harness.take(round)),
    );
    expect(kinds).toEqual(['taken', 'conflict', 'duplicate', 'taken']);
  });
});

const knowing = (possibleOutcomes: Lane['possibleOutcomes']): Lane =>
  laneOf(() => A, possibleOutcomes === undefined ? {} : { possibleOutcomes });

describe('what Go may answer', () => {
  test.each<[string, Lane, string]>([
    ['both', knowing(() => [A, B]), 'ambiguous'],
    ['only one', knowing(() => [A, A]), 'mismatch'],
    ['unknown to the lane', knowing(undefined), 'mismatch'],
    [
      'more than the lane can say',
      knowing(() => {
        throw new LaneError('protocol', 'no');
      }),
      'mismatch',
    ],
  ])('%s', async (_, legacy, key) => {
    expect((await judgedBy(harnessOf(legacy, answers(B)), roundOf(1))).verdict.key).toBe(key);
  });
});

const recorded = (...list: readonly WitnessAnswer[]): Judgement['round'] =>
  roundOf(1, { witness: { answers: list } });

describe('a witness', () => {
  const right: WitnessAnswer = {
    kind: 'outcome',
    outcome: A.kind === 'outcome' ? A.outcome : new Uint8Array(),
  };
  const gone = laneOf(() => {
    throw new LaneError('unavailable', 'gone');
  });

  test.each<[string, Lane, Lane, Judgement['witness']]>([
    ['both lanes agree with', answers(A), answers(A), { legacy: true, loopp: true }],
    ['one lane contradicts', answers(A), answers(B), { legacy: true, loopp: false }],
    ['both lanes contradict', answers(errorOf('no')), answers(B), { legacy: false, loopp: false }],
    ['only one lane answers', answers(A), gone, { legacy: true }],
    ['no lane answers', gone, gone, undefined],
  ])('that %s', async (_, legacy, loopp, witness) => {
    expect((await judgedBy(harnessOf(legacy, loopp), recorded(right))).witness).toEqual(witness);
  });

  test('that a round came without', async () => {
    expect(await judgedBy(harnessOf(answers(A), answers(A)), roundOf(1))).not.toHaveProperty('witness');
  });

  test('with several answers takes any of them', async () => {
    const { witness } = await judgedBy(
      harnessOf(answers(errorOf('any text')), answers(A)),
      recorded({ kind: 'panic', panic: 'nil dereference' }, right),
    );
    expect(witness).toEqual({ legacy: true, loopp: true });
  });
});
