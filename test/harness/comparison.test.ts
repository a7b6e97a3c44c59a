import { describe, expect, test } from 'vitest';
import { compareRounds } from '../../harness/comparison.ts';
import type { ComparisonSink } from '../../harness/comparison.ts';
import { Harness } from '../../harness/harness.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { deferred, laneOf, outcomeOf, roundOf, settled } from './fakes.ts';

const A = outcomeOf();

/** Writes down what it hears. */
function sinkOf(overrides: Partial<ComparisonSink> = {}): ComparisonSink & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    expect: () => void heard.push('taken'),
    record: ({ round, verdict }) => {
      heard.push(`${round.id} ${verdict.key}`);
      return Promise.resolve();
    },
    refuse: (round) => {
      heard.push(`${round.id} refused`);
      return Promise.resolve();
    },
    ...overrides,
  };
}

interface Setting {
  readonly loopp?: Lane;
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

function compare(rounds: AsyncIterable<Round>, sink: ComparisonSink, setting: Setting = {}): Promise<void> {
  const { loopp = laneOf(() => A), concurrency = 8, signal = new AbortController().signal } = setting;
  const harness = new Harness({ legacy: laneOf(() => A), loopp, seed: 1 });
  return compareRounds(harness, rounds, sink, { concurrency, signal });
}

/** Rounds numbered from 1; `onRead` hears of each that is asked for. */
async function* numbered(
  count: number,
  onRead: (number: number) => void = () => undefined,
): AsyncGenerator<Round> {
  for (let number = 1; number <= count; number++) {
    onRead(number);
    yield roundOf(number);
  }
}

async function* listed(...rounds: readonly Round[]): AsyncGenerator<Round> {
  yield* rounds;
}

async function* brokenAfter(count: number): AsyncGenerator<Round> {
  yield* numbered(count);
  throw new Error('the disk is gone');
}

/** A lane that answers each round when it is told to. */
function manual(): {
  readonly lane: Lane;
  readonly answer: (id: string) => void;
  readonly asked: readonly string[];
} {
  const waiting = new Map<string, (outcome: Outcome) => void>();
  const asked: string[] = [];
  const lane = laneOf(({ id }) => {
    const answer = deferred<Outcome>();
    waiting.set(id, answer.resolve);
    asked.push(id);
    return answer.promise;
  });
  return { lane, asked, answer: (id) => waiting.get(id)?.(A) };
}

describe('a comparison', () => {
  test('records every round once, in the order in which the rounds came', async () => {
    const { lane, answer } = manual();
    const sink = sinkOf();
    const comparing = compare(numbered(3), sink, { loopp: lane });
    await settled();
    for (const id of ['round-3', 'round-2', 'round-1']) {
      expect(sink.heard.filter((entry) => entry !== 'taken')).toEqual([]);
      answer(id);
      await settled();
    }
    await comparing;
    const matches = ['round-1 match', 'round-2 match', 'round-3 match'];
    expect(sink.heard).toEqual(['taken', 'taken', 'taken', ...matches]);
  });

  test('of no rounds records none', async () => {
    const sink = sinkOf();
    await compare(numbered(0), sink);
    expect(sink.heard).toEqual([]);
  });

  test.each([1, 2, 5])('has at most %d rounds in progress and reads no further one', async (concurrency) => {
    const { lane, answer, asked } = manual();
    const read: number[] = [];
    const sink = sinkOf();
    const comparing = compare(
      numbered(7, (number) => read.push(number)),
      sink,
      { loopp: lane, concurrency },
    );
    for (let done = 0; done < 7; done++) {
      await settled();
      expect(asked.length).toBe(Math.min(done + concurrency, 7));
      expect(read.length).toBe(asked.length);
      answer(`round-${String(done + 1)}`);
    }
    await comparing;
    expect(sink.heard.filter((entry) => entry !== 'taken')).toHaveLength(7);
  });

  test('refuses an id with other bytes and goes on', async () => {
    const sink = sinkOf();
    await compare(listed(roundOf(1), roundOf(1, { f: 9 }), roundOf(1), roundOf(2)), sink);
    expect(sink.heard.filter((entry) => entry !== 'taken').toSorted()).toEqual([
      'round-1 match',
      'round-1 notCompared',
      'round-1 refused',
      'round-2 match',
    ]);
    expect(sink.heard.filter((entry) => entry === 'taken')).toHaveLength(3);
  });
});

describe('a comparison that ends early', () => {
  test('by its signal: what is in progress is recorded, nothing more is taken', async () => {
    const { lane, answer, asked } = manual();
    const stop = new AbortController();
    const sink = sinkOf();
    const comparing = compare(numbered(100), sink, { loopp: lane, concurrency: 3, signal: stop.signal });
    await settled();
    stop.abort();
    for (const id of asked.slice()) answer(id);
    await comparing;
    expect(asked).toEqual(['round-1', 'round-2', 'round-3']);
    const matches = ['round-1 match', 'round-2 match', 'round-3 match'];
    expect(sink.heard).toEqual(['taken', 'taken', 'taken', ...matches]);
  });

  test('by a failing input: what came before it is recorded', async () => {
    const sink = sinkOf();
    await expect(compare(brokenAfter(2), sink)).rejects.toThrow('the disk is gone');
    expect(sink.heard.filter((entry) => entry !== 'taken')).toEqual(['round-1 match', 'round-2 match']);
  });

  test('by a refusal that rejects', async () => {
    const sink = sinkOf({ refuse: () => Promise.reject(new Error('refused')) });
    const rounds = listed(roundOf(1), roundOf(1, { f: 9 }), roundOf(2));
    await expect(compare(rounds, sink)).rejects.toThrow('refused');
    expect(sink.heard).toEqual(['taken', 'round-1 match']);
  });

  test('by a record that rejects: the rounds in progress are recorded too, the first cause is kept', async () => {
    const recorded: string[] = [];
    let taken = 0;
    const sink = sinkOf({
      expect: () => void taken++,
      record: ({ round }) => {
        recorded.push(round.id);
        return recorded.length >= 3 ? Promise.reject(new Error(`full at ${round.id}`)) : Promise.resolve();
      },
    });
    await expect(compare(numbered(100), sink, { concurrency: 4 })).rejects.toThrow('full at round-3');
    expect(taken).toBeLessThan(20);
    expect(recorded).toEqual(Array.from({ length: taken }, (_, index) => `round-${String(index + 1)}`));
  });
});
