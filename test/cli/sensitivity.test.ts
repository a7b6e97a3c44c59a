import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PLANT_NAMES } from '../../harness/plants.ts';
import { CommandLine, parseJson } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(() => cli.close());

describe.skipIf(!everything)('sensitivity', () => {
  test('catches every lie through the real plugin', async () => {
    const { exitCode, stdout } = await cli.run(['sensitivity', '--json']);
    expect(exitCode).toBe(0);
    const { planted, caught, control, faults } = parseJson(stdout);
    expect({ planted, caught }).toEqual({ planted: PLANT_NAMES.length, caught: PLANT_NAMES.length });
    expect(control).toMatchObject({ findings: 0 });
    const items: readonly unknown[] = Array.isArray(faults) ? faults : [];
    expect(items.map((fault) => parseJson(JSON.stringify(fault))['name'])).toEqual(PLANT_NAMES);
    for (const fault of items) expect(fault).toMatchObject({ caught: true });
  });

  test('says no when one is not caught', async () => {
    const { exitCode, stdout } = await cli.run(['sensitivity', '--max-rounds', '1']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^block-plus-one +1 {2}verdict +the block number is one too high\n/);
    expect(stdout).toMatch(
      /\nlate-answers +- {2}not caught {2}one answer in 100 comes 50 ms late; all are true\n/,
    );
    expect(stdout).toContain('\nwithout a lie: 0 findings in 1 round\n');
    expect(stdout).toMatch(/\nno: [0-9]+ of [0-9]+ lies were caught\n$/);
  });

  test('ends on SIGINT', async () => {
    const running = cli.start(['sensitivity']);
    await running.pluginPid();
    running.child.kill('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
  });
});
