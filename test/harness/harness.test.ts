import { describe, expect, test } from 'vitest';
import { roundDigest } from '../../harness/digest.ts';
import { Harness } from '../../harness/harness.ts';
import type { HarnessOptions, Taken } from '../../harness/harness.ts';
import { LaneError } from '../../src/contract/lane.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { WitnessAnswer } from '../../src/contract/round.ts';
import { STAGES } from '../../src/contract/stage.ts';
import type { Stage } from '../../src/contract/stage.ts';
import { deferred, errorOf, laneOf, outcomeOf, roundOf, settled } from './fakes.ts';

const A = outcomeOf({ lastSeenAt: 1n });
const B = outcomeOf({ lastSeenAt: 2n });

function harnessOf(legacy: Lane, loopp: Lane, options: Partial<HarnessOptions> = {}): Harness {
  return new Harness({ legacy, loopp, seed: 1, ...options });
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
      stage: 'shadow',
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

/** What each lane does in a cell of the grid. */
const DOES = {
  answers: { legacy: answers(A), loopp: answers(B) },
  errs: { legacy: answers(errorOf('no')), loopp: answers(errorOf('no')) },
  fails: { legacy: failing('legacy'), loopp: failing('loopp') },
  hangs: { legacy: laneOf(hangs), loopp: laneOf(hangs) },
} as const;
type Does = keyof typeof DOES;

function failing(name: string): Lane {
  return laneOf(() => {
    throw new LaneError('unavailable', `${name} is gone`);
  });
}

/** What the caller gets: the lane with its answer, in capitals after a fallback, or that nothing came yet. */
async function servedIn(stage: Stage, legacy: Does, loopp: Does): Promise<string> {
  const taken = harnessOf(DOES[legacy].legacy, DOES[loopp].loopp).take(roundOf(1), stage);
  if (taken.kind !== 'taken') throw new Error(taken.kind);
  const nothing = settled().then(() => undefined);
  const served = await Promise.race([taken.served, nothing]);
  if (served === undefined) return '...';
  const { lane, fallback, observation } = served;
  const what =
    observation.kind === 'failure' ? 'fails' : observation.outcome.kind === 'error' ? 'errs' : 'answers';
  return `${fallback ? lane.toUpperCase() : lane} ${what}`;
}

describe('what is served, the whole grid', () => {
  test.each<[Stage, Does, readonly string[]]>([
    // what legacy does; then what is served when loopp answers, errs, fails, hangs
    ['off', 'answers', ['legacy answers', 'legacy answers', 'legacy answers', 'legacy answers']],
    ['off', 'errs', ['legacy errs', 'legacy errs', 'legacy errs', 'legacy errs']],
    ['off', 'fails', ['legacy fails', 'legacy fails', 'legacy fails', 'legacy fails']],
    ['off', 'hangs', ['...', '...', '...', '...']],
    ['shadow', 'answers', ['legacy answers', 'legacy answers', 'legacy answers', 'legacy answers']],
    ['shadow', 'errs', ['legacy errs', 'legacy errs', 'legacy errs', 'legacy errs']],
    ['shadow', 'fails', ['legacy fails', 'legacy fails', 'legacy fails', 'legacy fails']],
    ['shadow', 'hangs', ['...', '...', '...', '...']],
    ['live', 'answers', ['loopp answers', 'loopp errs', 'LEGACY answers', '...']],
    ['live', 'errs', ['loopp answers', 'loopp errs', 'LEGACY errs', '...']],
    ['live', 'fails', ['loopp answers', 'loopp errs', 'loopp fails', '...']],
    ['live', 'hangs', ['loopp answers', 'loopp errs', '...', '...']],
    ['complete', 'answers', ['loopp answers', 'loopp errs', 'loopp fails', '...']],
    ['complete', 'errs', ['loopp answers', 'loopp errs', 'loopp fails', '...']],
    ['complete', 'fails', ['loopp answers', 'loopp errs', 'loopp fails', '...']],
    ['complete', 'hangs', ['loopp answers', 'loopp errs', 'loopp fails', '...']],
  ])('%s, legacy %s', async (stage, legacy, expected) => {
    const loopp: readonly Does[] = ['answers', 'errs', 'fails', 'hangs'];
    expect(await Promise.all(loopp.map((does) => servedIn(stage, legacy, does)))).toEqual(expected);
  });

  test.each(STAGES)('%s, whichever lane is asked first', async (stage) => {
    const seen = new Set<string>();
    for (const seed of [0, 1, 2, 3, 4]) {
      const taken = harnessOf(answers(A), answers(A), { seed }).take(roundOf(1), stage);
      if (taken.kind !== 'taken') throw new Error(taken.kind);
      const { lane, fallback } = await taken.served;
      seen.add(`${lane} ${String(fallback)}`);
    }
    expect([...seen]).toEqual([stage === 'off' || stage === 'shadow' ? 'legacy false' : 'loopp false']);
  });
});

describe('a stage', () => {
  test.each<[Stage, readonly string[], Partial<Judgement>]>([
    ['off', ['legacy'], { served: 'legacy', verdict: { key: 'notCompared', reason: 'stage' } }],
    ['shadow', ['legacy', 'loopp'], { served: 'legacy', verdict: { key: 'match' } }],
    ['live', ['legacy', 'loopp'], { served: 'loopp', verdict: { key: 'match' } }],
    ['complete', ['loopp'], { served: 'loopp', verdict: { key: 'notCompared', reason: 'stage' } }],
  ])('%s asks %s', async (stage, asked, expected) => {
    const seen: string[] = [];
    const lane = (name: string): Lane =>
      laneOf(() => {
        seen.push(name);
        return A;
      });
    const judgement = await judgedBy(harnessOf(lane('legacy'), lane('loopp')), roundOf(1), stage);
    expect(seen.toSorted()).toEqual(asked);
    expect(judgement).toMatchObject({ stage, ...expected });
    expect(judgement).not.toHaveProperty('fallback');
    expect(Object.keys(judgement.observations ?? {})).toEqual(asked);
    expect(asked).toContain(judgement.first);
  });

  test('of one lane alone still holds it against the witness', async () => {
    const witnessed = recorded({ kind: 'error', error: 'another answer' });
    const { verdict, witness } = await judgedBy(harnessOf(answers(A), answers(A)), witnessed, 'complete');
    expect({ verdict, witness }).toEqual({
      verdict: { key: 'notCompared', reason: 'stage' },
      witness: { loopp: false },
    });
  });

  test('live says in the judgement that the other lane stepped in', async () => {
    expect(await judgedBy(harnessOf(answers(A), failing('loopp')), roundOf(1), 'live')).toMatchObject({
      served: 'legacy',
      fallback: true,
      verdict: { key: 'unavailable' },
    });
  });
});

describe('the served lane', () => {
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
      stage: 'shadow',
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

  test.each<[string, readonly Outcome[], Lane, boolean]>([
    ['a lane that gives another possible answer agrees', [A, B], answers(B), true],
    ['not one whose answer is not possible', [A], answers(B), false],
    ['nor one where the witness is not possible', [B], answers(B), false],
  ])('of a round that Go may answer otherwise: %s', async (_, possible, loopp, agrees) => {
    const { witness } = await judgedBy(
      harnessOf(
        knowing(() => possible),
        loopp,
      ),
      recorded(right),
    );
    expect(witness).toEqual({ legacy: true, loopp: agrees });
  });

  test('with several answers takes any of them', async () => {
    const { witness } = await judgedBy(
      harnessOf(answers(errorOf('any text')), answers(A)),
      recorded({ kind: 'panic', panic: 'nil dereference' }, right),
    );
    expect(witness).toEqual({ legacy: true, loopp: true });
  });
});
