import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAGIC_COOKIES } from '../../loopp/wire/handshake.ts';
import { launcherText, quoted } from '../../src/cli/launcher.ts';
import { CommandLine, until } from '../helpers/cli.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterAll(() => cli.close());

const MAIN = resolve('dist/src/cli/main.js');

describe('plugin --write-launcher', () => {
  let folder: string;
  let count = 0;
  beforeEach(() => {
    folder = join(cli.folder, `launchers ${String(count++)}`);
    mkdirSync(folder);
  });
  afterEach(async () => {
    expect(await cli.leftovers()).toEqual([]);
  });

  test('writes an executable and says what to set', async () => {
    const file = join(folder, 'secure-mint');
    expect(await cli.run(['plugin', '--write-launcher', file])).toEqual({
      exitCode: 0,
      stdout:
        `wrote ${file}; it starts ${MAIN} with ${process.execPath}, write it again when either moves\n` +
        `set in the node's environment: CL_SECURE_MINT_CMD='${file}'\n`,
      stderr: '',
    });
    expect((statSync(file).mode & 0o777).toString(8)).toBe('755');
    expect(readFileSync(file, 'utf8')).toBe(launcherText(process.execPath, MAIN));
    expect(readdirSync(folder)).toEqual(['secure-mint']);
  });

  test('of a plugin that shadows', async () => {
    const file = join(folder, 'shadowing');
    expect((await cli.run(['plugin', '--shadow', '--write-launcher', file])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/ plugin --shadow "\$@"\n$/);
  });

  test('which is a plugin without PATH, HOME and TMPDIR', async () => {
    const file = join(folder, "it's a plugin");
    await cli.run(['plugin', '--write-launcher', file]);
    const sockets = join(folder, 'sockets');
    mkdirSync(sockets);
    const [name = '', cookie = ''] = Object.entries(MAGIC_COOKIES)[0] ?? [];
    const running = cli.start([], {
      program: ['/usr/bin/env', '-i', `${name}=${cookie}`, `PLUGIN_UNIX_SOCKET_DIR=${sockets}`, file],
    });
    await until('the handshake', () => (running.stdout.endsWith('\n') ? true : undefined));
    expect(running.stdout).toMatch(/^1\|0\|unix\|.*\/sockets\/plugin[0-9a-f]+\|grpc\|\n$/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    expect(readdirSync(sockets)).toEqual([]);
  });

  test('which says so to people, as plugin does', async () => {
    const file = join(folder, 'secure-mint');
    await cli.run(['plugin', '--write-launcher', file]);
    const { exitCode, stdout, stderr } = await cli.run([], { program: [file] });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^This binary is a plugin\./);
  });

  test('refuses to replace a file, but for --force', async () => {
    const file = join(folder, 'taken');
    writeFileSync(file, 'mine');
    expect(await cli.run(['plugin', '--write-launcher', file])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: `securemint-shadow: --write-launcher: expected no file at ${file}, got one (--force replaces it)\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await cli.run(['plugin', '--force', '--write-launcher', file])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/bin\/sh\n/);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('755');
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  test('names a file that cannot be written', async () => {
    const file = join(folder, 'missing', 'file');
    const { exitCode, stderr } = await cli.run(['plugin', '--write-launcher', file, '--force']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^securemint-shadow: --write-launcher: expected to write .*missing\/file, got ENOENT/,
    );
  });

  test('is what --force is for', async () => {
    expect(await cli.run(['plugin', '--force'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'securemint-shadow: --force: expected --write-launcher FILE beside it, got none\n',
    });
  });
});

test.each([
  ['/usr/bin/node', '/usr/bin/node'],
  ['/opt/my node', "'/opt/my node'"],
  ["/it's", String.raw`'/it'\''s'`],
  ['/$(rm -rf ~)`x`"', "'/$(rm -rf ~)`x`\"'"],
  ['', "''"],
])('a word for the shell: %s', (word, text) => {
  expect(quoted(word)).toBe(text);
});
