import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callUnary, openDuplex, openServerStream } from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import {
  GrpcBroker,
  GrpcController,
  GrpcStdio,
  Health,
  PluginSecureMint,
} from '../../../loopp/wire/services.ts';
import { MAIN_FILE, NO_CONFIG, PluginProcess, callRaw, isRunning } from './process.ts';

let folder: string;
let plugins: PluginProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  plugins = [];
});
afterEach(async () => {
  await Promise.all(plugins.map((plugin) => plugin.end()));
  rmSync(folder, { recursive: true });
});

function launch(variables: Readonly<Record<string, string>>, command?: readonly string[]): PluginProcess {
  const plugin = new PluginProcess(variables, command);
  plugins.push(plugin);
  return plugin;
}

/** As a host launches it, with temporary files in the test's folder. */
const hosted = (variables: Readonly<Record<string, string>> = {}): PluginProcess =>
  launch({ ...MAGIC_COOKIES, TMPDIR: folder, ...variables });

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);

describe('without a magic cookie', () => {
  test.each([
    ['none', {}],
    ['wrong ones', { CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE: 'x', CL_PLUGIN_SECUREMINT_MAGIC_COOKIE: '' }],
  ])('it tells people that it is a plugin and exits 1: %s', async (_, variables) => {
    const plugin = launch(variables);
    expect(await plugin.ended).toEqual([1, null]);
    expect(plugin.stdout).toBe('');
    expect(plugin.stderr).toBe(
      'This binary is a plugin. These are not meant to be executed directly.\n' +
        'Please execute the program that consumes these plugins, which will\n' +
        'load any plugins automatically\n',
    );
  });
});

describe('the handshake', () => {
  test.each(Object.entries(MAGIC_COOKIES))(
    'is given to a host that knows the cookie %s',
    async (name, value) => {
      const plugin = launch({ [name]: value, TMPDIR: folder });
      expect(await plugin.socket()).toMatch(/\/plugin[0-9a-f]+$/);
    },
  );

  test('is the only line on standard output, to the end', async () => {
    const plugin = hosted();
    const main = await plugin.connect();
    await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
    await callUnary(main, GrpcController.shutdown, {});
    await plugin.ended;
    expect(plugin.stdout).toMatch(/^1\|0\|unix\|\/[^|\n]+\|grpc\|\n$/);
  });

  test('needs no PATH, HOME or TMPDIR', async () => {
    const [name, value] = Object.entries(MAGIC_COOKIES)[0] ?? ['', ''];
    const plugin = launch({}, [
      '/usr/bin/env',
      '-i',
      `${name}=${value}`,
      process.execPath,
      MAIN_FILE,
      'plugin',
    ]);
    const main = await plugin.connect();
    expect(await callUnary(main, Health.check, { service: 'plugin' })).toEqual({ status: 1 });
    const socket = await plugin.socket();
    await callUnary(main, GrpcController.shutdown, {});
    expect(() => statSync(socket)).toThrow('ENOENT');
  });

  test('names a socket that only the owner reaches, in a folder that only the owner enters', async () => {
    const socket = await hosted().socket();
    const [own] = readdirSync(folder);
    expect(socket.startsWith(join(folder, own ?? '', 'plugin'))).toBe(true);
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(folder, own ?? '')).mode & 0o777).toString(8)).toBe('700');
  });

  test('names a socket in PLUGIN_UNIX_SOCKET_DIR, as do all factories', async () => {
    const sockets = join(folder, 'sockets');
    mkdirSync(sockets);
    const plugin = hosted({ PLUGIN_UNIX_SOCKET_DIR: sockets });
    const main = await plugin.connect();
    await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
    expect(readdirSync(sockets)).toHaveLength(2);
    expect(readdirSync(folder)).toEqual(['sockets']);
    await callUnary(main, GrpcController.shutdown, {});
    expect(readdirSync(sockets)).toEqual([]);
  });

  test('is not given where no socket can be bound: exit 1, the reason in the log, no files', async () => {
    const plugin = hosted({ PLUGIN_UNIX_SOCKET_DIR: join(folder, 'missing') });
    expect(await plugin.ended).toEqual([1, null]);
    expect(plugin.stdout).toBe('');
    expect(plugin.stderr).toMatch(/"error":"[^"]*(ENOENT|EACCES)[^"]*".*"@message":"plugin init error"/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not given to a host that asks for AutoMTLS', async () => {
    const plugin = hosted({ PLUGIN_CLIENT_CERT: '-----BEGIN CERTIFICATE-----\nMII...' });
    expect(await plugin.ended).toEqual([1, null]);
    expect(plugin.stdout).toBe('');
    expect(JSON.parse(plugin.stderr)).toMatchObject({
      '@level': 'error',
      '@message': 'plugin init error',
      error:
        'PLUGIN_CLIENT_CERT is set: the host asks for AutoMTLS, which this plugin does not serve; ' +
        'set AutoMTLS to false in the host (chainlink never sets it)',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('its log is JSON as Go hosts read it: texts, and exactly six digits of a second', async () => {
  const plugin = hosted({ PLUGIN_PROTOCOL_VERSIONS: '1,x' });
  const main = await plugin.connect();
  await callUnary(main, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
  await callUnary(main, GrpcController.shutdown, {});
  await plugin.ended;
  const lines = linesOf(plugin.stderr).map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines.map((line) => [line['@level'], line['@message']])).toEqual([
    ['warn', 'server sent invalid plugin version "x"'],
    ['warn', 'the host speaks versions 1,x, this plugin 0'],
    ['info', 'plugin started'],
    ['info', 'factory made'],
  ]);
  for (const line of lines) {
    expect(line['@timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(line['logger']).toBe('PluginSecureMint');
  }
  expect(lines[3]).toMatchObject({ factoryID: 1, revision: '2025-09' });
});

describe('on the main connection', () => {
  test.each(['plugin', ''])('health of the service "%s" is SERVING', async (service) => {
    const main = await hosted().connect();
    expect(await callUnary(main, Health.check, { service })).toEqual({ status: 1 });
    const watching = openServerStream(main, Health.watch, { service }).on('error', () => undefined);
    expect(await once(watching, 'data')).toEqual([{ status: 1 }]);
  });

  test('health of any other service is unknown', async () => {
    const main = await hosted().connect();
    await expect(callUnary(main, Health.check, { service: 'securemint' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'unknown service',
    });
    const watching = openServerStream(main, Health.watch, { service: 'securemint' });
    watching.on('error', () => undefined);
    expect(await once(watching, 'data')).toEqual([{ status: 3 }]);
  });

  test('the streams of broker and stdio stay open and silent until Shutdown', async () => {
    const plugin = hosted();
    const main = await plugin.connect();
    const events: string[] = [];
    const streams = [
      openServerStream(main, GrpcStdio.streamStdio, {}),
      openDuplex(main, GrpcBroker.startStream),
    ];
    for (const [index, stream] of streams.entries()) {
      for (const event of ['data', 'end', 'error']) {
        stream.on(event, () => events.push(`${String(index)} ${event}`));
      }
    }
    for (let checks = 0; checks < 20; checks++) await callUnary(main, Health.check, { service: 'plugin' });
    expect(events).toEqual([]);
    await callUnary(main, GrpcController.shutdown, {});
    await plugin.ended;
    expect(events.filter((event) => event.endsWith('data'))).toEqual([]);
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(0));
  });

  test('an unknown method is UNIMPLEMENTED', async () => {
    const main = await hosted().connect();
    const asked = callRaw(main, '/loop.PluginMedian/NewMedianFactory', Buffer.alloc(0));
    await expect(asked).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe('it ends', () => {
  test('with Shutdown: answered OK, every socket gone before the answer, exit code 0', async () => {
    const plugin = hosted();
    const { main, broker } = await plugin.connectBroker();
    const { newSecureMintFactory } = PluginSecureMint;
    for (const id of [1, 2]) {
      const { factoryId } = await callUnary(main, newSecureMintFactory, NO_CONFIG);
      plugin.keep(await broker.dial(factoryId, 1024));
      expect(factoryId).toBe(id);
    }
    expect(readdirSync(join(folder, readdirSync(folder)[0] ?? ''))).toHaveLength(3);
    expect(await callUnary(main, GrpcController.shutdown, {})).toEqual({});
    expect(readdirSync(folder)).toEqual([]);
    expect(await plugin.ended).toEqual([0, null]);
    broker.close();
  });

  test('with Shutdown while a stream that nobody reads is open', async () => {
    const plugin = hosted();
    const main = await plugin.connect();
    openServerStream(main, GrpcStdio.streamStdio, {}).on('error', () => undefined);
    await callUnary(main, GrpcController.shutdown, {});
    expect(await plugin.ended).toEqual([0, null]);
  });

  test('not with SIGINT, which a terminal sends to the whole group', async () => {
    const plugin = hosted();
    const main = await plugin.connect();
    plugin.kill('SIGINT');
    plugin.kill('SIGINT');
    for (let checks = 0; checks < 20; checks++) await callUnary(main, Health.check, { service: 'plugin' });
    expect(plugin.running).toBe(true);
  });

  test('with SIGTERM, without a trace', async () => {
    const plugin = hosted();
    await plugin.socket();
    plugin.kill('SIGTERM');
    expect(await plugin.ended).toEqual([0, null]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('when its host is killed, without a trace', async () => {
    const script = '"$0" "$1" plugin & echo $!; wait';
    const host = spawn('/bin/sh', ['-c', script, process.execPath, MAIN_FILE], {
      env: { ...MAGIC_COOKIES, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    host.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await vi.waitFor(() => expect(linesOf(printed)).toHaveLength(2), { timeout: 20_000 });
    const pid = Number(linesOf(printed)[0]);
    expect(isRunning(pid)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
    host.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000, interval: 50 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('when nobody reads standard output, without a trace', async () => {
    const plugin = spawn(process.execPath, [MAIN_FILE, 'plugin'], {
      env: { ...MAGIC_COOKIES, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    plugin.stdout.destroy();
    await once(plugin, 'exit');
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a client of another program may come and go', async () => {
  const plugin = hosted();
  const socket = await plugin.socket();
  for (let visits = 0; visits < 3; visits++) {
    const main = await plugin.connect();
    expect(main).toBeInstanceOf(Client);
    expect(await callUnary(main, Health.check, { service: 'plugin' })).toEqual({ status: 1 });
    main.close();
  }
  expect(statSync(socket).isSocket()).toBe(true);
});
