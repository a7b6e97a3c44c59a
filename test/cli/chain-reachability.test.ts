import * as fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { KeyedTurns } from '../../src/cli/chain/keyed-turns.ts';
import { ChainTrouble, Reachability } from '../../src/cli/chain/reachability.ts';
import { DeliveryError } from '../../loopp/provider/evm/delivery/errors.ts';

const LONG = { patienceMs: 60_000, retryPauseMs: 1 };
const NONE = { patienceMs: 0, retryPauseMs: 60_000 };

const reach = (options = LONG, signal = new AbortController().signal): Reachability =>
  new Reachability(options, signal);

/** Something that is asked for and does not come before it is told to. */
class Hanging {
  resolve: () => void = () => undefined;
  reject: (error: Error) => void = () => undefined;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** Fails so often, and says afterwards which try it was. */
const failing =
  (times: number, error: Error = new Error('no route')) =>
  (attempt: number): Promise<number> =>
    attempt <= times ? Promise.reject(error) : Promise.resolve(attempt);

describe('a step on a chain', () => {
  test('is tried again while the chain fails', async () => {
    expect(await reach().step(failing(0))).toBe(1);
    expect(await reach().step(failing(4, new DeliveryError('timeout', 'late')))).toBe(5);
  });

  test.each([
    new DeliveryError('refused', 'no'),
    new DeliveryError('signatures', 'no'),
    new DeliveryError('report', 'no'),
  ])('is not tried again when the chain says no: $kind', async (error) => {
    const attempts: number[] = [];
    const step = reach().step((attempt) => {
      attempts.push(attempt);
      return Promise.reject(error);
    });
    await expect(step).rejects.toThrow(new ChainTrouble('no'));
    expect(attempts).toEqual([1]);
  });

  test('fails once its patience is over, and after it every other at once', async () => {
    const chain = reach(NONE);
    await expect(chain.step(failing(Infinity))).rejects.toThrow(new ChainTrouble('no route'));
    let asked = 0;
    const next = chain.step(() => Promise.resolve(asked++));
    await expect(next).rejects.toThrow(new ChainTrouble('the chain is down: no route'));
    expect(asked).toBe(0);
  });

  test('now and then finds out whether a chain that is down is back', async () => {
    const chain = reach({ patienceMs: 0, retryPauseMs: 1 });
    await expect(chain.step(failing(Infinity))).rejects.toThrow('no route');
    await sleep(20);
    // One looks, and is not patient; the others do not wait for it.
    const answer = new Hanging();
    const probe = chain.step(() => answer.promise);
    await expect(chain.step(failing(0))).rejects.toThrow('the chain is down');
    answer.reject(new Error('still no route'));
    await expect(probe).rejects.toThrow(new ChainTrouble('still no route'));
    await sleep(50);
    expect(await chain.step(failing(0))).toBe(1);
    expect(await Promise.all([chain.step(failing(0)), chain.step(failing(0))])).toEqual([1, 1]);
  });

  test('counts a chain that refuses as one that is back', async () => {
    const chain = reach({ patienceMs: 0, retryPauseMs: 1 });
    await expect(chain.step(failing(Infinity))).rejects.toThrow('no route');
    await sleep(20);
    await expect(chain.step(failing(9, new DeliveryError('refused', 'no')))).rejects.toThrow('no');
    expect(await chain.step(failing(0))).toBe(1);
  });

  test('ends when the run is interrupted: asked, waiting, or to come', async () => {
    const run = new AbortController();
    const chain = reach({ patienceMs: 600_000, retryPauseMs: 600_000 }, run.signal);
    const steps = [chain.step(() => new Promise(() => undefined)), chain.step(failing(Infinity))];
    const ends = steps.map((step) => expect(step).rejects.toThrow(new ChainTrouble('interrupted')));
    await sleep(10);
    run.abort();
    await Promise.all(ends);
    await expect(chain.step(failing(0))).rejects.toThrow(new ChainTrouble('interrupted'));
  });

  test('ends when the chain is closed', async () => {
    const chain = reach({ patienceMs: 600_000, retryPauseMs: 600_000 });
    const step = chain.step(failing(Infinity));
    const ended = expect(step).rejects.toThrow(ChainTrouble);
    await sleep(10);
    chain.close();
    await ended;
  });

  test('says no more than a few lines of what ethers says', async () => {
    const step = reach(NONE).step(failing(Infinity, new Error('x'.repeat(10_000))));
    await expect(step).rejects.toThrow(/^x{300}…$/);
  });
});

describe('turns by key', () => {
  test('tasks that share a key keep their order, whatever becomes of them', async () => {
    const tasks = fc.array(
      fc.record({
        keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
        steps: fc.nat(3),
        fails: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(tasks, async (all) => {
        const turns = new KeyedTurns();
        const running = new Set<string>();
        const order = new Map<string, number[]>();
        const ends = all.map(({ keys, steps, fails }, at) =>
          turns.take(keys, async () => {
            for (const key of keys) {
              expect(running.has(key)).toBe(false);
              running.add(key);
              order.set(key, [...(order.get(key) ?? []), at]);
            }
            for (let step = 0; step < steps; step++) await Promise.resolve();
            for (const key of keys) running.delete(key);
            if (fails) throw new Error(String(at));
            return at;
          }),
        );
        const results = await Promise.allSettled(ends);
        expect(results.map(({ status }) => status)).toEqual(
          all.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
        );
        for (const numbers of order.values()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  test('tasks without a key in common go beside each other', async () => {
    const turns = new KeyedTurns();
    const hanging = new Hanging();
    const slow = turns.take(['a'], () => hanging.promise);
    expect(await turns.take(['b'], () => Promise.resolve('b'))).toBe('b');
    expect(await turns.take([], () => Promise.resolve('none'))).toBe('none');
    hanging.resolve();
    await slow;
  });
});
