import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandLine } from '../helpers/cli.ts';
import { VECTORS } from '../helpers/conformance.ts';

const WIRING = 'src/cli/legacy.ts';
/** All that a build takes, but for legacy/. */
const KEPT = ['src', 'loopp', 'harness', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

let folder: string;
let cli: CommandLine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'without-legacy-'));
  for (const name of KEPT) await cp(name, join(folder, name), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  cli = await CommandLine.open();
});
afterAll(async () => {
  await cli.close();
  await rm(folder, { recursive: true });
});

const run = (...args: readonly string[]): ReturnType<CommandLine['run']> =>
  cli.run(args, { program: [process.execPath, join(folder, 'dist/src/cli/main.js')] });

/** Once the migration is complete: `legacy/` is gone, and so is the line that names it. */
describe('without legacy/ and the one line that names it', () => {
  test('there is one such line', async () => {
    const lines = (await readFile(WIRING, 'utf8')).split('\n');
    const kept = lines.filter((line) => !line.includes('legacy/lane.ts'));
    expect(kept).toHaveLength(lines.length - 1);
    await writeFile(join(folder, WIRING), kept.join('\n'));
  });

  test('the product builds', async () => {
    const tsc = resolve('node_modules/.bin/tsc');
    const { stdout } = await promisify(execFile)(tsc, ['-p', 'tsconfig.build.json'], { cwd: folder }).catch(
      (error: unknown) => ({ stdout: String(error) }),
    );
    expect(stdout).toBe('');
  });

  test('the LOOPP still answers as a Go node did', async () => {
    expect(await run('verify', ...VECTORS.slice(1).map((file) => resolve(file)))).toEqual({
      exitCode: 0,
      stdout: 'loopp: 640 of 640 rounds answered as the Go node did\n',
      stderr: '',
    });
  });

  test('what needs the control says that it is gone', async () => {
    for (const args of [['run'], ['verify', '--lane', 'legacy', 'any.jsonl']]) {
      expect(await run(...args)).toEqual({
        exitCode: 2,
        stdout: '',
        stderr:
          'securemint-shadow: expected the legacy lane, ' +
          'got a build from which the in-process aggregator was removed\n',
      });
    }
    expect(await cli.leftovers()).toEqual([]);
  });
});
