import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Admissions } from '../../harness/admissions.ts';
import { RecentIds } from '../../harness/duplicates.ts';
import { ServingHarness } from '../../harness/serving.ts';
import type { ServingOptions } from '../../harness/serving.ts';
import { LaneError } from '../../src/contract/lane.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { deferred, laneOf, outcomeOf, roundOf, settled } from './fakes.ts';

const A = outcomeOf({ lastSeenAt: 1n });
const answers = laneOf(() => A);
const hangs = laneOf(() => new Promise(() => undefined));
const failing = laneOf(() => {
  throw new LaneError('unavailable', 'gone');
});

function serving(legacy: Lane, loopp: Lane, shadow: Partial<ServingOptions['shadow']> = {}): ServingHarness {
  return new ServingHarness({ legacy, loopp, shadow: { concurrency: 8, waiting: 1000, ...shadow } });
}

/** How often the id was seen, and what the comparison came to; each round is served. */
function endings(rounds: readonly Round[]): Promise<readonly (readonly string[])[]> {
  const harness = serving(answers, answers);
  return Promise.all(
    rounds.map(async (round) => {
      const { served, judged, seen } = harness.serve(round, 'shadow');
      expect((await served).observation).toMatchObject({ outcome: A });
      const { verdict } = await judged;
      return [seen, verdict.reason ?? verdict.key];
    }),
  );
}

describe('a round', () => {
  test('is served before the other lane is even asked', async () => {
    const order: string[] = [];
    const shadow = laneOf(() => {
      order.push('shadow asked');
      return A;
    });
    const { served, judged } = serving(answers, shadow).serve(roundOf(1), 'shadow');
    void served.then(() => order.push('served'));
    expect((await judged).verdict.key).toBe('match');
    expect(order).toEqual(['served', 'shadow asked']);
  });

  test('that comes again is served again and not compared; the id with other bytes is compared', async () => {
    const other = roundOf(1, { f: 9 });
    const ended = await endings([roundOf(1), roundOf(1), other, other, roundOf(2)]);
    expect(ended).toEqual([
      ['new', 'match'],
      ['same', 'duplicate'],
      ['different', 'match'],
      ['same', 'duplicate'],
      ['new', 'match'],
    ]);
  });

  test('without an id is compared whenever it comes', async () => {
    const unnamed = [roundOf(1, { id: '' }), roundOf(1, { id: '' }), roundOf(2, { id: '' })];
    expect(await endings(unnamed)).toEqual(unnamed.map(() => ['new', 'match']));
  });

  test('in live falls back without a place among the comparisons', async () => {
    const { served, judged } = serving(answers, failing, { concurrency: 1, waiting: 0 }).serve(
      roundOf(1),
      'live',
    );
    expect(await served).toMatchObject({ lane: 'legacy', fallback: true });
    expect(await judged).toMatchObject({ fallback: true, verdict: { key: 'unavailable' } });
  });

  test('in live falls back for an id that came before, too', async () => {
    const harness = serving(answers, failing);
    await harness.serve(roundOf(1), 'live').judged;
    const { served, judged } = harness.serve(roundOf(1), 'live');
    expect(await served).toMatchObject({ lane: 'legacy', fallback: true });
    expect(await judged).toMatchObject({
      fallback: true,
      verdict: { reason: 'duplicate' },
      observations: { legacy: { kind: 'answer' }, loopp: { kind: 'failure' } },
    });
  });
});

describe('the shadow lane', () => {
  test('that hangs takes the places there are; what comes beyond them is served and not compared', async () => {
    const harness = serving(answers, hangs, { concurrency: 2, waiting: 3 });
    const all = Array.from({ length: 7 }, (_, number) => harness.serve(roundOf(number), 'shadow'));
    const served = await Promise.all(all.map((each) => each.served));
    expect(served.every(({ observation }) => observation.kind === 'answer')).toBe(true);
    const beyond = await Promise.all(all.slice(5).map((each) => each.judged));
    expect(beyond.map(({ verdict }) => verdict.reason)).toEqual(['shadow queue full', 'shadow queue full']);
    await harness.close(0);
    const rest = await Promise.all(all.slice(0, 5).map((each) => each.judged));
    expect(new Set(rest.map(({ verdict }) => verdict.reason))).toEqual(new Set(['shutting down']));
  });

  test('is asked as often as may be at a time', async () => {
    const answer = deferred<Outcome>();
    let asked = 0;
    const counting = laneOf(() => {
      asked++;
      return answer.promise;
    });
    const harness = serving(answers, counting, { concurrency: 2 });
    const all = Array.from({ length: 5 }, (_, number) => harness.serve(roundOf(number), 'shadow').judged);
    await settled();
    await settled();
    expect(asked).toBe(2);
    answer.resolve(A);
    expect((await Promise.all(all)).map(({ verdict }) => verdict.key)).toEqual(Array(5).fill('match'));
    expect(asked).toBe(5);
  });
});

test('a judgement is not kept once it is handed out, as long as the harness may live', async () => {
  const harness = serving(answers, answers);
  const kept: WeakRef<Judgement>[] = [];
  const serveOne = async (number: number): Promise<void> => {
    kept.push(new WeakRef(await harness.serve(roundOf(number), 'shadow').judged));
  };
  for (let number = 0; number < 50; number++) await serveOne(number);
  await settled();
  collectGarbage();
  // The last one may still be on the stack.
  expect(kept.filter((judgement) => judgement.deref() !== undefined).length).toBeLessThanOrEqual(1);
  await harness.close(0);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

describe('closing', () => {
  test('cuts a comparison that was admitted in the same turn, too', async () => {
    const harness = serving(answers, hangs);
    const { judged } = harness.serve(roundOf(1), 'shadow');
    await harness.close(0);
    expect((await judged).verdict.reason).toBe('shutting down');
  });

  test('waits for what is in progress; whatever waits or comes later is served and not compared', async () => {
    const answer = deferred<Outcome>();
    const shadow = laneOf(() => answer.promise);
    const harness = serving(answers, shadow, { concurrency: 1 });
    const [first, second] = [1, 2].map((number) => harness.serve(roundOf(number), 'shadow').judged);
    await settled();
    const closed = harness.close(60_000);
    const late = harness.serve(roundOf(3), 'shadow');
    expect((await late.served).observation.kind).toBe('answer');
    answer.resolve(A);
    await closed;
    const judged = await Promise.all([first, second, late.judged]);
    expect(judged.map((each) => each?.verdict.reason ?? each?.verdict.key)).toEqual([
      'match',
      'shutting down',
      'shutting down',
    ]);
  });
});

describe('Admissions', () => {
  test('admit in order, and nobody once closed', async () => {
    const admissions = new Admissions({ concurrency: 1, waiting: 2 });
    const entering = [1, 2, 3, 4].map(() => admissions.enter());
    expect([await entering[0], await entering[3]]).toEqual(['admitted', 'full']);
    admissions.leave();
    expect(await entering[1]).toBe('admitted');
    const closed = admissions.close();
    expect(await entering[2]).toBe('closed');
    expect(await admissions.enter()).toBe('closed');
    admissions.leave();
    await closed;
  });
});

describe('RecentIds', () => {
  test('forgets an id that ten thousand others followed', () => {
    const ids = new RecentIds();
    const digest = Uint8Array.of(1);
    expect(ids.put('first', digest)).toBe('new');
    for (let number = 1; number < 10_000; number++) ids.put(String(number), digest);
    expect(ids.put('first', digest)).toBe('same');
    expect(ids.put('first', Uint8Array.of(2))).toBe('different');
    expect(ids.put('first', Uint8Array.of(2))).toBe('same');
    ids.put('one more', digest);
    expect(ids.put('first', digest)).toBe('new');
  });
});
