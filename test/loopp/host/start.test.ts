import { chmodSync, mkdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostOptions, PluginCommand } from '../../../loopp/host/options.ts';
import { OWN_PLUGIN, Sandbox, ending, fixture, refusal, roundOf } from './sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
// Closes the lanes and expects that no process, socket or folder of any launch is left.
afterEach(() => sandbox.end());

/** What a refused start says after "could not be started: ". Already then nothing may be left. */
async function whyRefused(command: PluginCommand, options: Partial<HostOptions> = {}): Promise<string> {
  const { lane, states } = sandbox.lane(command, options);
  const error = await refusal(lane.start());
  expect(error.code).toBe('PLUGIN_START');
  expect(states.map(({ name }) => name)).toEqual(['launching', 'closed']);
  expect(lane.health()).toEqual({ ok: false, reason: 'it is closed' });
  await sandbox.expectNothingLeft();
  const begin = `the plugin \`${[command.file, ...command.args].join(' ')}\` could not be started: `;
  expect(error.message.slice(0, begin.length)).toBe(begin);
  return error.message.slice(begin.length);
}

const EXPECTED = '(expected a line such as 1|0|unix|/path/of/socket|grpc| first on standard output)';
const DESCRIBED = '(loopp/wire/proto/securemint.proto describes it)';

describe('a start is refused, and leaves nothing, when the plugin', () => {
  test.each([
    [
      'exits-before-handshake',
      'plugin exited before we could connect: exit code 3\n' +
        'its standard error ended with:\n  could not read plugin.toml:\n    no such file \u2717',
    ],
    [
      'exits-talking',
      'plugin exited before we could connect: exit code 4\n' +
        `its standard error ended with:\n${'  blah\n'.repeat(9)}  last words`,
    ],
    ['exits-leaving-grandchild', 'plugin exited before we could connect: exit code 0'],
    ['closes-stdout', "Failed to read any lines from plugin's stdout (it closed standard output)"],
    ['banner-first', `Unrecognized remote plugin message: My plugin 1.0 is starting ${EXPECTED}`],
    ['blank-first-line', `Unrecognized remote plugin message:  ${EXPECTED}`],
    ['wrong-core-version', 'Incompatible core API version with plugin. Plugin version: 2, Core version: 1'],
    ['wrong-app-version', 'Incompatible API version with plugin. Plugin version: 7, Client versions: [0]'],
    [
      'tcp',
      'Unknown address type: tcp (this host connects to unix sockets only, which no other user can reach)',
    ],
    ['netrpc', 'Unsupported plugin protocol "netrpc". Supported: [grpc]'],
    [
      'lacks-secure-mint',
      'unknown service securemint.PluginSecureMint: the plugin does not serve NewSecureMintFactory, ' +
        `which the loopp lane needs ${DESCRIBED}`,
    ],
    [
      'lacks-aggregator',
      'unknown service securemint.Aggregator: the plugin does not serve Aggregate, ' +
        `which the loopp lane needs ${DESCRIBED}`,
    ],
  ])('%s', async (name, text) => {
    expect(await whyRefused(sandbox.node(fixture(name)))).toBe(text);
  });

  test('endless-line: two megabytes without a line feed', async () => {
    const text = await whyRefused(sandbox.node(fixture('endless-line')));
    const shown = 'x'.repeat(200);
    expect(text).toMatch(new RegExp(`^Unrecognized remote plugin message: ${shown}\\.\\.\\. \\(\\d+ char`));
    expect(text.length).toBeLessThan(400);
  });

  test('nobody-listens', async () => {
    const text = await whyRefused(sandbox.node(fixture('nobody-listens')));
    expect(text).toMatch(/^14 UNAVAILABLE: .*connect ENOENT \/nowhere\/at-all\.sock/);
  });

  test('never-answers', async () => {
    const text = await whyRefused(sandbox.node(fixture('never-answers')), { startTimeoutMs: 300 });
    expect(text).toBe('timeout while waiting for plugin to start (no handshake within 300 ms)');
  });

  test('announces-nothing: the number of its factory stands for no connection', async () => {
    const text = await whyRefused(sandbox.node(fixture('announces-nothing')), { startTimeoutMs: 3000 });
    expect(text).toBe('timeout waiting for connection info');
  });
});

describe('a start is refused when the command', () => {
  test('is not in PATH', async () => {
    const text = await whyRefused(sandbox.program('no-such-plugin', ['--fast']));
    expect(text).toBe('exec: "no-such-plugin": executable file not found in $PATH');
  });

  test('is a path without a file', async () => {
    const text = await whyRefused(sandbox.program('/no/such/plugin'));
    expect(text).toBe('exec: "/no/such/plugin": no such file or directory');
  });

  test('is not executable', async () => {
    const file = fixture('well-behaved')[0] ?? '';
    expect(await whyRefused(sandbox.program(file))).toBe(
      `exec: "${file}": permission denied (is it executable?)`,
    );
  });

  test('is a path through a file, which the system refuses at once', async () => {
    const text = await whyRefused(sandbox.program('/etc/passwd/plugin'));
    expect(text).toBe('exec: "/etc/passwd/plugin": spawn ENOTDIR');
  });

  test('is empty, which Node refuses at once', async () => {
    expect(await whyRefused(sandbox.program(''))).toBe(
      "exec: \"\": The argument 'file' cannot be empty. Received ''",
    );
  });
});

test('without a folder for temporary files the start is refused with its path', async () => {
  const missing = join(sandbox.folder, 'missing');
  vi.stubEnv('TMPDIR', missing);
  const { lane } = sandbox.lane(sandbox.node(OWN_PLUGIN));
  expect((await refusal(lane.start())).message).toContain(
    `could not be started: ENOENT: no such file or directory, mkdtemp '${missing}/smls-`,
  );
});

test('where the folder for temporary files is too deep for a socket, the plugin says so', async () => {
  const deep = join(sandbox.folder, 'd'.repeat(80));
  mkdirSync(deep);
  vi.stubEnv('TMPDIR', deep);
  const { lane } = sandbox.lane(sandbox.node(OWN_PLUGIN));
  const { message } = await refusal(lane.start());
  expect(message).toContain('plugin exited before we could connect: exit code 1');
  expect(message).toMatch(/expected at most 107: set TMPDIR or PLUGIN_UNIX_SOCKET_DIR to a shorter folder/);
  vi.stubEnv('TMPDIR', sandbox.folder);
  await vi.waitFor(() => expect(sandbox.files()).toEqual(['d'.repeat(80)]));
  rmdirSync(deep);
});

test('a plugin gets PATH and nothing else of the environment of its host', async () => {
  vi.stubEnv('NODE_OPTIONS', '--no-such-option');
  vi.stubEnv('SECRET_OF_THE_HOST', 'hunter2');
  const script = join(sandbox.folder, 'plugin');
  const names = '/usr/bin/env | /usr/bin/cut -d= -f1 | LC_ALL=C /usr/bin/sort | /usr/bin/paste -sd" "';
  writeFileSync(script, `#!/bin/sh\n${names} >&2\nexit 9\n`);
  chmodSync(script, 0o755);
  const { message } = await refusal(sandbox.lane(sandbox.program(script)).lane.start());
  rmSync(script);
  expect(message.split('\n')).toEqual([
    `the plugin \`${script}\` could not be started: plugin exited before we could connect: exit code 9`,
    'its standard error ended with:',
    '  CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE ' +
      'CL_PLUGIN_SECUREMINT_MAGIC_COOKIE CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE CL_PROMETHEUS_PORT PATH ' +
      'PLUGIN_MAX_PORT PLUGIN_MIN_PORT PLUGIN_PROTOCOL_VERSIONS PLUGIN_UNIX_SOCKET_DIR PWD ' +
      'SECUREMINT_SHADOW_LAUNCH',
  ]);
});

describe('close while the plugin starts', () => {
  test('ends the launch at once; start says why; nothing is left', async () => {
    const under = sandbox.lane(sandbox.node(fixture('never-answers')), { startTimeoutMs: 600_000 });
    const refused = refusal(under.lane.start());
    await vi.waitFor(() => expect(sandbox.processes()).not.toEqual([]));
    await under.lane.close();
    await sandbox.expectNothingLeft();
    expect((await refused).message).toMatch(/could not be started: the host was closed meanwhile/);
    expect(under.states.map(({ name }) => name)).toEqual(['launching', 'closed']);
  });

  test('also between handshake and first answer', async () => {
    const under = sandbox.lane(sandbox.node(fixture('announces-nothing')), { startTimeoutMs: 600_000 });
    const refused = refusal(under.lane.start());
    // Its socket is there as soon as it is about to shake hands.
    await vi.waitFor(() => expect(sandbox.sockets()).not.toEqual([]), { timeout: 20_000 });
    await under.lane.close();
    await sandbox.expectNothingLeft();
    expect((await refused).message).toMatch(/could not be started: the host was closed meanwhile/);
  });

  test('a lane that is closed is not started any more', async () => {
    const { lane, states } = sandbox.lane(sandbox.node(OWN_PLUGIN));
    await lane.close();
    expect((await refusal(lane.start())).message).toMatch(/the host was closed meanwhile$/);
    expect(states.map(({ name }) => name)).toEqual(['closed']);
    expect(await ending(lane.aggregate(roundOf('a')))).toBe('unavailable: plugin unavailable: it is closed');
  });
});

test('a start that succeeds is ready when it resolves', async () => {
  const under = await sandbox.started(fixture('well-behaved'));
  expect(under.states.map(({ name }) => name)).toEqual(['launching', 'ready']);
  expect(under.lane.health()).toEqual({ ok: true });
  expect(await ending(under.lane.aggregate(roundOf('a')))).toBe('outcome of a');
});
