import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostOptions } from '../../../loopp/host/options.ts';
import { inWords } from '../../../loopp/host/supervisor.ts';
import { Sandbox, ending, fixture, refusal, roundOf, untilState } from './sandbox.ts';
import type { LaneUnderTest } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
// Closes the lanes and expects that no process, socket or folder of any launch is left.
afterEach(() => sandbox.end());

const started = (name: string, options: Partial<HostOptions> = {}): Promise<LaneUnderTest> =>
  sandbox.started(fixture(name), { laneTimeoutMs: 20_000, ...options });

const ask = ({ lane }: LaneUnderTest, id: string): Promise<string> => ending(lane.aggregate(roundOf(id)));

const names = ({ states }: LaneUnderTest): readonly string[] => states.map(({ name }) => name);

const UNTOUCHED = ['launching', 'ready'];

async function whyRefused(name: string, options: Partial<HostOptions> = {}): Promise<string> {
  const { lane } = sandbox.lane(sandbox.node(fixture(name)), options);
  const { message } = await refusal(lane.start());
  await sandbox.expectNothingLeft();
  return message.split(' could not be started: ').at(-1) ?? '';
}

describe('at the start', () => {
  test('a slow handshake is waited for', async () => {
    const under = await started('slow-handshake', { startTimeoutMs: 20_000 });
    expect(await ask(under, 'a')).toBe('outcome of a');
  });

  test('a handshake that is slower than the limit is not', async () => {
    expect(await whyRefused('slow-handshake', { startTimeoutMs: 300 })).toBe(
      'timeout while waiting for plugin to start (no handshake within 300 ms)',
    );
  });

  test.each([
    ['exits-zero', 'plugin exited before we could connect: exit code 0'],
    ['exits-one', 'plugin exited before we could connect: exit code 1'],
    ['dies-after-handshake', expect.stringMatching(/^14 UNAVAILABLE: /)],
    ['refuses-connections', expect.stringMatching(/^14 UNAVAILABLE: .*connect ECONNREFUSED /)],
    ['drops-connections', expect.stringMatching(/^14 UNAVAILABLE: /)],
    ['half-closes', expect.stringMatching(/^14 UNAVAILABLE: /)],
  ])('%s', async (name, text) => {
    expect(await whyRefused(name)).toEqual(text);
  });
});

describe('with its answers', () => {
  test('answers-late: the round times out, the late answer goes nowhere, the plugin keeps running', async () => {
    const under = await started('answers-late', { laneTimeoutMs: 200, batchRounds: 1 });
    expect(await ask(under, 'late')).toMatch(/^timeout: the plugin's call failed: 4 DEADLINE_EXCEEDED/);
    for (const id of ['a', 'b', 'c']) expect(await ask(under, id)).toBe(`outcome of ${id}`);
    // Long enough for the late answer to come.
    const later = await started('slow-handshake');
    expect(await ask(later, 'd')).toBe('outcome of d');
    expect(await ask(under, 'e')).toBe('outcome of e');
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('loses-a-result: only the round whose result is lost fails', async () => {
    const under = await started('loses-a-result', { callsInFlight: 1 });
    const endings = await Promise.all(['opener', 'a', 'lost', 'b'].map((id) => ask(under, id)));
    expect(endings).toEqual([
      'outcome of opener',
      'outcome of a',
      'protocol: expected 1 results from the plugin, got 0',
      'outcome of b',
    ]);
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('truncates-protobuf: only the round whose bytes are cut fails', async () => {
    const under = await started('truncates-protobuf', { callsInFlight: 1 });
    const endings = await Promise.all(['opener', 'a', 'cut', 'b'].map((id) => ask(under, id)));
    expect(endings).toEqual([
      'outcome of opener',
      'outcome of a',
      expect.stringMatching(
        /^protocol: the plugin's call failed: 13 INTERNAL: Response message parsing error: /,
      ),
      'outcome of b',
    ]);
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('answers-fifty-megabytes: refused before it is held', async () => {
    const under = await started('answers-fifty-megabytes');
    const growth = await growthDuring(async () => {
      expect(await ask(under, 'large')).toMatch(
        /^protocol: the plugin's call failed: 8 RESOURCE_EXHAUSTED: Received message larger than max/,
      );
    });
    expect(growth).toBeLessThan(40 * MIB);
    expect(await ask(under, 'a')).toBe('outcome of a');
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('answers-unavailable: an error of the application looks like a dead plugin, which is killed and launched again', async () => {
    const under = await started('answers-unavailable');
    expect(await ask(under, 'no')).toBe(
      "unavailable: the plugin's call failed: 14 UNAVAILABLE: the reserve is unavailable",
    );
    expect(inWords(await untilState(under, 'unhealthy'))).toBe(
      "plugin process exited: signal SIGKILL (the plugin's call failed: 14 UNAVAILABLE: the reserve is unavailable)",
    );
    // The next process answers; when it does the same, launches back off.
    expect(await ask(under, 'a')).toBe('outcome of a');
    expect(await ask(under, 'no')).toMatch(/^unavailable: /);
    expect(await untilState(under, 'backingOff')).toMatchObject({ name: 'backingOff' });
    expect(await ask(under, 'b')).toBe('outcome of b');
  });
});

describe('with its connections', () => {
  test('announces-twice: the first announcement counts', async () => {
    const under = await started('announces-twice');
    expect(await ask(under, 'a')).toBe('outcome of a');
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('half-closes-later: it is launched again, and rounds go to the next process', async () => {
    const under = await started('half-closes-later', { pingIntervalMs: 20, pingTimeoutMs: 1000 });
    expect(inWords(await untilState(under, 'unhealthy'))).toMatch(
      /^health check failed: (14 UNAVAILABLE|4 DEAD)/,
    );
    await untilState(under, 'ready', 3);
    expect(await ask(under, 'a')).toBe('outcome of a');
  });

  test('ignores-everything: answers Shutdown, stays, ignores every signal that it can; it is killed', async () => {
    const under = await started('ignores-everything', { exitTimeoutMs: 200 });
    const ready = await untilState(under, 'ready');
    await under.lane.close();
    expect(ready.name === 'ready' && (await ready.plugin.exited)).toBe('signal SIGKILL');
  });
});

describe('with what it prints', () => {
  interface Line {
    readonly level: string;
    readonly message: string;
  }

  test('floods-stderr: a hundred megabytes without a line feed go through in pieces', async () => {
    let pieces = 0;
    let characters = 0;
    let longest = 0;
    const under = await started('floods-stderr', {
      onLog: (level, message) => {
        expect(level).toBe('debug');
        pieces++;
        characters += message.length;
        longest = Math.max(longest, message.length);
      },
    });
    const growth = await growthDuring(async () => {
      expect(await ask(under, 'flood')).toBe('outcome of flood');
      await vi.waitFor(() => expect(characters).toBe(100 * MIB), { timeout: 20_000 });
    });
    expect({ pieces, longest }).toEqual({ pieces: 1600, longest: 64 * 1024 });
    expect(growth).toBeLessThan(64 * MIB);
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('floods-stdout: a hundred megabytes after the handshake are read and dropped', async () => {
    const under = await started('floods-stdout');
    const growth = await growthDuring(async () => {
      expect(await ask(under, 'flood')).toBe('outcome of flood');
    });
    expect(growth).toBeLessThan(64 * MIB);
    expect(names(under)).toEqual(UNTOUCHED);
  });

  test('odd-log-lines: those that would bring a Go host down are shown as they are', async () => {
    const lines: (Line & { readonly fields: unknown })[] = [];
    const under = await started('odd-log-lines', {
      onLog: (level, message, fields = {}) => lines.push({ level, message, fields }),
    });
    expect(await ask(under, 'a')).toBe('outcome of a');
    await under.lane.close();
    expect(lines).toEqual([
      { level: 'debug', message: '{"@level":30,"@message":"a number for a level"}', fields: {} },
      { level: 'debug', message: '{"@level":"info","@message":{"an":"object"}}', fields: {} },
      {
        level: 'debug',
        message: '{"@level":"info","@message":"a number for a time","@timestamp":1772000000}',
        fields: {},
      },
      {
        level: 'warn',
        message: 'as it should be',
        fields: { count: 3, timestamp: '2026-03-01T12:00:00.123456Z' },
      },
      { level: 'error', message: '[ERROR] with a tag', fields: {} },
      { level: 'warn', message: '[WARN] \u001b[2Jwipes the screen', fields: {} },
      { level: 'debug', message: 'plain \u2717', fields: {} },
      { level: 'debug', message: 'not even a line feed', fields: {} },
    ]);
  });
});

const MIB = 1024 * 1024;

/** By how much this process, which is the host, was larger than before at the worst of it. Bytes. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  return Math.max(most, process.memoryUsage.rss()) - before;
}
