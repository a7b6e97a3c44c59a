import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/cli/serve/load.ts';
import { nearest } from '../../src/cli/serve/nearest.ts';
import { OPTION_ROWS } from '../../src/cli/serve/option-rows.ts';
import { configAsYaml } from '../../src/cli/serve/print.ts';
import type { ServeVariables } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import { FLAG_DEFAULTS } from '../../src/flags/defaults.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

function variablesOf(
  settings: Readonly<Record<string, string>> = {},
  secrets: Partial<ServeVariables> = {},
): ServeVariables {
  return {
    settings: new Map(Object.entries(settings)),
    token: undefined,
    unleashToken: undefined,
    ...secrets,
  };
}

/** Loads a file with that text. */
async function load(
  text: string,
  variables = variablesOf(),
): Promise<Awaited<ReturnType<typeof loadConfig>>> {
  const path = join(folder, 'serve.yaml');
  await writeFile(path, text);
  return loadConfig(path, variables);
}

/** Why it is refused, one reason each. */
async function refusals(text: string, variables = variablesOf()): Promise<readonly string[]> {
  const error: unknown = await load(text, variables).catch((cause: unknown) => cause);
  if (!(error instanceof AppError)) throw new Error(`expected a refusal, got ${JSON.stringify(error)}`);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(`${folder}/`, '').split('\n');
}

describe('without any configuration', () => {
  test('everything has its default', async () => {
    const { config, warnings } = await loadConfig(undefined, variablesOf());
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      http: {
        host: '127.0.0.1',
        port: 9470,
        bodyLimitBytes: 4_194_304,
        bodiesLimitBytes: 67_108_864,
        roundsPerSecond: 1000,
        roundsInFlight: 1000,
        connections: 512,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
        keepAliveTimeoutMs: 60_000,
      },
      loopp: { command: [], laneTimeoutMs: 2000, startTimeoutMs: 10_000 },
      comparison: { concurrency: 8, queueRounds: 1000, queueBytes: 67_108_864 },
      flags: { name: 'securemint.loopp', refreshMs: 1000, ageLimitMs: 30_000, pollTimeoutMs: 3000 },
      journal: { fileBytes: 268_435_456, files: 40 },
      sources: [],
      shutdownGraceMs: 10_000,
    });
  });

  test('the flag has the defaults of its source', async () => {
    const { flags } = (await loadConfig(undefined, variablesOf())).config;
    const { flagName, refreshMs, ageLimitMs, pollTimeoutMs } = FLAG_DEFAULTS;
    expect(flags).toEqual({ name: flagName, refreshMs, ageLimitMs, pollTimeoutMs });
  });

  test('an empty file and empty sections say nothing', async () => {
    const { config } = await loadConfig(undefined, variablesOf());
    expect((await load('')).config).toEqual(config);
    expect((await load('# later\nhttp:\nflags:\n')).config).toEqual(config);
  });
});

describe('a file', () => {
  test('says what counts', async () => {
    const { config } = await load(
      [
        'stage: off',
        'http: {port: 0, host: "::1"}',
        'loopp: {command: [node, other.js]}',
        'sources:',
        '  - {kind: follow, path: in, from: end}',
        '  - {kind: follow, path: more}',
        '  - kind: stdin',
      ].join('\n'),
    );
    expect(config.stage).toBe('off');
    expect(config.http).toMatchObject({ port: 0, host: '::1' });
    expect(config.loopp.command).toEqual(['node', 'other.js']);
    expect(config.sources).toEqual([
      { kind: 'follow', path: 'in', from: 'end' },
      { kind: 'follow', path: 'more', from: 'start' },
      { kind: 'stdin' },
    ]);
  });

  test.each([
    [
      'htpp:\n  port: 1',
      'serve.yaml:1: htpp: expected one of stage, http, loopp, comparison, flags, journal, sources, shutdownGraceMs, got "htpp": did you mean http?',
    ],
    [
      'http:\n  port: 1\n  prot: 1',
      'serve.yaml:3: http.prot: expected one of host, port, bodyLimitBytes, bodiesLimitBytes, roundsPerSecond, roundsInFlight, connections, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, got "prot": did you mean port?',
    ],
    [
      'port: 1',
      'serve.yaml:1: port: expected one of stage, http, loopp, comparison, flags, journal, sources, shutdownGraceMs, got "port": did you mean http.port?',
    ],
    [
      'http:\n  port: "9470"',
      'serve.yaml:2: http.port: expected a whole number from 0 to 65,535, got "9470"',
    ],
    [
      'http:\n\n  port: 65536',
      'serve.yaml:3: http.port: expected a whole number from 0 to 65,535, got 65536',
    ],
    ['http: {port: 1.5}', 'serve.yaml:1: http.port: expected a whole number from 0 to 65,535, got 1.5'],
    ['http: {port: }', 'serve.yaml:1: http.port: expected a whole number from 0 to 65,535, got nothing'],
    ['http: 9470', 'serve.yaml:1: http: expected a section with options, got 9470'],
    ['http: [1]', 'serve.yaml:1: http: expected a section with options, got [1]'],
    ['stage: shadows', 'serve.yaml:1: stage: expected one of off, shadow, live, complete, got "shadows"'],
    ['stage: no', 'serve.yaml:1: stage: expected one of off, shadow, live, complete, got "no"'],
    ['journal: {folder: ""}', 'serve.yaml:1: journal.folder: expected a path, got ""'],
    [
      'loopp: {command: node}',
      'serve.yaml:1: loopp.command: expected a list of texts: a program and its arguments, got "node"',
    ],
    ['loopp: {command: [node, 1]}', 'serve.yaml:1: loopp.command[1]: expected a text, got 1'],
    ['sources: in', 'serve.yaml:1: sources: expected a list of sources, got "in"'],
    ['sources:\n  - kind: tail', 'serve.yaml:2: sources[0].kind: expected one of follow, stdin, got "tail"'],
    ['sources:\n  - kind: follow', 'serve.yaml:2: sources[0].path: expected a value, got nothing'],
    [
      'sources:\n  - kind: follow\n    path: in\n    form: end',
      'serve.yaml:4: sources[0].form: expected one of kind, path, from, got "form": did you mean from?',
    ],
    [
      'http:\n  token: secret',
      'serve.yaml:2: http.token: expected no secret in a file, got one: it comes from the variable SECUREMINT_SHADOW_TOKEN',
    ],
    [
      'flags:\n  token: secret',
      'serve.yaml:2: flags.token: expected no secret in a file, got one: it comes from the variable UNLEASH_API_TOKEN',
    ],
    [
      'http: {bodyLimitBytes: 2000000, bodiesLimitBytes: 1048576}',
      'serve.yaml:1: http.bodiesLimitBytes: expected bodyLimitBytes or more, got 1048576',
    ],
    [
      'http: {requestTimeoutMs: 5000}',
      'serve.yaml:1: http.requestTimeoutMs: expected headersTimeoutMs or more, got 5000',
    ],
    [
      'flags: {url: "http://127.0.0.1:4242"}',
      'serve.yaml:1: flags.url: expected a client token in UNLEASH_API_TOKEN beside it, got nothing',
    ],
    ['- a list', 'serve.yaml: configuration: expected a section with options, got ["a list"]'],
    ['a text', 'serve.yaml: configuration: expected a section with options, got "a text"'],
  ])('%j is refused', async (text, reason) => {
    expect(await refusals(text)).toEqual([reason]);
  });

  test('is told everything that is wrong with it at once', async () => {
    expect(await refusals('http:\n  port: -1\ncomparison:\n  concurrency: 0\nstages: off')).toHaveLength(3);
  });

  test('is told where it is no YAML', async () => {
    expect(await refusals('http:\n  port: 1\n port: 2')).toEqual([
      expect.stringMatching(/^serve.yaml:3: expected YAML, got: /),
    ]);
    expect(await refusals('http: {}\nhttp: {}')).toEqual([
      'serve.yaml:2: expected YAML, got: Map keys must be unique',
    ]);
    const bomb = ['a: &a [1,1,1,1,1,1,1,1,1,1]'];
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed']) {
      bomb.push(
        `${String(name)}: &${String(name)} [${Array(10)
          .fill(`*${String(before)}`)
          .join(',')}]`,
      );
    }
    expect(await refusals(bomb.join('\n'))).toEqual([
      expect.stringMatching(/^serve.yaml: expected YAML, got: Excessive alias count/),
    ]);
  });

  test('that is not there is no configuration', async () => {
    await expect(loadConfig(join(folder, 'none.yaml'), variablesOf())).rejects.toThrow(
      'none.yaml: expected a configuration file, got no such file',
    );
    await expect(loadConfig(folder, variablesOf())).rejects.toThrow(
      'expected a configuration file, got EISDIR',
    );
  });

  test('that is too large is not read', async () => {
    expect(await refusals(`# ${'x'.repeat(1024 * 1024)}`)).toEqual([
      'serve.yaml: expected a configuration file of at most 1048576 bytes, got 1048578',
    ]);
  });
});

describe('the environment', () => {
  test('counts for more than the file', async () => {
    const { config } = await load(
      'http: {port: 1, host: ::1}\nstage: live',
      variablesOf({
        SECUREMINT_SHADOW_HTTP_PORT: '2',
        SECUREMINT_SHADOW_STAGE: 'off',
        SECUREMINT_SHADOW_JOURNAL: '12',
        SECUREMINT_SHADOW_LOOPP_COMMAND: '[node, other.js]',
        SECUREMINT_SHADOW_SHUTDOWN_GRACE_MS: '5',
      }),
    );
    expect(config.http).toMatchObject({ port: 2, host: '::1' });
    expect(config).toMatchObject({
      stage: 'off',
      journal: { folder: '12' },
      loopp: { command: ['node', 'other.js'] },
      shutdownGraceMs: 5,
    });
  });

  test.each([
    ['SECUREMINT_SHADOW_HTTP_PORT', 'x', 'http.port: expected a whole number from 0 to 65,535, got "x"'],
    ['SECUREMINT_SHADOW_STAGE', 'on', 'stage: expected one of off, shadow, live, complete, got "on"'],
    ['SECUREMINT_SHADOW_SOURCES', '[{kind: x}]', 'sources[0].kind: expected one of follow, stdin, got "x"'],
  ])('is named where it is wrong: %s', async (name, value, reason) => {
    expect(await refusals('', variablesOf({ [name]: value }))).toEqual([`${name}: ${reason}`]);
  });

  test('is told what is no YAML', async () => {
    const [reason] = await refusals('', variablesOf({ SECUREMINT_SHADOW_LOOPP_COMMAND: '[node' }));
    expect(reason).toMatch(/^SECUREMINT_SHADOW_LOOPP_COMMAND: expected a list of texts: .*, got: /);
  });

  test('names the flag server, for which there must be a token and no stage', async () => {
    const url = { UNLEASH_URL: 'http://127.0.0.1:4242/api/' };
    const { config } = await load('', variablesOf(url, { unleashToken: 'secret' }));
    expect(config.flags.url).toBe('http://127.0.0.1:4242');
    expect(await refusals('', variablesOf(url))).toEqual([
      'UNLEASH_URL: flags.url: expected a client token in UNLEASH_API_TOKEN beside it, got nothing',
    ]);
    expect(await refusals('stage: live', variablesOf(url, { unleashToken: 'secret' }))).toEqual([
      'serve.yaml:1: stage: expected nothing beside flags.url, whose flag names the stage, got live',
    ]);
    expect(await refusals('', variablesOf({ UNLEASH_URL: 'nowhere' }, { unleashToken: 'secret' }))).toEqual([
      'UNLEASH_URL: flags.url: expected an address such as http://127.0.0.1:4242, got "nowhere"',
    ]);
  });

  test('is told what is nearly a variable of ours, and nothing of others', async () => {
    const { warnings } = await load(
      '',
      variablesOf({
        SECUREMINT_SHADOW_HTTP_PROT: '1',
        SECUREMINT_SHADOW_TOKN: 'secret',
        SECUREMINT_SHADOW_PORT_9470_TCP_ADDR: '10.0.0.1',
      }),
    );
    expect(warnings).toEqual([
      'SECUREMINT_SHADOW_HTTP_PROT is nothing that serve knows: did you mean SECUREMINT_SHADOW_HTTP_PORT?',
      'SECUREMINT_SHADOW_TOKN is nothing that serve knows: did you mean SECUREMINT_SHADOW_TOKEN?',
    ]);
  });
});

describe('what is printed', () => {
  test('says the same when it is read again, and no secrets', async () => {
    const text = 'http: {port: 7}\nsources: [{kind: follow, path: in}]\njournal: {folder: out}';
    const { config } = await load(text);
    const printed = configAsYaml(config, variablesOf({}, { token: 'a secret' }));
    expect((await load(printed)).config).toEqual({ ...config, stage: 'off' });
    expect(printed).toContain('stage: off\n');
    expect(printed.split('\n').slice(-4)).toEqual([
      '# Secrets come from the environment alone.',
      '# SECUREMINT_SHADOW_TOKEN: ********',
      '# UNLEASH_API_TOKEN: not set',
      '',
    ]);
  });

  test('leaves the stage to the flag where there is one', async () => {
    const variables = variablesOf({ UNLEASH_URL: 'http://127.0.0.1:4242' }, { unleashToken: 'secret' });
    const { config } = await load('', variables);
    const printed = configAsYaml(config, variables);
    expect(printed).not.toMatch(/^stage|secret$/m);
    expect((await load(printed, variables)).config).toEqual(config);
  });
});

describe('options', () => {
  test('have a meaning, what is expected, and a variable of their own', () => {
    expect(OPTION_ROWS.length).toBeGreaterThan(25);
    for (const { path, meaning, expected, variable } of OPTION_ROWS) {
      expect([path, meaning]).toEqual([path, expect.stringMatching(/^[`A-Z].*\.$/)]);
      expect([path, expected]).toEqual([path, expect.stringMatching(/^(a|an|one|the|a list) ./)]);
      expect(variable).toMatch(/^(SECUREMINT_SHADOW_[A-Z_]+|UNLEASH_URL)$/);
    }
    expect(new Set(OPTION_ROWS.map(({ variable }) => variable)).size).toBe(OPTION_ROWS.length);
  });

  test('stand in docs/serve.md as they are', async () => {
    const lines = (await readFile('docs/serve.md', 'utf8')).split('\n');
    const start = lines.findIndex((line) => line.startsWith('| option '));
    const table = lines.slice(start + 2, lines.indexOf('', start)).map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(table).toEqual(
      OPTION_ROWS.map(({ path, meaning, fallback, expected, variable }) => [
        `\`${path.join('.')}\``,
        meaning,
        typeof fallback === 'string' || typeof fallback === 'number' ? String(fallback) : '-',
        expected,
        `\`${variable}\``,
      ]),
    );
  });

  test.each([
    ['prot', ['port', 'host'], 'port'],
    ['PORT', ['port'], 'port'],
    ['timeout', ['port', 'host'], undefined],
    ['x', ['y'], undefined],
    ['laneTimeout', ['startTimeoutMs', 'laneTimeoutMs'], 'laneTimeoutMs'],
  ])('that are nearly %s', (word, names, expected) => {
    expect(nearest(word, names)).toBe(expected);
  });
});
