import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StageShares } from '../../src/contract/decision.ts';
import { allIn, sharesOf } from '../../src/flags/shares.ts';
import { FLAG } from '../flags/builders.ts';
import { TinyUnleash } from '../flags/controller/tiny-servers.ts';
import { Rollout } from '../flags/rollout.ts';
import { CommandLine, PROGRAM, bundledLines, changed, parseJson, until } from '../helpers/cli.ts';
import type { Json, Running } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { Served } from './served.ts';

const TIMEOUT_MS = 120_000;

const CONDITIONS =
  'minDistinctRounds: 40, minTimeMs: 300, minParityLowerBound: 0.9, maxServedP99Ms: 5000, maxPairedMeanMs: 5000, maxLaneErrorRate: 0';
/** Nothing but the plugin's absence leads back. */
const PLAN = `
maxLooppDownMs: 1000
maxRecentLaneErrorRate: 1
maxRecentFallbackRate: 1
steps:
  - {stage: shadow, ${CONDITIONS}}
${[1, 25, 100].map((share) => `  - {stage: live, sharePercent: ${String(share)}, ${CONDITIONS}}`).join('\n')}
`;

const live = (permille: number): StageShares => ({
  ...allIn('shadow'),
  shadow: 1000 - permille,
  live: permille,
});

/** Where the flag comes from, for whom. */
interface Flagged {
  readonly cli: CommandLine;
  readonly operator: Readonly<Record<string, string>>;
  readonly client: Readonly<Record<string, string>>;
  readonly shares: () => Promise<StageShares | undefined>;
}

/** The plugin, until somebody leaves a file that says that there is none. */
function pluginThatMayGo(cli: CommandLine): readonly string[] {
  const [node, main] = PROGRAM;
  const gone = join(cli.folder, 'gone');
  return ['sh', '-c', `test -e '${gone}' && exit 1; exec '${node}' '${main}' plugin`];
}

/** Rounds whose inputs are all distinct, of so many workflows that every share moves some; without an end. */
function* rounds(): Generator<string> {
  const lines = bundledLines(1200);
  for (let f = 1; ; f++) {
    for (const [at, line] of lines.entries()) {
      const workflow = `workflow-${String(at % 300)}`;
      // The witness answered f = 1.
      const other = f === 1 ? {} : { f, id: `${String(at)}-${String(f)}`, expect: undefined };
      yield changed(line, { workflow, ...other });
    }
  }
}

/** Sends rounds until told; answers every status that came. */
async function feed(served: Served, signal: AbortSignal): Promise<ReadonlySet<number>> {
  const seen = new Set<number>();
  for (const line of rounds()) {
    if (signal.aborted) break;
    seen.add((await served.post(line)).status);
    await delay(2);
  }
  return seen;
}

const turnsOf = ({ stdout }: Running): readonly Json[] => stdout.split('\n').slice(0, -1).map(parseJson);

/** Waits longer than `until` does. */
async function untilTurn(running: Running, what: (turn: Json) => boolean): Promise<Json> {
  for (let wait = 0; wait < 5; wait++) {
    const turn = await until('a decision', () => turnsOf(running).find(what)).catch(() => undefined);
    if (turn !== undefined) return turn;
  }
  throw new Error(
    `waited in vain for a decision; the last ones: ${running.stdout.slice(-2000)}${running.stderr}`,
  );
}

const reasonsOf = (turn: Json): readonly unknown[] =>
  (turn['because'] as readonly Json[]).map(({ reason }) => reason);

async function fliesThere({ cli, operator, client, shares }: Flagged): Promise<void> {
  await cli.file('plan.yaml', PLAN);
  const served = await Served.start(cli, {
    env: client,
    config: 'flags: {refreshMs: 100}\n',
    args: ['--', ...pluginThatMayGo(cli)],
  });
  const ending = new AbortController();
  const fed = feed(served, ending.signal);
  const args = ['controller', '--act', '--plan', 'plan.yaml', '--interval-ms', '100', '--json'];
  const pilot = cli.start([...args, '--service', served.url], { env: operator });

  await untilTurn(pilot, (turn) => reasonsOf(turn).includes('finished'));
  const promoted = turnsOf(pilot).filter(({ acted }) => acted === 'done');
  expect(promoted.map(({ decision, to }) => [decision, to])).toEqual([
    ['promote', 'live 1 %'],
    ['promote', 'live 25 %'],
    ['promote', 'live 100 %'],
  ]);
  expect(await shares()).toEqual(live(1000));

  await writeFile(join(cli.folder, 'gone'), '');
  process.kill(await served.running.pluginPid(), 'SIGKILL');
  const back = await untilTurn(pilot, ({ decision }) => decision === 'rollBack');
  expect([reasonsOf(back), back['acted']]).toEqual([['loopp down'], 'done']);
  expect(await shares()).toEqual(allIn('shadow'));
  await until('a service in shadow', async () => {
    const { flag } = (await served.status()) as { readonly flag: { readonly shares?: StageShares } };
    return flag.shares?.shadow === 1000 ? true : undefined;
  });

  ending.abort();
  // Whoever was served never felt any of it.
  expect([...(await fed)]).toEqual([200]);
  pilot.child.kill('SIGTERM');
  expect((await pilot.ended).exitCode).toBe(0);
  expect((await served.stop()).exitCode).toBe(0);
}

describe.skipIf(!everything)('a real service on a tiny Unleash', { timeout: TIMEOUT_MS }, () => {
  let cli: CommandLine;
  let unleash: TinyUnleash;
  beforeEach(async () => {
    cli = await CommandLine.open();
    unleash = await TinyUnleash.open();
  });
  afterEach(async () => {
    await cli.close();
    unleash.close();
  });

  test('goes on to all of live, and back when the plugin is gone for long', async () => {
    await fliesThere({
      cli,
      operator: { UNLEASH_URL: unleash.url, UNLEASH_ADMIN_TOKEN: 'a-token' },
      client: { UNLEASH_URL: unleash.url, UNLEASH_API_TOKEN: 'a-token' },
      shares: () => Promise.resolve(unleash.shares),
    });
    expect(unleash.writes).toEqual([live(10), live(250), live(1000), allIn('shadow')]);
    expect(await cli.leftovers()).toEqual([]);
  });
});

// The real server needs test/real, which a plain npm ci leaves out.
describe.skipIf(!everything)('a real service on a real Unleash server', { timeout: TIMEOUT_MS }, () => {
  let rollout: Rollout;
  beforeAll(async () => {
    rollout = await Rollout.start();
  }, TIMEOUT_MS);
  afterAll(() => rollout.stop());

  test('goes on to all of live, and back when the plugin is gone for long', async () => {
    const { cli, environment, unleash } = rollout;
    const admin = await rollout.make(FLAG, allIn('shadow'));
    await fliesThere({
      cli,
      operator: environment,
      client: { UNLEASH_URL: unleash.url, UNLEASH_API_TOKEN: unleash.clientToken },
      shares: async () => {
        const { division } = (await admin.read()).reading;
        return division.kind === 'weights' ? sharesOf(division.ranges) : undefined;
      },
    });
    const { stdout } = await rollout.flags('history', '--limit', '4');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  ').at(-1)),
    ).toEqual([
      'live 100 % -> shadow 100 %',
      'live 25 %, shadow 75 % -> live 100 %',
      'live 1 %, shadow 99 % -> live 25 %, shadow 75 %',
      'shadow 100 % -> live 1 %, shadow 99 %',
    ]);
  });
});
