import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Round } from '../../src/contract/round.ts';
import { SELECTORS, observation, plainRound, previousOutcome } from '../helpers/arbitraries.ts';
import { CommandLine, bundledLines, changed, joined, lineOf, memberOf, parseJson } from '../helpers/cli.ts';
import type { Ended, Json } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

/** Twenty oracles with three events each, all of them different. */
const BUSY: Round = plainRound({
  round: {
    id: 'busy',
    f: 6,
    previousOutcome: previousOutcome(5n),
    observations: Array.from({ length: 20 }, (_, oracle) => ({
      oracle,
      values: [0, 1, 2].map((event) =>
        observation('2025-09', {
          selector: SELECTORS.ethereum,
          mintable: BigInt(oracle * 1000 + event) * 10n ** 18n,
          seqNr: 41n + BigInt(event),
        }),
      ),
    })),
  },
});

const PLANT = ['--plant', 'lost-report'] as const;

let cli: CommandLine;
let journal: string;
/** Of a finding in the journal. */
let someId: string;
beforeAll(async () => {
  cli = await CommandLine.open();
  const plain = bundledLines(12).map((line) => changed(line, { expect: undefined }));
  await cli.file('rounds.jsonl', joined([...plain, lineOf(BUSY)]));
  const { exitCode } = await cli.run(['run', ...PLANT, 'rounds.jsonl']);
  expect(exitCode).toBe(1);
  journal = await cli.read('securemint-shadow-out/latest/journal.jsonl');
  const [first] = await cli.lines('securemint-shadow-out/latest/journal.jsonl');
  someId = String(first?.['id']);
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

const FIELD = 'encodableOutcome missing';
const groupsOf = (ended: Ended): readonly Json[] => {
  const { groups } = parseJson(ended.stdout);
  if (!Array.isArray(groups)) throw new Error('no groups');
  return groups.map((group: unknown) => parseJson(JSON.stringify(group)));
};
const countsOf = (ended: Ended): number => groupsOf(ended).reduce((sum, { count }) => sum + Number(count), 0);

describe('mismatches', () => {
  test('lists the findings of the latest run by cause', async () => {
    const { exitCode, stdout, stderr } = await cli.run(['mismatches']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout).toMatch(/^securemint-shadow-out\/latest: 1[0-9] findings in 13 rounds\n/);
    expect(stdout).toContain('mismatch, ethereum-mainnet, 2025-09, oracles disagree\n');
    expect(stdout).toMatch(/(first|seen) 20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC/);
    expect(stdout).toContain(FIELD);
    expect(stdout).toContain('shortest: round busy, ');
  });

  test('--json counts every finding once, with the times of the journal', async () => {
    const ended = await cli.run(['mismatches', '--json']);
    const lines = await cli.lines('securemint-shadow-out/latest/journal.jsonl');
    const expected = lines.filter(({ verdict }) => verdict === 'mismatch');
    expect(parseJson(ended.stdout)).toMatchObject({ rounds: 13, findings: expected.length, skipped: 0 });
    expect(countsOf(ended)).toBe(expected.length);
    const times = expected.map(({ at }) => Number(at));
    expect(Math.min(...groupsOf(ended).map(({ firstSeen }) => Number(firstSeen)))).toBe(Math.min(...times));
    expect(Math.max(...groupsOf(ended).map(({ lastSeen }) => Number(lastSeen)))).toBe(Math.max(...times));
  });

  test('--group shows how the rounds of its sample differ', async () => {
    const { stdout } = await cli.run(['mismatches', '--group', '1', '--sample', '1']);
    expect(stdout).toContain('sample: 1 round of ');
    expect(stdout).toContain(', drawn with seed 1\n');
    expect(stdout).toMatch(/ {4}encodableOutcome: only legacy has it\n {6}legacy {2}/);
    const none = await cli.run(['mismatches', '--group', '99']);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toMatch(/^securemint-shadow: --group: expected 1 to [0-9]+, got 99\n$/);
  });

  test('--export writes the samples as captures that run takes', async () => {
    const ended = await cli.run([
      'mismatches',
      '--export',
      'samples',
      '--where',
      'feature=oracles disagree',
      '--json',
    ]);
    const numbers = groupsOf(ended).map(({ number }) => `group-${String(number)}.jsonl`);
    expect((await readdir(join(cli.folder, 'samples'))).toSorted()).toEqual(numbers.toSorted());
    const run = await cli.run([
      'run',
      '--json',
      ...numbers.map((name) => `samples/${name}`),
      '--out',
      'again',
    ]);
    expect(run.exitCode).toBe(0);
    expect(parseJson(run.stdout)['rounds']).toBe(countsOf(ended));
    const twice = await cli.run(['mismatches', '--export', 'samples']);
    expect(twice.exitCode).toBe(3);
    expect(twice.stderr).toContain('samples: expected to write captures there, got EEXIST');
  });

  test('--known silences a difference until it expires; it is counted and shown apart', async () => {
    const known = { name: 'no reports yet', reason: 'being built', match: { field: 'encodableOutcome' } };
    const all = { ...known, match: { verdict: 'mismatch' } };
    await cli.file('known.json', JSON.stringify([{ ...all, expires: '2999-12-31' }]));
    const silenced = await cli.run(['mismatches', '--known', 'known.json']);
    expect(silenced.exitCode).toBe(0);
    expect(silenced.stdout).toMatch(/findings in 13 rounds\nknown differences\n/);
    expect(silenced.stdout).toContain('known as no reports yet (tolerated to 2999-12-31): being built');

    await cli.file('expired.json', JSON.stringify([{ ...all, expires: '2020-12-31' }]));
    const expired = await cli.run(['mismatches', '--known', 'expired.json']);
    expect(expired.exitCode).toBe(1);
    expect(expired.stdout).not.toContain('known differences');
    expect(expired.stdout).toContain('known as no reports yet (expired, was tolerated to 2020-12-31)');
  });

  test('--rejudge holds the recorded answers against the comparison of today', async () => {
    const lines = await cli.lines('securemint-shadow-out/latest/journal.jsonl');
    const wrong = lines.map((line) =>
      JSON.stringify(line['id'] === 'busy' ? { ...line, verdict: 'protocol', differences: undefined } : line),
    );
    await cli.file('wrong.jsonl', joined(wrong));
    const recorded = await cli.run(['mismatches', 'wrong.jsonl', '--where', 'verdict=protocol', '--json']);
    expect(countsOf(recorded)).toBe(1);
    const again = await cli.run(['mismatches', 'wrong.jsonl', '--rejudge']);
    expect(again.stdout).toMatch(/ in 13 rounds, 1 round with another verdict than recorded\n/);
    expect(again.stdout).not.toContain('protocol');
    expect(again.exitCode).toBe(1);
  });

  test('of a journal that was cut names what is missing, and counts the rest', async () => {
    await cli.file('torn.jsonl', journal.slice(0, -100));
    const { stdout, stderr } = await cli.run(['mismatches', 'torn.jsonl']);
    expect(stderr).toMatch(
      /^skipped: torn\.jsonl:13: expected a whole last line, got one that was cut after [0-9]+ bytes\n$/,
    );
    expect(stdout).toMatch(/ in 12 rounds, 1 line skipped\n/);
  });

  test('of findings without a readable round names them', async () => {
    const lines = await cli.lines('securemint-shadow-out/latest/journal.jsonl');
    const spoilt = lines.map((line) => JSON.stringify({ ...line, round: undefined }));
    await cli.file('bare.jsonl', joined(spoilt));
    const { stdout, stderr } = await cli.run(['mismatches', 'bare.jsonl']);
    expect(stderr).toContain('skipped: bare.jsonl:1: round: expected the whole round, got none\n');
    expect(stderr).toMatch(/skipped: [0-9]+ more\n$|skipped: bare/);
    expect(stdout).toMatch(/^bare\.jsonl: 0 findings in 13 rounds, 1[0-9] lines skipped\n/);
  });

  test.each([
    [
      'another version',
      '{"schema":2}\n',
      'x.jsonl:1: schema: expected 1, got 2: no journal of this version of the program',
    ],
    ['nothing', '', 'x.jsonl: expected a journal with rounds, got none'],
    ['nothing but broken lines', '{\n', 'x.jsonl: expected a journal with rounds, got none'],
  ])('of %s is refused', async (_, content, message) => {
    await cli.file('x.jsonl', content);
    const { exitCode, stdout, stderr } = await cli.run(['mismatches', 'x.jsonl']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`securemint-shadow: ${message}\n`);
  });
});

describe.skipIf(!everything)('replay', () => {
  test('says that findings vanished, with exit code 0', async () => {
    const { exitCode, stdout } = await cli.run(['replay', someId, 'busy']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^vanished {2}round .*: was mismatch, .*; now match\n/);
    expect(stdout).toMatch(/\n2 findings: reproduced 0, changed 0, vanished 2\n$/);
  });

  test('says that they are still there, or are others now, with exit code 1', async () => {
    const reproduced = await cli.run(['replay', 'busy', ...PLANT]);
    expect(reproduced.exitCode).toBe(1);
    expect(reproduced.stdout).toMatch(
      /^reproduced {2}round busy: mismatch, .*\n {4}encodableOutcome: only legacy has it/,
    );
    const other = await cli.run(['replay', 'busy', '--plant', 'block-plus-one', '--json']);
    expect(other.exitCode).toBe(1);
    expect(parseJson(other.stdout)).toEqual({
      reproduced: 0,
      changed: 1,
      vanished: 0,
      unjudged: 0,
      rounds: [
        { id: 'busy', result: 'changed', recorded: { verdict: 'mismatch' }, today: { verdict: 'mismatch' } },
      ],
    });
  });

  test('takes every finding of a journal', async () => {
    const { exitCode, stdout } = await cli.run([
      'replay',
      'securemint-shadow-out/latest',
      '--json',
      ...PLANT,
    ]);
    expect(exitCode).toBe(1);
    const { findings } = parseJson((await cli.run(['mismatches', '--json'])).stdout);
    expect(parseJson(stdout)).toMatchObject({ reproduced: findings, changed: 0, vanished: 0 });
  });

  test('--show prints rounds of journals and captures decoded, and runs nothing', async () => {
    const recorded = await cli.run(['replay', '--show', 'busy', '--', '/nowhere/plugin']);
    expect(recorded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(recorded.stdout).toContain('target chain: ethereum-mainnet (5009297550715157269)');
    expect(recorded.stdout).toContain('block 1000, mintable 19002000000000000000000, sequence number 43');
    expect(recorded.stdout).toContain('  recorded  mismatch, ethereum-mainnet, 2025-09, oracles disagree\n');
    expect(recorded.stdout).toMatch(/ {6}loopp {3}shouldReport false\n/);
    const capture = await cli.run(['replay', '--show', 'rounds.jsonl']);
    expect(capture.exitCode).toBe(0);
    expect(capture.stdout.match(/^round /gm)).toHaveLength(13);
  });

  test('refuses what is no file and no whole round', async () => {
    const { exitCode, stderr } = await cli.run(['replay', 'nobody']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        'securemint-shadow: nobody: expected a file, or the id of a round that securemint-shadow-out/latest has whole, got neither\n',
    });
  });
});

describe.skipIf(!everything)('shrink', () => {
  test('cuts twenty oracles to one with one event, into a capsule that replays', async () => {
    const { exitCode, stdout } = await cli.run(['shrink', 'busy', ...PLANT, '--out', "b's.json"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^20 oracles, 60 events, [0-9,]+ bytes became 1 oracle, 1 event, [0-9]+ bytes in [0-9,]+ tries$/m,
    );
    const [command] = /npx securemint-shadow .*/.exec(stdout) ?? [];
    expect(command).toBe(String.raw`npx securemint-shadow replay 'b'\''s.json' --plant lost-report`);
    const capsule = parseJson(await cli.read("b's.json"));
    expect(capsule).toMatchObject({ capsule: 1, from: { id: 'busy' }, verdict: 'mismatch', replay: command });
    expect(Object.keys(memberOf(memberOf(capsule, 'round'), 'observations'))).toEqual(['0']);
    expect((await cli.run(['replay', "b's.json", ...PLANT])).exitCode).toBe(1);
    expect((await cli.run(['replay', "b's.json"])).exitCode).toBe(0);
    await appendFile(join(cli.folder, "b's.json"), ' ');
    expect((await cli.run(['replay', "b's.json"])).exitCode).toBe(0);
    await cli.file('edited.json', (await cli.read("b's.json")).replace('"tries"', '"tried"'));
    const edited = await cli.run(['replay', 'edited.json']);
    expect(edited.exitCode).toBe(2);
    expect(edited.stderr).toContain(
      'edited.json: expected the capsule as it was written, got one that was edited',
    );
  });

  test('does not write over a file', async () => {
    await cli.file('there.json', '');
    const { exitCode, stderr } = await cli.run([
      'shrink',
      'busy',
      ...PLANT,
      '--max-tries',
      '3',
      '--out',
      'there.json',
    ]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('there.json: expected to write the capsule there, got EEXIST');
  });

  test('says what a limit left, as JSON', async () => {
    const { exitCode, stdout } = await cli.run(['shrink', 'busy', ...PLANT, '--max-tries', '3', '--json']);
    expect(exitCode).toBe(0);
    expect(parseJson(stdout)).toMatchObject({
      file: expect.stringMatching(/^capsule-[0-9a-f]{12}\.json$/),
      before: { oracles: 20, events: 60 },
      tries: 3,
      ended: true,
    });
  });

  test('refuses a round that nothing but its witness contradicts', async () => {
    const [line] = bundledLines(1);
    await cli.file(
      'lied.jsonl',
      joined([changed(line, { id: 'lied', expect: { results: [{ error: 'no' }] } })]),
    );
    expect((await cli.run(['run', 'lied.jsonl', '--out', 'lied'])).exitCode).toBe(1);
    const { exitCode, stderr } = await cli.run(['shrink', 'lied', '--journal', 'lied']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        'securemint-shadow: round lied: expected one on which the lanes differ, got match, which only its witness contradicts: that speaks for no smaller round\n',
    });
    const replayed = await cli.run(['replay', 'lied', '--journal', 'lied']);
    expect(replayed.exitCode).toBe(1);
    expect(replayed.stdout).toMatch(
      /^reproduced {2}round lied: match, the Go node contradicts legacy and loopp, /,
    );
  });

  test("says no when today's lanes do not show it", async () => {
    expect(await cli.run(['shrink', 'busy'])).toEqual({
      exitCode: 1,
      stdout: "round busy: today's lanes do not show it: was mismatch, now match\n",
      stderr: '',
    });
  });
});
