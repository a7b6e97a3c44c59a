import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeLiveShare, write } from '../../src/flags/change.ts';
import { allIn } from '../../src/flags/shares.ts';
import { FLAG, strategyWith, variantsOf } from '../flags/builders.ts';
import { Rollout, WORKFLOWS, show, stagesOf, untilSeen } from '../flags/rollout.ts';
import { memberOf, parseJson, until } from '../helpers/cli.ts';
import type { Ended } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

const TIMEOUT_MS = 120_000;

// The real server needs test/real, which a plain npm ci leaves out.
describe.skipIf(!everything)('on a real Unleash server', { timeout: TIMEOUT_MS }, () => {
  let rollout: Rollout;
  beforeAll(async () => {
    rollout = await Rollout.start();
  }, TIMEOUT_MS);
  afterAll(() => rollout.stop());

  test('a rollout from beginning to end', async () => {
    expect(await rollout.flags('show')).toMatchObject({
      exitCode: 2,
      stderr: `securemint-shadow: flag ${FLAG}: expected it in project default, got 404 (There's no feature named "${FLAG}" in project "default".); \`flags create\` makes it\n`,
    });
    expect(await rollout.flags('create')).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "flag securemint.loopp in project default, environment development
      switched off; once it is on: shadow 100 %
        stage           now   serves
        off           100 %   legacy
        shadow          0 %   legacy, compared with loopp
        live            0 %   loopp, compared with legacy
        complete        0 %   loopp
      ",
      }
    `);
    expect((await rollout.flags('create')).stderr).toBe(
      `securemint-shadow: flag ${FLAG}: expected none in development, got one; \`flags show\` shows it\n`,
    );

    const source = await rollout.follow(FLAG);
    const { url } = await show(source, WORKFLOWS.slice(0, 5));
    await until('the flag', () => (source.state().revision === undefined ? undefined : true));
    expect(source.state()).toMatchObject({ enabled: false, shares: allIn('off'), problem: undefined });

    const wait = ['--yes', '--wait', '--service', url];
    expect(withoutChance(await rollout.flags('stage', 'shadow', ...wait))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "flag securemint.loopp in project default, environment development
        stage           now       then   serves
        off           100 %        0 %   legacy
        shadow          0 %      100 %   legacy, compared with loopp
        live            0 %        0 %   loopp, compared with legacy
        complete        0 %        0 %   loopp
      100 % of the workflows move from off to shadow
      5 of 5 known workflows move
        workflow-0: off -> shadow
        workflow-1: off -> shadow
        workflow-2: off -> shadow
        workflow-3: off -> shadow
        workflow-4: off -> shadow
      written and read back
      http://127.0.0.1:PORT follows after N ms
      ",
      }
    `);
    expect(stagesOf(source, WORKFLOWS)).toEqual(WORKFLOWS.map(() => 'shadow'));

    expect(withoutChance(await rollout.flags('share', 'live', '25', ...wait))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "flag securemint.loopp in project default, environment development
        stage           now       then   serves
        off             0 %        0 %   legacy
        shadow        100 %       75 %   legacy, compared with loopp
        live            0 %       25 %   loopp, compared with legacy
        complete        0 %        0 %   loopp
      25 % of the workflows move from shadow to live
      1 of 5 known workflows move
        workflow-4: shadow -> live
      written and read back
      http://127.0.0.1:PORT follows after N ms
      ",
      }
    `);
    const live = stagesOf(source, WORKFLOWS).filter((stage) => stage === 'live');
    expect(live.length).toBeGreaterThan(WORKFLOWS.length * 0.1);
    expect(live.length).toBeLessThan(WORKFLOWS.length * 0.4);

    expect(withoutChance(await rollout.flags('show', '--service', url))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "flag securemint.loopp in project default, environment development
      switched on
        stage           now   serves
        off             0 %   legacy
        shadow         75 %   legacy, compared with loopp
        live           25 %   loopp, compared with legacy
        complete        0 %   loopp
      5 known workflows
        workflow-0: shadow
        workflow-1: shadow
        workflow-2: shadow
        workflow-3: shadow
        workflow-4: live
      http://127.0.0.1:PORT: flag securemint.loopp: shadow 75 %, live 25 %
      ",
      }
    `);

    expect(await rollout.flags('stage', 'live', '--yes')).toMatchObject({ exitCode: 0 });
    await untilSeen(source, allIn('live'));
    expect(withoutChance(await rollout.flags('kill', ...wait))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "flag securemint.loopp in project default, environment development
        stage           now       then   serves
        off             0 %      100 %   legacy
        shadow          0 %        0 %   legacy, compared with loopp
        live          100 %        0 %   loopp, compared with legacy
        complete        0 %        0 %   loopp
      100 % of the workflows move from live to off
      5 of 5 known workflows move
        workflow-0: live -> off
        workflow-1: live -> off
        workflow-2: live -> off
        workflow-3: live -> off
        workflow-4: live -> off
      written and read back
      http://127.0.0.1:PORT follows after N ms
      ",
      }
    `);
    expect(source.decide('workflow')).toMatchObject({ stage: 'off', reason: 'disabled' });
    expect(await rollout.flags('kill', '--yes')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/\nnothing to change\n$/) as unknown,
    });

    expect(await rollout.flags('stage', 'complete', '--yes')).toMatchObject({ exitCode: 0 });
    expect(withoutChance(await rollout.flags('history'))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "TIME  admin  development  switched on
      TIME  admin  development  live 100 % -> complete 100 %
      TIME  admin  development  switched off
      TIME  admin  development  live 25 %, shadow 75 % -> live 100 %
      TIME  admin  development  shadow 100 % -> live 25 %, shadow 75 %
      TIME  admin  development  switched on
      TIME  admin  development  strategy added: shadow 100 %
      TIME  admin  -            made
      ",
      }
    `);
    expect((await rollout.flags('history', '--limit', '1')).stdout.split('\n')).toHaveLength(2);
  });

  describe('flags that other people made', () => {
    const SHARE = ['share', 'live', '20', '--yes', '--flag'] as const;

    test('with weights that the server works out', async () => {
      await rollout.makeByHand('by-others', weighed({ live: 0, shadow: 0 }, { title: 'by hand' }));
      expect((await rollout.flags('show', '--flag', 'by-others')).stdout).toMatch(/ {2}live +50 % /);
      expect(await rollout.flags(...SHARE, 'by-others')).toMatchObject({ exitCode: 0 });
      const { reading, strategies } = await rollout.admin('by-others').read();
      expect(reading.division).toMatchObject({ kind: 'weights', problem: undefined });
      expect(strategies).toMatchObject([{ title: 'by hand', parameters: { groupId: 'by-others' } }]);
      const source = await rollout.follow('by-others');
      await untilSeen(source, { ...allIn('shadow'), shadow: 800, live: 200 });
    });

    test('with variants that name no stage', async () => {
      await rollout.makeByHand('canary', weighed({ canary: 0, live: 0 }));
      const problem =
        'variants: expected off, shadow, live, complete, got "canary" (50 %): its workflows are off';
      expect((await rollout.flags('show', '--flag', 'canary')).stdout).toContain(`\n${problem}\n`);
      expect(await rollout.flags(...SHARE, 'canary')).toMatchObject({
        exitCode: 2,
        stderr: `securemint-shadow: flag canary: ${problem}; \`flags stage\` gives it the ones it needs\n`,
      });
      const source = await rollout.follow('canary');
      await untilSeen(source, { ...allIn('off'), off: 500, live: 500 });
      expect(source.state().problem).toBe(problem);
      expect(new Set(stagesOf(source, WORKFLOWS))).toEqual(new Set(['live', 'off']));
      expect(await rollout.flags('stage', 'shadow', '--yes', '--flag', 'canary')).toMatchObject({
        exitCode: 0,
      });
      await untilSeen(source, allIn('shadow'));
    });

    test('with conditions: shown and killed, and nothing else', async () => {
      const constraints = [{ contextName: 'userId', operator: 'IN', values: ['workflow-1'] }];
      await rollout.makeByHand('conditions', weighed({ live: 0 }, { constraints }));
      expect((await rollout.flags('show', '--flag', 'conditions')).stdout).toContain(
        '\nwho is in which stage depends on constraints\n',
      );
      expect(await rollout.flags(...SHARE, 'conditions')).toMatchObject({
        exitCode: 2,
        stderr:
          'securemint-shadow: flag conditions: expected one strategy for all workflows, got constraints; change it in Unleash\n',
      });
      const source = await rollout.follow('conditions');
      await until('the flag', () => (source.decide('workflow-1').stage === 'live' ? true : undefined));
      expect(source.decide('workflow-2')).toMatchObject({ stage: 'off', reason: 'disabled' });
      const file = await rollout.cli.file('workflows', 'workflow-1\nworkflow-2\n');
      const killed = await rollout.flags('kill', '--yes', '--flag', 'conditions', '--workflows', file);
      expect(killed.stdout).toContain('1 of 2 known workflows move\n  workflow-1: live -> off\n');
      await untilSeen(source, allIn('off'));
    });

    test('with segments: the server puts them into the strategy', async () => {
      const constraints = [{ contextName: 'userId', operator: 'IN', values: ['workflow-1'] }];
      const id = await rollout.makeSegment('some', constraints);
      await rollout.makeByHand('segments', weighed({ live: 0 }, { segments: [id] }));
      const source = await rollout.follow('segments');
      await until('the flag', () => (source.decide('workflow-1').stage === 'live' ? true : undefined));
      expect(source.decide('workflow-2').stage).toBe('off');
    });

    test('that are drawn at random: off', async () => {
      await rollout.makeByHand(
        'random',
        weighed({ live: 0 }, { parameters: { rollout: '100', stickiness: 'random' } }),
      );
      const source = await rollout.follow('random');
      await until('the flag', () => (source.state().enabled === true ? true : undefined));
      expect(stagesOf(source, WORKFLOWS)).toEqual(WORKFLOWS.map(() => 'off'));
      expect(source.state().problem).toMatch(/^strategies\.0\.parameters\.stickiness: .+, got "random"; /);
    });

    test('that were switched on as they were', async () => {
      await rollout.makeByHand('bare', undefined);
      const bare = 'variants: expected off, shadow, live, complete, got none: every workflow is off';
      expect((await rollout.flags('show', '--flag', 'bare')).stdout).toContain(`\n${bare}\n`);
      expect(await rollout.flags('stage', 'shadow', '--yes', '--flag', 'bare')).toMatchObject({
        exitCode: 0,
      });
    });

    test('that have no strategy in the environment', async () => {
      await rollout.makeByHand('elsewhere', weighed({ live: 0 }), 'production');
      expect(await rollout.flags('stage', 'shadow', '--yes', '--flag', 'elsewhere')).toMatchObject({
        exitCode: 2,
        stderr:
          'securemint-shadow: flag elsewhere: expected one strategy for all workflows, got none in this environment; `flags create` adds it\n',
      });
      expect(await rollout.flags('create', '--flag', 'elsewhere')).toMatchObject({ exitCode: 0 });
      expect(await rollout.flags('stage', 'shadow', '--yes', '--flag', 'elsewhere')).toMatchObject({
        exitCode: 0,
      });
    });
  });

  describe('what the server refuses is told in a sentence', () => {
    beforeAll(async () => {
      await rollout.make('refused', allIn('shadow'));
    });
    const kill = ['flags', 'kill', '--yes', '--flag', 'refused'] as const;

    test.each([
      [
        'a client token',
        (): string => rollout.unleash.clientToken,
        'expected one with the right to GET ',
        ', got 403 (invalid token: expected a different token type for this endpoint)',
      ],
      [
        'a token of nobody',
        (): string => '*:*.nobody',
        'expected one that Unleash takes',
        ', got 401 (You must log in to use Unleash.)',
      ],
    ])('%s', async (_, token, expected, came) => {
      const env = { UNLEASH_URL: rollout.unleash.url, UNLEASH_ADMIN_TOKEN: token() };
      const { exitCode, stderr } = await rollout.cli.run(kill, { env });
      expect(exitCode).toBe(2);
      expect(stderr.startsWith(`securemint-shadow: UNLEASH_ADMIN_TOKEN: ${expected}`)).toBe(true);
      expect(stderr.endsWith(`${came}\n`)).toBe(true);
      expect(stderr).not.toContain(token());
    });

    test.each([
      [
        ['--project', 'other'],
        /^flag refused: expected it in project other, got 404 \(There's no feature named "refused" in project "other", but there's a feature with that name in project "default"\)/,
      ],
      [
        ['--environment', 'staging'],
        /^--environment: expected one of development, production, got "staging"$/,
      ],
      [
        ['--url', 'PATH'],
        /^http:\S+: expected JSON, got \d+ characters of text\/html.*; is that the address of Unleash\?$/,
      ],
    ])('%j', async (args, message) => {
      const given = args.map((arg) => (arg === 'PATH' ? `${rollout.unleash.url}/path` : arg));
      const { exitCode, stderr } = await rollout.flags('kill', '--yes', '--flag', 'refused', ...given);
      expect(exitCode).toBe(2);
      expect(stderr.trimEnd().replace('securemint-shadow: ', '')).toMatch(message);
    });

    test('a name that it does not allow', async () => {
      expect(await rollout.flags('create', '--flag', 'two words')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(
          /expected Unleash to do it, got 400 \("name" must be URL friendly/,
        ) as unknown,
      });
    });
  });

  test('--json says all of it', async () => {
    await rollout.make('json', allIn('shadow'));
    const source = await rollout.follow('json');
    const { url } = await show(source);
    const file = await rollout.cli.file('workflows', WORKFLOWS.join('\n'));
    await untilSeen(source, allIn('shadow'));
    const args = ['--flag', 'json', '--json'];
    const more = ['--yes', '--wait', '--service', url, '--workflows', file];
    const { stdout } = await rollout.flags('share', 'live', '10', ...args, ...more);
    const shares = { off: 0, shadow: 900, live: 100, complete: 0 };
    expect(parseJson(stdout)).toEqual({
      name: 'json',
      project: 'default',
      environment: 'development',
      changed: true,
      before: { enabled: true, shares: allIn('shadow') },
      after: { enabled: true, shares },
      moves: [{ from: 'shadow', to: 'live', permille: 100 }],
      workflows: { known: 200, moved: expect.any(Array) as unknown },
      waited: [
        { service: url, ms: expect.any(Number) as unknown, last: 'flag json: shadow 90 %, live 10 %' },
      ],
    });
    const moved = memberOf(parseJson(stdout), 'workflows')['moved'] as readonly { workflow: string }[];
    expect(moved.map(({ workflow }) => workflow)).toEqual(
      WORKFLOWS.filter((workflow) => source.decide(workflow).stage === 'live').toSorted(),
    );
    const shown = parseJson((await rollout.flags('show', ...args, '--service', url)).stdout);
    expect(shown).toMatchObject({
      enabled: true,
      shares,
      onceEnabled: shares,
      problem: null,
      dependsOn: null,
    });
    const [latest] = JSON.parse((await rollout.flags('history', ...args)).stdout) as readonly object[];
    expect(latest).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[0-9:.]+Z$/) as unknown,
      by: 'admin',
      environment: 'development',
      type: 'feature-strategy-update',
      text: 'shadow 100 % -> live 10 %, shadow 90 %',
    });
  });

  test('a service that follows another flag is said to, with exit code 1', async () => {
    await rollout.make('followed', allIn('shadow'));
    const { url } = await show(await rollout.follow('other'));
    const wait = ['--wait', '--service', url, '--flag', 'followed'];
    const { exitCode, stdout } = await rollout.flags('kill', '--yes', ...wait);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('\nwritten and read back\n');
    expect(stdout).toContain(`\n${url} does not follow; it said last: flag other: `);
  });

  describe('at a terminal', () => {
    test.each([
      ['y\r', 0, 'written and read back', 'live'],
      ['n\r', 1, 'nothing is changed', 'shadow'],
      ['\u0003', 130, 'nothing is changed', 'shadow'],
    ] as const)('%j', async (keys, exitCode, text, stage) => {
      const name = `asked-${String(exitCode)}`;
      const admin = await rollout.make(name, allIn('shadow'));
      const { code, shown } = await atTerminal(rollout, name, async () => Promise.resolve(keys));
      expect(shown).toContain(text);
      expect(code).toBe(exitCode);
      expect((await admin.read()).reading.division).toMatchObject({
        ranges: expect.arrayContaining([{ stage, permille: 1000 }]) as unknown,
      });
    });

    test('a flag that has changed meanwhile is left as it is', async () => {
      const admin = await rollout.make('meanwhile', allIn('shadow'));
      const { code, shown } = await atTerminal(rollout, 'meanwhile', async () => {
        await write(admin, changeLiveShare('meanwhile', await admin.read(), 70));
        return 'y\r';
      });
      expect(shown).toContain('the flag has changed since it was shown; nothing is changed');
      expect(code).toBe(1);
      const { division } = (await admin.read()).reading;
      expect(division).toMatchObject({
        ranges: expect.arrayContaining([{ stage: 'live', permille: 70 }]) as unknown,
      });
    });
  });
});

/** A strategy whose variants get weights from the server, as its web interface makes them. */
function weighed(weights: Readonly<Record<string, number>>, more: object = {}): object {
  const variants = variantsOf(weights).map((variant) => ({ ...variant, weightType: 'variable' }));
  return { ...strategyWith({ variants, parameters: { rollout: '100' } }), ...more };
}

/** Puts a flag into live on a terminal of its own; `answer` types once it is asked. */
async function atTerminal(
  { environment }: Rollout,
  flag: string,
  answer: () => Promise<string>,
): Promise<{ readonly code: number; readonly shown: string }> {
  const main = join(process.cwd(), 'dist/src/cli/main.js');
  const line = `${process.execPath} ${main} flags stage live --flag ${flag}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  await until('the question', () => (shown.includes('change it? [y/N]') ? true : undefined));
  child.stdin.write(await answer());
  const [code] = (await once(child, 'close')) as [number];
  return { code, shown };
}

/** Output without durations, ports and times of day. */
function withoutChance({ exitCode, stdout, stderr }: Ended): Ended {
  const steady = stdout
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/[0-9,]+ ms/g, 'N ms')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME');
  return { exitCode, stdout: steady, stderr };
}
