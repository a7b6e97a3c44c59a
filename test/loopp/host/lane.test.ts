import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostOptions } from '../../../loopp/host/options.ts';
import type { LooppLane } from '../../../loopp/host/lane.ts';
import { LaneError } from '../../../src/contract/lane.ts';
import { Sandbox, ending, fixture, roundOf, untilState } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.end());

/**
 * How each round ends. All of them share one call: the round before them occupies the only call that may be in flight,
 * and is answered or not as it may.
 */
function endingsInOneCall(lane: LooppLane, ids: readonly string[]): Promise<readonly string[]> {
  const [, ...rest] = ['opener', ...ids].map((id) => ending(lane.aggregate(roundOf(id))));
  return Promise.all(rest);
}

const ONE_CALL: Partial<HostOptions> = { callsInFlight: 1 };

describe('a call of several rounds', () => {
  test('gives each round its own answer', async () => {
    const { lane } = await sandbox.started(fixture('well-behaved'), ONE_CALL);
    const ids = Array.from({ length: 100 }, (_, index) => `round ${String(index)}`);
    expect(await endingsInOneCall(lane, ids)).toEqual(ids.map((id) => `outcome of ${id}`));
  });

  test('that hangs on one round times out for that round only', async () => {
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), { ...ONE_CALL, laneTimeoutMs: 1000 });
    expect(await endingsInOneCall(lane, ['a', 'hang', 'b'])).toEqual([
      'outcome of a',
      expect.stringMatching(/^timeout: the plugin's call failed: 4 DEADLINE_EXCEEDED: Deadline exceeded/),
      'outcome of b',
    ]);
  });

  test('that fails with status UNKNOWN because of one round fails that round only', async () => {
    const { lane, states } = await sandbox.started(fixture('fails-on-fail'), ONE_CALL);
    expect(await endingsInOneCall(lane, ['a', 'fail', 'b'])).toEqual([
      'outcome of a',
      "protocol: the plugin's call failed: 2 UNKNOWN: cannot do that one",
      'outcome of b',
    ]);
    expect(states.map(({ name }) => name)).toEqual(['launching', 'ready']);
  });
});

describe('an answer that breaks the protocol fails the round, and the plugin keeps running:', () => {
  test.each([
    ['wrong-result-count', 'protocol: expected 1 results from the plugin, got 2'],
    ['wrong-ids', 'protocol: expected the result of round "a", got that of "not a"'],
    [
      'neither-outcome-nor-error',
      'protocol: expected an outcome or an error in the result, got neither or both',
    ],
    [
      'both-outcome-and-error',
      'protocol: expected an outcome or an error in the result, got neither or both',
    ],
    [
      'garbage-reply',
      expect.stringMatching(
        /^protocol: the plugin's call failed: 13 INTERNAL: Response message parsing error: .+/,
      ),
    ],
    [
      'huge-reply',
      expect.stringMatching(
        /^protocol: the plugin's call failed: 8 RESOURCE_EXHAUSTED: Received message larger than max/,
      ),
    ],
  ])('%s', async (name, text) => {
    const { lane, states } = await sandbox.started(fixture(name), { ...ONE_CALL, laneTimeoutMs: 20_000 });
    expect(await ending(lane.aggregate(roundOf('a')))).toEqual(text);
    expect((await endingsInOneCall(lane, ['b', 'c'])).map((end) => end.split(':')[0])).toEqual([
      'protocol',
      'protocol',
    ]);
    expect(states.map((state) => state.name)).toEqual(['launching', 'ready']);
  });
});

test('a reply under the limit is taken, whatever grpc has for a default', async () => {
  const { lane } = await sandbox.started(fixture('huge-reply'), {
    receiveLimitBytes: 18 * 1024 * 1024,
    laneTimeoutMs: 20_000,
  });
  const outcome = await lane.aggregate(roundOf('a'));
  expect(outcome.kind === 'outcome' && outcome.outcome.length).toBe(17 * 1024 * 1024);
});

test('a round of 17 MiB goes to the plugin, in a call of its own', async () => {
  const { lane } = await sandbox.started(fixture('well-behaved'), { ...ONE_CALL, laneTimeoutMs: 20_000 });
  const large = { ...roundOf('large'), config: new Uint8Array(17 * 1024 * 1024) };
  const rounds = [roundOf('opener'), roundOf('a'), large, roundOf('b')];
  const endings = await Promise.all(rounds.map((round) => ending(lane.aggregate(round))));
  expect(endings).toEqual(['opener', 'a', 'large', 'b'].map((id) => `outcome of ${id}`));
});

const TIMEOUT = expect.stringMatching(/^timeout: /);

describe('the deadline of a round is its own:', () => {
  test('rounds that hang in one call cost no other round of it its answer', async () => {
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), { ...ONE_CALL, laneTimeoutMs: 2000 });
    expect(await endingsInOneCall(lane, ['hang', 'hang', 'a', 'hang', 'b'])).toEqual([
      TIMEOUT,
      TIMEOUT,
      'outcome of a',
      TIMEOUT,
      'outcome of b',
    ]);
  });

  test('nor a round that waits behind that call', async () => {
    const options = { ...ONE_CALL, batchRounds: 3, laneTimeoutMs: 2000 };
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), options);
    expect(await endingsInOneCall(lane, ['a', 'hang', 'b', 'waits', 'waits too'])).toEqual([
      'outcome of a',
      TIMEOUT,
      'outcome of b',
      'outcome of waits',
      'outcome of waits too',
    ]);
  });

  test('waiting for a call counts', async () => {
    const options = { ...ONE_CALL, batchRounds: 1, laneTimeoutMs: 300 };
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), options);
    const ids = ['hang', 'hang', 'hang', 'a'];
    const endings = await Promise.all(ids.map((id) => ending(lane.aggregate(roundOf(id)))));
    expect(endings).toEqual([TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT]);
    expect(await ending(lane.aggregate(roundOf('later')))).toBe('outcome of later');
  });

  test('waiting for a process counts, in a call or behind one', async () => {
    const { lane } = sandbox.lane(sandbox.node(fixture('well-behaved')), { ...ONE_CALL, laneTimeoutMs: 100 });
    const endings = await Promise.all(
      ['in a call', 'waits'].map((id) => ending(lane.aggregate(roundOf(id)))),
    );
    const idle = 'unavailable: plugin unavailable: it is idle';
    expect(endings).toEqual([idle, idle]);
  });

  test('a round whose time is up does not end the wait of the one beside it', async () => {
    const { lane } = sandbox.lane(sandbox.node(fixture('well-behaved')), {
      ...ONE_CALL,
      laneTimeoutMs: 1500,
    });
    const opener = ending(lane.aggregate(roundOf('opener')));
    await delay(200);
    const early = ending(lane.aggregate(roundOf('early')));
    await delay(1000);
    const late = ending(lane.aggregate(roundOf('late')));
    const idle = 'unavailable: plugin unavailable: it is idle';
    expect(await Promise.all([opener, early])).toEqual([idle, idle]);
    await lane.start();
    expect(await late).toBe('outcome of late');
  });

  test('no timer outlives its round', async () => {
    const laneTimeoutMs = 599_999;
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), { ...ONE_CALL, laneTimeoutMs });
    const set = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const controller = new AbortController();
    const answered = ['a', 'b'].map((id) => ending(lane.aggregate(roundOf(id))));
    const givenUp = ending(lane.aggregate(roundOf('given up'), controller.signal));
    controller.abort();
    await Promise.all([...answered, givenUp]);
    const inFlight = ending(lane.aggregate(roundOf('hang')));
    const waiting = ending(lane.aggregate(roundOf('waits')));
    await lane.close();
    await Promise.all([inFlight, waiting]);
    const timers = set.mock.results
      .filter((_, index) => set.mock.calls[index]?.[1] === laneTimeoutMs)
      .map(({ value }) => value);
    const stopped = new Set(cleared.mock.calls.map(([timer]) => timer));
    vi.restoreAllMocks();
    expect(timers.length).toBeGreaterThanOrEqual(5);
    expect(timers.filter((timer) => !stopped.has(timer))).toEqual([]);
  });
});

describe('rounds that wait', () => {
  test('are refused beyond waitingRounds', async () => {
    const { lane } = await sandbox.started(fixture('well-behaved'), { ...ONE_CALL, waitingRounds: 2 });
    const ids = ['in flight', 'waits', 'waits too', 'one too many', 'and another'];
    expect(await Promise.all(ids.map((id) => ending(lane.aggregate(roundOf(id)))))).toEqual([
      'outcome of in flight',
      'outcome of waits',
      'outcome of waits too',
      'unavailable: 2 rounds wait already',
      'unavailable: 2 rounds wait already',
    ]);
    expect(await ending(lane.aggregate(roundOf('later')))).toBe('outcome of later');
  });

  test('are unavailable when the lane closes, as are those in flight', async () => {
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), {
      ...ONE_CALL,
      laneTimeoutMs: 600_000,
      exitTimeoutMs: 1000,
    });
    const inFlight = ending(lane.aggregate(roundOf('hang')));
    const waiting = ending(lane.aggregate(roundOf('a')));
    await lane.close();
    expect(await inFlight).toMatch(/^unavailable: the plugin's call failed: /);
    expect(await waiting).toBe('unavailable: the lane is closed');
    expect(await ending(lane.aggregate(roundOf('late')))).toBe(
      'unavailable: plugin unavailable: it is closed',
    );
  });
});

describe('an abort signal', () => {
  test('ends a round in flight as unavailable; with a time-out for a reason as timeout', async () => {
    const { lane } = await sandbox.started(fixture('hangs-on-hang'), { laneTimeoutMs: 600_000 });
    const givenUp = new AbortController();
    const timedOut = new AbortController();
    const endings = [givenUp, timedOut].map(({ signal }) => ending(lane.aggregate(roundOf('hang'), signal)));
    givenUp.abort();
    timedOut.abort(new DOMException('too slow', 'TimeoutError'));
    expect(await Promise.all(endings)).toEqual([
      'unavailable: the round was given up',
      'timeout: the round was given up',
    ]);
  });

  test('that is aborted already ends the round before it is sent', async () => {
    const { lane } = await sandbox.started(fixture('well-behaved'));
    const rejected = lane.aggregate(roundOf('a'), AbortSignal.abort());
    await expect(rejected).rejects.toEqual(new LaneError('unavailable', 'the round was given up'));
  });

  test('makes room where the round waited', async () => {
    const { lane } = await sandbox.started(fixture('well-behaved'), { ...ONE_CALL, waitingRounds: 1 });
    const controller = new AbortController();
    const first = ending(lane.aggregate(roundOf('in flight')));
    const second = ending(lane.aggregate(roundOf('waits'), controller.signal));
    controller.abort();
    const third = ending(lane.aggregate(roundOf('next')));
    expect(await Promise.all([first, second, third])).toEqual([
      'outcome of in flight',
      'unavailable: the round was given up',
      'outcome of next',
    ]);
  });

  test('keeps no listener once the round is settled', async () => {
    const { lane } = await sandbox.started(fixture('fails-on-fail'));
    const signal = new ListeningSignal();
    await ending(lane.aggregate(roundOf('a'), signal.signal));
    await ending(lane.aggregate(roundOf('fail'), signal.signal));
    expect(signal.listeners).toBe(0);
    expect(signal.added).toBe(2);
  });

  test('a round that was given up is not asked again when its call failed', async () => {
    const under = await sandbox.started(fixture('dies-on-the-second-hang'), {
      ...ONE_CALL,
      laneTimeoutMs: 1000,
    });
    const controller = new AbortController();
    const opener = ending(under.lane.aggregate(roundOf('opener')));
    const hang = ending(under.lane.aggregate(roundOf('hang'), controller.signal));
    const neighbour = ending(under.lane.aggregate(roundOf('neighbour')));
    await opener;
    controller.abort();
    expect(await hang).toBe('unavailable: the round was given up');
    expect(await neighbour).toBe('outcome of neighbour');
    expect(under.states.map(({ name }) => name)).toEqual(['launching', 'ready']);
  });
});

/** A signal that counts who listens to it. */
class ListeningSignal {
  readonly signal = new AbortController().signal;
  listeners = 0;
  added = 0;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      this.listeners++;
      this.added++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      this.listeners--;
      remove(...args);
    };
  }
}

describe('a plugin that is killed while rounds are in flight', () => {
  test('makes those unavailable; later ones are answered by the relaunched process', async () => {
    const under = await sandbox.started(fixture('dies-on-die'), ONE_CALL);
    const { lane, states } = under;
    const [opener, withIt, die, later] = [
      ending(lane.aggregate(roundOf('opener'))),
      ...['with it', 'die'].map((id) => ending(lane.aggregate(roundOf(id)))),
      untilState(under, 'unhealthy').then(() => ending(lane.aggregate(roundOf('later')))),
    ];
    expect(await opener).toBe('outcome of opener');
    expect(await withIt).toMatch(/^unavailable: the plugin's call failed: 14 UNAVAILABLE/);
    expect(await die).toMatch(/^unavailable: the plugin's call failed: 14 UNAVAILABLE/);
    expect(await later).toBe('outcome of later');
    expect(states.map(({ name }) => name)).toEqual(['launching', 'ready', 'unhealthy', 'launching', 'ready']);
  });

  test('fails no round that was still waiting', async () => {
    const { lane } = await sandbox.started(fixture('dies-on-die'), {
      ...ONE_CALL,
      batchRounds: 1,
      laneTimeoutMs: 20_000,
    });
    const ids = ['die', ...Array.from({ length: 40 }, (_, index) => `waiting ${String(index)}`)];
    const [die, ...waiting] = await Promise.all(ids.map((id) => ending(lane.aggregate(roundOf(id)))));
    expect(die).toMatch(/^unavailable/);
    expect(waiting).toEqual(ids.slice(1).map((id) => `outcome of ${id}`));
  });
});
