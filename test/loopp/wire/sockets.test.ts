import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bind, newServer } from '../../../loopp/wire/grpc.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('a folder of its own', () => {
  test('can be entered by its owner only, and goes with everything in it', () => {
    const sockets = new SocketFolder();
    expect(sockets.path.startsWith(join(folder, 'smls-'))).toBe(true);
    expect(modeOf(sockets.path)).toBe('700');
    writeFileSync(join(sockets.path, 'of the peer'), '');
    sockets.removeAll();
    expect(readdirSync(folder)).toEqual([]);
    sockets.removeAll();
  });
});

describe('a folder that somebody else made', () => {
  test('stays, with what is not ours', () => {
    writeFileSync(join(folder, 'of the host'), '');
    const sockets = new SocketFolder(folder);
    for (const socket of [sockets.reserve(), sockets.reserve()]) writeFileSync(socket, '');
    expect(readdirSync(folder)).toHaveLength(3);
    sockets.removeAll();
    expect(readdirSync(folder)).toEqual(['of the host']);
  });

  test('is removed by a plugin whose host is gone, when a host of ours made it and it is empty', () => {
    const [ofOurs, inUse, ofOthers] = ['smls-abc', 'smls-def', 'run'].map((name) => join(folder, name));
    for (const path of [ofOurs, inUse, ofOthers]) {
      mkdirSync(path ?? '');
      const sockets = new SocketFolder(path);
      writeFileSync(sockets.reserve(), '');
      if (path === inUse) writeFileSync(join(path ?? '', 'of another'), '');
      sockets.abandon();
      sockets.abandon();
    }
    expect(readdirSync(folder).toSorted()).toEqual(['run', 'smls-def']);
    expect(readdirSync(join(folder, 'smls-def'))).toEqual(['of another']);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });
});

test('each reserved path is another one, whoever else puts sockets there', () => {
  const paths = [1, 2].flatMap(() => {
    const sockets = new SocketFolder(folder);
    return [sockets.reserve(), sockets.reserve()];
  });
  expect(new Set(paths).size).toBe(4);
  for (const path of paths) expect(path.slice(folder.length)).toMatch(/^\/plugin[0-9a-f]{12}$/);
});

test('a protected socket can be connected to by its owner only', async () => {
  const sockets = new SocketFolder();
  const server = newServer();
  const socket = sockets.reserve();
  await bind(server, socket);
  sockets.protect(socket);
  expect(modeOf(socket)).toBe('600');
  server.forceShutdown();
  sockets.removeAll();
  expect(existsSync(socket)).toBe(false);
});

test('a removed socket is gone at once, and may be gone before', () => {
  const sockets = new SocketFolder(folder);
  const socket = sockets.reserve();
  writeFileSync(socket, '');
  sockets.remove(socket);
  expect(readdirSync(folder)).toEqual([]);
  sockets.remove(socket);
});

/** A folder in which a socket's path has so many bytes, not all of them characters. */
const folderFor = (bytes: number): string =>
  `/${'\u00e9'.repeat(20)}`.padEnd(bytes - 20 - '/plugin0123456789ab'.length, 'x');

describe('a path', () => {
  test('of 107 bytes is taken', () => {
    const socket = new SocketFolder(folderFor(107)).reserve();
    expect(Buffer.byteLength(socket)).toBe(107);
  });

  test('of 108 bytes is refused: libuv would cut it without a word', () => {
    const path = folderFor(108);
    expect(() => new SocketFolder(path).reserve()).toThrow(
      /^the socket path \/.+\/plugin[0-9a-f]{12} has 108 bytes, expected at most 107: set TMPDIR or PLUGIN_UNIX_SOCKET_DIR to a shorter folder$/,
    );
  });
});
