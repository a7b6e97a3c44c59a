import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FlagState, PollingState } from '../../src/contract/decision.ts';
import { FLAG_DEFAULTS } from '../../src/flags/defaults.ts';
import { allIn, shareLive } from '../../src/flags/shares.ts';
import { UnleashSource } from '../../src/flags/unleash-source.ts';
import type { UnleashOptions } from '../../src/flags/unleash-source.ts';
import { textLog } from '../../src/log.ts';
import { until } from '../helpers/cli.ts';
import { FLAG, flagOf, flagWith, strategyWith, variantsOf } from './builders.ts';
import { ClientApi } from './client-api.ts';
import type { Answer } from './client-api.ts';

const TOKEN = 'default:development.0123456789abcdef';
/** Polls often; no limit is over within a test, however busy the machine is. */
const PATIENT = { refreshMs: 10, ageLimitMs: 600_000, pollTimeoutMs: 600_000 };
/** For answers that do not come. */
const POLL_TIMEOUT_MS = 1000;
/** For flags that become too old. */
const AGE_LIMIT_MS = 400;

const LIVE: Answer = { kind: 'flags', flags: [flagOf(allIn('live'))] };
const OFF = expect.objectContaining({ stage: 'off' }) as unknown;

let api: ClientApi;
let folder: string;
let logged: string[];
let sources: UnleashSource[];

beforeEach(async () => {
  api = await ClientApi.open();
  folder = await mkdtemp(join(tmpdir(), 'sms-flags-'));
  logged = [];
  sources = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(sources.map((source) => source.close()));
  await api.close();
  await rm(folder, { recursive: true });
  expect(logged.join('')).not.toContain(TOKEN);
});

async function open(options: Partial<UnleashOptions> = {}): Promise<UnleashSource> {
  const source = await UnleashSource.open({
    ...FLAG_DEFAULTS,
    ...PATIENT,
    address: api.address,
    token: TOKEN,
    log: textLog((line) => logged.push(line), 'debug'),
    ...options,
  });
  sources.push(source);
  return source;
}

async function untilPolling(source: UnleashSource, polling: PollingState): Promise<FlagState> {
  return until(`a source that is ${polling}`, () => {
    const state = source.state();
    return state.polling === polling ? state : undefined;
  });
}

describe('a flag that was read', () => {
  test('decides, with its age', async () => {
    api.answer = LIVE;
    const source = await open();
    const { stage, reason, flagAgeMs } = source.decide('workflow');
    expect({ stage, reason }).toEqual({ stage: 'live', reason: 'variant' });
    expect(flagAgeMs).toBeGreaterThanOrEqual(0);
    expect(source.state()).toEqual({
      kind: 'unleash',
      name: FLAG,
      polling: 'ready',
      flagAgeMs: expect.any(Number) as unknown,
      problem: undefined,
      enabled: true,
      shares: allIn('live'),
      revision: expect.stringMatching(/^[0-9a-f]{12}$/) as unknown,
    });
    expect(api.path).toBe('/api/client/features');
    expect(api.headers).toMatchObject({ authorization: TOKEN });
  });

  test('shares workflows out, each always in the same stage', async () => {
    api.answer = { kind: 'flags', flags: [flagOf(shareLive(allIn('shadow'), 500))] };
    const source = await open();
    const workflows = Array.from({ length: 100 }, (_, index) => `workflow ${String(index)}`);
    const stages = workflows.map((workflow) => source.decide(workflow).stage);
    expect(new Set(stages)).toEqual(new Set(['live', 'shadow']));
    expect(workflows.map((workflow) => source.decide(workflow).stage)).toEqual(stages);
  });

  test.each([
    ['switched off', flagWith({ enabled: false }), 'disabled'],
    ['of another name', { ...flagOf(allIn('live')), name: 'other' }, 'disabled'],
    [
      'of which the workflow is no part',
      flagWith({ strategies: [strategyWith({ name: 'userWithId', parameters: { userIds: 'other' } })] }),
      'disabled',
    ],
    ['without variants', flagWith({}), 'no stage'],
    [
      'with a variant that names no stage',
      flagWith({ strategies: [strategyWith({ variants: variantsOf({ canary: 1000 }) })] }),
      'no stage',
    ],
    [
      'with weights that do not add up',
      flagWith({ strategies: [strategyWith({ variants: variantsOf({ live: 999 }) })] }),
      'no stage',
    ],
    [
      'that draws at random',
      flagWith({ strategies: [strategyWith({ variants: variantsOf({ live: 1000 }, 'random') })] }),
      'no stage',
    ],
    ['that depends on a malformed one', flagWith({ dependencies: [null] }), 'no stage'],
  ])('%s: off', async (_, flag, reason) => {
    api.answer = { kind: 'flags', flags: [flag] };
    const source = await open();
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason });
    expect(source.state().polling).toBe('ready');
  });

  test('with conditions of its own is decided by them', async () => {
    const constraints = [{ contextName: 'userId', operator: 'IN', values: ['chosen'], inverted: false }];
    const variants = variantsOf({ live: 1000 });
    api.answer = {
      kind: 'flags',
      flags: [flagWith({ strategies: [strategyWith({ constraints, variants })] })],
    };
    const source = await open();
    expect(source.decide('chosen')).toMatchObject({ stage: 'live', reason: 'variant' });
    expect(source.decide('other')).toMatchObject({ stage: 'off', reason: 'disabled' });
    expect(source.state()).toMatchObject({ polling: 'ready', shares: undefined, problem: undefined });
    expect(logged).toEqual([
      expect.stringMatching(
        /^info: flag securemint.loopp: by conditions of its own \(revision [0-9a-f]{12}\)\n$/,
      ),
    ]);
  });

  test('follows the server, and says in the log what it saw', async () => {
    api.answer = LIVE;
    const source = await open();
    api.answer = { kind: 'flags', flags: [flagOf(shareLive(allIn('shadow'), 50))] };
    await until('the other shares', () => (source.state().shares?.live === 50 ? true : undefined));
    api.answer = { kind: 'flags', flags: [] };
    await until('no flag', () => (source.state().enabled === false ? true : undefined));
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason: 'disabled' });
    expect(logged.map((line) => line.replace(/[0-9a-f]{12}/, 'REVISION'))).toEqual([
      'info: flag securemint.loopp: live 100 % (revision REVISION)\n',
      'info: flag securemint.loopp: shadow 95 %, live 5 % (revision REVISION)\n',
      'info: flag securemint.loopp: off 100 % (revision none)\n',
      'warn: flag securemint.loopp: expected it where the token reads flags, got none of that name: every workflow is off\n',
    ]);
  });

  test('stays young while the server says that nothing has changed', async () => {
    api.answer = LIVE;
    const source = await open();
    const openedMs = performance.now();
    await until('more polls', () => (api.requests > 5 ? true : undefined));
    expect(api.headers['if-none-match']).toBeDefined();
    // Older than the source it would be, had only the first poll counted.
    const { flagAgeMs } = source.decide('workflow');
    expect(flagAgeMs).toBeLessThan(performance.now() - openedMs);
  });
});

const refusal = (status: number): Answer => ({
  kind: 'status',
  status,
  body: JSON.stringify({ message: `no: ${TOKEN}` }),
});

const TROUBLES: readonly (readonly [string, Answer, RegExp])[] = [
  ['404', { kind: 'status', status: 404 }, /features: expected 200 or 304, got 404$/],
  ['500', { kind: 'status', status: 500, body: 'oops' }, /expected 200 or 304, got 500$/],
  ['503 with words', refusal(503), /expected 200 or 304, got 503 \(no: \(token\)\)$/],
  ['a redirection', { kind: 'status', status: 302 }, /expected 200 or 304, got 302$/],
  ['304 at once', { kind: 'status', status: 304 }, /expected flags, got 304 at once$/],
  ['silence', { kind: 'hang' }, /expected an answer within 1000 ms, got none$/],
  ['half an answer', { kind: 'half' }, /expected an answer within 1000 ms, got none$/],
  ['an answer without an end', { kind: 'endless' }, /expected an answer, got more than 16777216 bytes$/],
  ['a cut connection', { kind: 'cut' }, /expected an answer, got (?:other side closed|read ECONNRESET)$/],
  [
    'garbage',
    { kind: 'body', body: '{"features":' },
    /expected JSON, got 12 characters of application\/json$/,
  ],
  ['nothing', { kind: 'body', body: '' }, /expected JSON, got 0 characters of application\/json$/],
  [
    'a page',
    { kind: 'body', body: '<html></html>', contentType: 'text/html' },
    /expected JSON, got 13 characters of text\/html$/,
  ],
  ['other JSON', { kind: 'body', body: '[]' }, /\/features: features: expected it to be there, got nothing$/],
  ['null', { kind: 'body', body: 'null' }, /\/features: body: expected Object, got null$/],
  [
    'a flag without a name',
    { kind: 'body', body: '{"features":[{}]}' },
    /features\.0\.name: expected it to be there, got nothing$/,
  ],
  [
    'a malformed flag',
    { kind: 'flags', flags: [flagWith({ enabled: 'yes' })] },
    /^flag securemint\.loopp: enabled: expected boolean, got "yes"$/,
  ],
  [
    'deep JSON',
    { kind: 'body', body: `{"features":${'['.repeat(100_000)}${']'.repeat(100_000)}}` },
    /features\.0\.name: expected it to be there, got nothing$/,
  ],
];

/** The limit on a poll for those that need one. */
function limitFor(answer: Answer): Partial<UnleashOptions> {
  const isSlow = answer.kind === 'hang' || answer.kind === 'half';
  return isSlow ? { pollTimeoutMs: POLL_TIMEOUT_MS } : {};
}

describe('off from the start, and live once the server is well', () => {
  test.each(TROUBLES)('after %s', async (_, answer, problem) => {
    api.answer = answer;
    const source = await open(limitFor(answer));
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'never read', flagAgeMs: undefined });
    expect(source.state()).toMatchObject({ polling: 'waiting', enabled: undefined, shares: undefined });
    expect(source.state().problem).toMatch(problem);
    expect(logged).toHaveLength(1);
    api.answer = LIVE;
    expect(await untilPolling(source, 'ready')).toMatchObject({ problem: undefined, shares: allIn('live') });
    expect(source.decide('workflow')).toMatchObject({ stage: 'live', reason: 'variant' });
  });

  test('without a server', async () => {
    await api.close();
    const source = await open();
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'never read', flagAgeMs: undefined });
    expect(source.state().problem).toMatch(
      /: expected an answer, got connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    );
    api.answer = LIVE;
    await api.listen();
    await untilPolling(source, 'ready');
    expect(source.decide('workflow')).toMatchObject({ stage: 'live' });
  });
});

/** One of each kind: nothing to read, nothing in time, something else. */
const SOME = new Set(['404', '500', 'silence', 'a cut connection', 'garbage', 'a malformed flag']);

describe('live until the limit, then off, and live again without a restart', () => {
  test.each(TROUBLES.filter(([name]) => SOME.has(name)))('through %s', async (_, answer, problem) => {
    api.answer = LIVE;
    const source = await open({ ageLimitMs: AGE_LIMIT_MS, ...limitFor(answer) });
    await untilPolling(source, 'ready');
    expect(source.decide('workflow')).toMatchObject({ stage: 'live' });
    api.answer = answer;
    await untilPolling(source, 'stale');
    expect(await until('a problem', () => source.state().problem)).toMatch(problem);
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason: 'stale' });
    expect(source.decide('workflow').flagAgeMs).toBeGreaterThanOrEqual(AGE_LIMIT_MS);
    api.answer = LIVE;
    await untilPolling(source, 'ready');
    expect(source.decide('workflow')).toMatchObject({ stage: 'live', reason: 'variant' });
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    expect(logged.at(-1)).toBe('info: the flag server answers again\n');
  });

  test('holds while polls fail within the limit', async () => {
    api.answer = LIVE;
    const source = await open();
    api.answer = { kind: 'status', status: 500 };
    expect(await untilPolling(source, 'failing')).toMatchObject({ enabled: true, shares: allIn('live') });
    expect(source.decide('workflow')).toMatchObject({ stage: 'live', reason: 'variant' });
  });
});

describe('off at once when the token is refused', () => {
  test.each([401, 403])('with %i, and live again without a restart', async (status) => {
    api.answer = LIVE;
    const source = await open();
    api.answer = refusal(status);
    const { problem } = await untilPolling(source, 'refused');
    expect(problem).toBe(
      `UNLEASH_API_TOKEN: expected a client token that Unleash takes, got ${String(status)} (no: (token))`,
    );
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason: 'refused' });
    api.answer = LIVE;
    await untilPolling(source, 'ready');
    expect(source.decide('workflow')).toMatchObject({ stage: 'live', reason: 'variant' });
  });

  test('also from the start', async () => {
    api.answer = refusal(401);
    const source = await open();
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'refused', flagAgeMs: undefined });
  });
});

test("setting the machine's clock makes no flag older or younger", async () => {
  api.answer = LIVE;
  const source = await open({ ageLimitMs: 60_000 });
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'] });
  for (const years of [1, -1]) {
    vi.setSystemTime(now + years * 365 * 86_400_000);
    expect(source.decide('workflow')).toMatchObject({ stage: 'live' });
    expect(source.decide('workflow').flagAgeMs).toBeLessThan(60_000);
  }
});

describe('polls', () => {
  test('become fewer while they fail, and are many again at once', async () => {
    api.answer = { kind: 'status', status: 500 };
    const source = await open({ refreshMs: 20 });
    // 20, 40, 80, 160, ... ms: a steady 20 ms would have made about 40.
    await sleep(800);
    expect(api.requests).toBeLessThan(10);
    api.answer = LIVE;
    await untilPolling(source, 'ready');
    const { requests } = api;
    await until('steady polls', () => (api.requests > requests + 10 ? true : undefined));
  });

  test('end with the source, also one that hangs', async () => {
    api.answer = LIVE;
    const source = await open({ pollTimeoutMs: 600_000 });
    api.answer = { kind: 'hang' };
    const { requests } = api;
    await until('a poll that hangs', () => (api.requests > requests ? true : undefined));
    await source.close();
    expect(source.state().polling).toBe('closed');
    const after = api.requests;
    await sleep(50);
    expect(api.requests).toBe(after);
  });
});

/** A file in the folder of the test; answers its path. */
async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('files in the place of a server that has not answered yet', () => {
  const live = JSON.stringify({ version: 2, features: [flagOf(allIn('live'))] });
  const shadow = JSON.stringify({ version: 2, features: [flagOf(allIn('shadow'))] });
  beforeEach(() => {
    api.answer = { kind: 'status', status: 500 };
  });

  test('a bootstrap file counts until the limit', async () => {
    const source = await open({ ageLimitMs: 2000, bootstrapFile: await file('bootstrap.json', live) });
    expect(source.decide('workflow')).toEqual({ stage: 'live', reason: 'variant', flagAgeMs: undefined });
    expect(source.state()).toMatchObject({ polling: 'waiting', shares: allIn('live') });
    await untilPolling(source, 'stale');
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'stale', flagAgeMs: undefined });
  });

  test('the server counts for more', async () => {
    api.answer = { kind: 'flags', flags: [flagOf(allIn('shadow'))] };
    const source = await open({ bootstrapFile: await file('bootstrap.json', live) });
    expect(source.decide('workflow').stage).toBe('shadow');
  });

  test('a refused token counts for more', async () => {
    api.answer = refusal(401);
    const source = await open({ bootstrapFile: await file('bootstrap.json', live) });
    expect(source.decide('workflow')).toEqual({ stage: 'off', reason: 'refused', flagAgeMs: undefined });
  });

  test.each([
    ['{', /bootstrap\.json: expected JSON, got /],
    ['{}', /bootstrap\.json: features: expected it to be there, got nothing$/],
    [
      JSON.stringify({ features: [flagWith({ enabled: 1 })] }),
      /bootstrap\.json: flag securemint\.loopp: enabled: expected boolean, got 1$/,
    ],
  ])('a bootstrap file that is none: %s', async (content, message) => {
    await expect(open({ bootstrapFile: await file('bootstrap.json', content) })).rejects.toThrow(message);
  });

  test('a bootstrap file that is not there', async () => {
    await expect(open({ bootstrapFile: join(folder, 'none.json') })).rejects.toThrow(
      /none\.json: expected a file with flags, got ENOENT: /,
    );
  });

  test('the last known flags are kept and counted for the next start', async () => {
    const stateFile = join(folder, 'state.json');
    api.answer = LIVE;
    const first = await open({ stateFile });
    await first.close();
    expect(JSON.parse(await readFile(stateFile, 'utf8'))).toEqual(JSON.parse(live));
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
    expect(logged).toHaveLength(1);
    api.answer = { kind: 'status', status: 500 };
    const bootstrapFile = await file('bootstrap.json', shadow);
    const second = await open({ stateFile, bootstrapFile });
    expect(second.decide('workflow')).toEqual({ stage: 'live', reason: 'variant', flagAgeMs: undefined });
  });

  test('broken last known flags are left aside', async () => {
    const stateFile = await file('state.json', '{"features":');
    const source = await open({ stateFile, bootstrapFile: await file('bootstrap.json', shadow) });
    expect(source.decide('workflow').stage).toBe('shadow');
    expect(logged[0]).toMatch(
      /^warn: the last known flags are left aside: \S+state\.json: expected JSON, got /,
    );
  });

  test('a folder that cannot be written is no reason to stop', async () => {
    const stateFile = join(folder, 'none', 'state.json');
    api.answer = LIVE;
    const source = await open({ stateFile });
    expect(source.decide('workflow').stage).toBe('live');
    expect(logged.at(-1)).toMatch(/state\.json: expected to keep the flags there, got ENOENT: /);
  });

  test('nothing is written and nothing read without them', async () => {
    api.answer = LIVE;
    const source = await open();
    expect(source.decide('workflow').stage).toBe('live');
    await source.close();
    api.answer = { kind: 'status', status: 500 };
    expect((await open()).decide('workflow')).toEqual(OFF);
  });
});
