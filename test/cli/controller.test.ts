import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allIn } from '../../src/flags/shares.ts';
import { TinyService, TinyUnleash } from '../flags/controller/tiny-servers.ts';
import { CommandLine, memberOf, parseJson, until } from '../helpers/cli.ts';
import type { Json, Running } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

const FAST_PLAN = `
recentWindowMs: 1000
maxLooppDownMs: 150
holdAfterRollBackMs: 600000
steps:
  - {stage: shadow, minDistinctRounds: 200, minTimeMs: 0, minParityLowerBound: 0.9, maxServedP99Ms: 250, maxPairedMeanMs: 50, maxLaneErrorRate: 0.01}
  - {stage: live, sharePercent: 1, minDistinctRounds: 200, minTimeMs: 0, minParityLowerBound: 0.9, maxLaneErrorRate: 0.01}
  - {stage: live, sharePercent: 50, minDistinctRounds: 200, minTimeMs: 0, minParityLowerBound: 0.9, maxLaneErrorRate: 0.01}
  - {stage: live, sharePercent: 100, minDistinctRounds: 200, minTimeMs: 0, minParityLowerBound: 0.9, maxLaneErrorRate: 0.01}
  - {stage: complete}
`;
const WORKFLOWS = Array.from({ length: 300 }, (_, index) => `workflow-${String(index)}`);
const live = (permille: number) => ({ ...allIn('shadow'), shadow: 1000 - permille, live: permille });

let cli: CommandLine;
let unleash: TinyUnleash;
let service: TinyService;
beforeEach(async () => {
  cli = await CommandLine.open();
  unleash = await TinyUnleash.open();
  service = await TinyService.open(unleash);
  service.changes = { workflows: WORKFLOWS };
  await cli.file('plan.yaml', FAST_PLAN);
});
afterEach(async () => {
  await cli.close();
  unleash.close();
  service.close();
});

const environment = (): Readonly<Record<string, string>> => ({
  UNLEASH_URL: unleash.url,
  UNLEASH_ADMIN_TOKEN: 'a-token',
});

const ARGS = ['controller', '--plan', 'plan.yaml', '--interval-ms', '20', '--json'] as const;

function start(...more: readonly string[]): Running {
  return cli.start([...ARGS, '--service', service.url, ...more], { env: environment() });
}

/** Decisions so far; the last line may not be whole. */
function turnsOf({ stdout }: Running): readonly Json[] {
  return stdout.split('\n').slice(0, -1).map(parseJson);
}

async function untilTurn(running: Running, what: (turn: Json) => boolean, from = 0): Promise<Json> {
  return until('a decision', () => turnsOf(running).slice(from).find(what));
}

async function end(running: Running): Promise<void> {
  running.child.kill('SIGTERM');
  expect((await running.ended).exitCode).toBe(0);
}

const reasonsOf = (turn: Json): readonly unknown[] =>
  (turn['because'] as readonly Json[]).map(({ reason }) => reason);

const audited = async (): Promise<readonly Json[]> =>
  cli.lines('securemint-shadow-out/controller/audit.jsonl');

describe.skipIf(!everything)('with --act', () => {
  test('goes on step by step to the end, and every act is in the log', async () => {
    const running = start('--act');
    await untilTurn(running, (turn) => reasonsOf(turn).includes('finished'));
    await end(running);
    expect(unleash.writes).toEqual([live(10), live(500), live(1000), allIn('complete')]);
    const lines = await audited();
    expect(lines.map(({ act, outcome }) => `${String(act)} ${String(outcome)}`)).toEqual(
      unleash.writes.flatMap(() => ['promote intended', 'promote done']),
    );
    expect(lines[0]).toMatchObject({
      place: { name: 'securemint.loopp', project: 'default', environment: 'development' },
      before: allIn('shadow'),
      after: live(10),
      because: ['proven: shadow is proven, on to live 1 %'],
    });
    const promoted = turnsOf(running).filter(({ acted }) => acted === 'done');
    expect(promoted.map(({ to }) => to)).toEqual(['live 1 %', 'live 50 %', 'live 100 %', 'complete']);
  });

  test('passes over steps that move nobody', async () => {
    // Its place is beyond 500 permille.
    service.changes = { workflows: ['workflow-2'] };
    const running = start('--act');
    const turn = await untilTurn(running, ({ decision }) => decision === 'promote');
    await end(running);
    expect([turn['to'], turn['skipped']]).toMatchInlineSnapshot(`
      [
        "live 100 %",
        [
          "live 1 %",
          "live 50 %",
        ],
      ]
    `);
    expect(reasonsOf(turn)).toEqual(['proven', 'steps skipped']);
  });

  test('goes back at once when the lanes disagree, and then holds, also after a restart', async () => {
    unleash.shares = live(500);
    service.growth = 10;
    const running = start('--act');
    await untilTurn(running, ({ decision }) => decision === 'inconclusive');
    service.changes = { ...service.changes, verdicts: { mismatch: 1 } };
    await untilTurn(running, ({ decision }) => decision === 'rollBack');
    expect(unleash.shares).toEqual(allIn('shadow'));
    service.growth = 1000;
    const held = await untilTurn(running, ({ decision }) => decision === 'hold');
    expect(reasonsOf(held)).toEqual(['after roll back']);
    await end(running);
    const again = start('--act');
    expect(reasonsOf(await untilTurn(again, ({ decision }) => decision === 'hold'))).toEqual([
      'after roll back',
    ]);
    await end(again);
    const forgiven = start('--act', '--forget-roll-backs');
    await untilTurn(forgiven, ({ decision }) => decision === 'promote');
    await end(forgiven);
    expect((await audited()).map(({ act }) => act).slice(0, 3)).toEqual([
      'rollBack',
      'rollBack',
      'forgetRollBacks',
    ]);
  });

  test('goes back when the plugin is away for long', async () => {
    unleash.shares = live(500);
    service.growth = 1;
    const running = start('--act');
    await untilTurn(running, () => true);
    service.changes = { ...service.changes, plugin: 'backingOff' };
    const back = await untilTurn(running, ({ decision }) => decision === 'rollBack');
    expect(reasonsOf(back)).toEqual(['loopp down']);
    await end(running);
    expect(unleash.shares).toEqual(allIn('shadow'));
  });

  test('leaves what a person has killed', async () => {
    unleash.enabled = false;
    const running = start('--act');
    expect(await untilTurn(running, () => true)).toMatchObject({ decision: 'hold', position: 'off' });
    await end(running);
    expect([unleash.enabled, unleash.writes]).toEqual([false, []]);
  });

  test('tries again when a write does not last', async () => {
    unleash.forgetful = true;
    const running = start('--act');
    await until('a second try', () => unleash.writes[1]);
    await end(running);
    expect((await audited())[1]).toMatchObject({
      outcome: 'failed',
      problem: 'read back: expected shadow 99 %, live 1 %, got shadow 100 %: somebody else changes it',
    });
    expect(running.stderr).toContain('error: the flag is not changed: read back: ');
  });

  test('ends when its lock is taken away', async () => {
    unleash.shares = live(500);
    service.growth = 1;
    const running = start('--act');
    await untilTurn(running, () => true);
    await cli.file('securemint-shadow-out/controller/lock', 'another');
    service.changes = { ...service.changes, contradicted: 1 };
    expect(await running.ended).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('expected to hold the lock still') as unknown,
    });
    expect(unleash.writes).toEqual([]);
  });
});

const series = (what: string, reason: string): string =>
  `securemint_shadow_controller_${what}{reason="${reason}"}`;

describe.skipIf(!everything)('without --act', () => {
  test('tells what it would do, on metrics too, and writes nothing', async () => {
    const running = start('--metrics-port', '0');
    await untilTurn(running, ({ decision }) => decision === 'promote');
    const samples = await running.metrics();
    expect(samples.get(series('would_promote', 'proven'))).toBe(1);
    expect(samples.get(series('would_roll_back', 'disagreements'))).toBe(0);
    expect(samples.get(series('would_roll_back', 'loopp down'))).toBe(0);
    expect(samples.get(series('holds', 'minimum time'))).toBe(0);
    expect(samples.get('securemint_shadow_controller_step')).toBe(0);
    expect(samples.get('securemint_shadow_controller_acting')).toBe(0);
    unleash.shares = live(500);
    const seen = turnsOf(running).length;
    await untilTurn(
      running,
      ({ position }) => position === 'shadow 50 %, live 50 %' || position === 'live 50 %',
      seen,
    );
    service.changes = { ...service.changes, verdicts: { onlyLooppFailed: 1 } };
    await untilTurn(running, ({ decision }) => decision === 'rollBack', seen);
    expect((await running.metrics()).get(series('would_roll_back', 'disagreements'))).toBe(1);
    await end(running);
    expect(unleash.writes).toEqual([]);
    expect(running.stderr).toContain('info: decisions are told, not written: no --act\n');
  });

  test('replayed inputs never promote', async () => {
    service.changes = { ...service.changes, distinct: 5000, verdicts: {} };
    const running = start();
    await until('many looks', () => turnsOf(running)[30]);
    await end(running);
    expect(turnsOf(running).every(({ decision }) => decision === 'inconclusive')).toBe(true);
  });

  test.each([
    ['a service that fails', () => (service.failing = 500), 'service unreachable', 'expected 200, got 500'],
    ['an Unleash that fails', () => (unleash.failing = 503), 'flag unknown', 'expected an answer, got 503'],
    [
      'an Unleash that takes no token',
      () => (unleash.failing = 401),
      'flag unknown',
      'UNLEASH_ADMIN_TOKEN: ',
    ],
  ])('%s: inconclusive, and it goes on', async (_, breakIt, reason, text) => {
    breakIt();
    const running = start();
    const turn = await untilTurn(running, () => true);
    expect(turn).toMatchObject({ decision: 'inconclusive' });
    expect(reasonsOf(turn)).toContain(reason);
    expect(JSON.stringify(turn)).toContain(text);
    service.failing = undefined;
    unleash.failing = undefined;
    await untilTurn(running, ({ decision }) => decision === 'promote');
    await end(running);
  });

  test.each<[what: string, breakIt: () => void, text: string]>([
    ['away', () => service.close(), 'ECONNREFUSED'],
    ['another program', () => (service.changes = { distinct: -1 }), 'distinct: expected >=0, got -1'],
    ['hung', () => (service.hangs = true), 'expected an answer within 2000 ms, got none'],
  ])('a service that is %s says nothing', async (_, breakIt, text) => {
    breakIt();
    const { exitCode, stdout } = await start('--once').ended;
    expect(exitCode).toBe(1);
    expect(reasonsOf(parseJson(stdout))).toContain('service unreachable');
    expect(stdout).toContain(text);
  });
});

describe('--once', () => {
  test('decides once, from what grew between two looks', async () => {
    service.growth = 500;
    const { exitCode, stdout, stderr } = await start('--once').ended;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'info: decisions are told, not written: no --act\n',
    });
    const turn = parseJson(stdout);
    expect(turn).toMatchObject({
      position: 'shadow',
      step: 0,
      decision: 'promote',
      to: 'live 1 %',
      act: false,
    });
    const [seen] = turn['services'] as readonly Json[];
    expect(memberOf(seen, 'proof')).toMatchObject({ distinct: 500, compared: 500, pairedMeanMs: 1 });
  });

  test('in words', async () => {
    service.growth = 0;
    const args = [...ARGS.slice(0, -1), '--once', '--service', service.url];
    const { exitCode, stdout } = await cli.run(args, { env: environment() });
    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(service.url, 'URL').replace(/^\S+/, 'TIME')).toMatchInlineSnapshot(`
      "TIME shadow: inconclusive: too few distinct rounds (URL: expected at least 200 distinct rounds, got 0); no paired difference (URL: expected rounds with answers of both lanes, got none); too few rounds in stage (expected at least 1 rounds in shadow, got 0); no served latency (expected rounds over HTTP that legacy served, got none); parity bound (URL: expected a lower bound of at least 0.9, got no comparison)
      "
    `);
  });
});

describe('one at a time', () => {
  test('a second one is told who is there', async () => {
    const running = start();
    await untilTurn(running, () => true);
    const second = start();
    expect(await second.ended).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(
        `got another that runs in process ${String(running.child.pid)} on `,
      ) as unknown,
    });
    await end(running);
  });

  test('what a killed one has left is taken over', async () => {
    const running = start();
    await untilTurn(running, () => true);
    running.child.kill('SIGKILL');
    await running.ended;
    const next = start();
    await untilTurn(next, () => true);
    await end(next);
  });

  test('Ctrl-C ends it cleanly, also while it waits for a service', async () => {
    service.hangs = true;
    const running = start();
    await untilTurn(running, () => true);
    running.child.kill('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
    service.hangs = false;
    const next = start();
    await untilTurn(next, () => true);
    await end(next);
  });
});

describe('refused', () => {
  test.each([
    [['controller'], '--service: expected the address of each service, got none'],
    [
      ['controller', '--service', 'nowhere'],
      '--service: expected an address such as http://127.0.0.1:9470, got "nowhere"',
    ],
    [
      ['controller', '--service', 'http://127.0.0.1:1', '--plan', 'missing.yaml'],
      'missing.yaml: expected a configuration file, got no such file',
    ],
    [
      ['controller', '--service', 'http://127.0.0.1:1', '--interval-ms', '1'],
      '--interval-ms: expected a whole number from 10 to 3,600,000, got "1"',
    ],
  ])('%j', async (args, message) => {
    expect(await cli.run(args, { env: environment() })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `securemint-shadow: ${message}\n`,
    });
  });

  test('without a token', async () => {
    const args = ['controller', '--service', service.url];
    expect(await cli.run(args, { env: { UNLEASH_URL: unleash.url } })).toMatchObject({
      exitCode: 2,
      stderr: 'securemint-shadow: UNLEASH_ADMIN_TOKEN: expected a token for the admin API, got none\n',
    });
  });
});

test('--print-plan prints a plan that --plan takes', async () => {
  const printed = await cli.run(['controller', '--print-plan']);
  await cli.file('printed.yaml', printed.stdout);
  expect(await cli.run(['controller', '--print-plan', '--plan', 'printed.yaml'])).toEqual(printed);
});
