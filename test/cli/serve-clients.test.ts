import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { resolve as absolute } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CommandLine, bundledLines, changed, memberOf } from '../helpers/cli.ts';
import { Served, TOKEN, answerTo, countedBy, journalled, load, sumOf } from './served.ts';
import { everything } from '../helpers/real/parts.ts';

const LINES = bundledLines(1200);
const [FIRST = ''] = LINES;

let cli: CommandLine;
beforeEach(async () => {
  cli = await CommandLine.open();
});
afterEach(async () => {
  try {
    expect(await cli.leftovers()).toEqual([]);
  } finally {
    await cli.close();
  }
});

describe.skipIf(!everything)('bad clients', () => {
  test('with a body of 100 MB are cut off', async () => {
    const served = await Served.start(cli);
    for (const headers of [{ 'content-length': String(100e6) }, { 'transfer-encoding': 'chunked' }]) {
      const sent = served.open(headers, false);
      const [answer, written] = await Promise.all([answerTo(sent), writeUntilClosed(sent, 100e6)]);
      expect(answer).toMatchObject({
        status: 413,
        json: { detail: expect.stringContaining('expected at most 4194304 bytes') as string },
      });
      // Most of it never left the client.
      expect(written).toBeLessThan(50e6);
    }
    expect((await served.post(FIRST)).status).toBe(200);
    await served.stop();
  });

  test('that never finish a header or a body hold up nobody else', async () => {
    const served = await Served.start(cli, {
      config: 'http: {headersTimeoutMs: 3000, requestTimeoutMs: 4000, roundsInFlight: 100}\n',
    });
    const { hostname, port } = new URL(served.url);
    const head = `POST /v1/rounds HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`;
    const slow = Array.from({ length: 80 }, (_, number) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(number % 2 === 0 ? head : `${head}content-length: 100\r\n\r\n`);
      const dripping = setInterval(() => socket.write(number % 2 === 0 ? 'x: y\r\n' : ' '), 50);
      const closed = once(socket.resume(), 'close').finally(() => clearInterval(dripping));
      return { socket, closed };
    });
    const answers = await load(served, LINES.slice(0, 200), 8);
    expect(
      countedBy(
        answers.map((answer) => ({ status: answer?.status })),
        'status',
      ),
    ).toEqual({ 200: 200 });
    await Promise.all(slow.map(({ closed }) => closed));
    expect(await served.status()).toMatchObject({ rounds: 200, http: { roundsInFlight: 0 } });
    await served.stop();
  });

  test('on 1,000 connections are served or told that there are too many', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\n' });
    const answers = await Promise.all(
      LINES.slice(0, 1000).map((line) =>
        served.send(served.open({}, false), line).catch(() => ({ status: 0, json: {} })),
      ),
    );
    const counts = countedBy(
      answers.map(({ status }) => ({ status })),
      'status',
    );
    expect(Object.keys(counts).filter((status) => !['200', '429'].includes(status))).toEqual([]);
    expect(Number(counts['200'])).toBeGreaterThanOrEqual(512);
    expect((await served.get('/healthz')).status).toBe(200);
    const status = await served.settled();
    expect(status['rounds']).toBe(counts['200']);
    expect(sumOf(memberOf(status, 'verdicts'))).toBe(counts['200']);
    expect((await served.post(LINES[1001] ?? '')).status).toBe(200);
    expect((await served.stop()).exitCode).toBe(0);
  });

  test('without the token learn nothing of it', async () => {
    const served = await Served.start(cli);
    for (const headers of [{ authorization: '' }, { authorization: 'Bearer wrong' }]) {
      const { status, json } = await served.post(FIRST, headers);
      expect(status).toBe(401);
      expect(JSON.stringify(json)).not.toContain(TOKEN);
    }
    const { stderr } = await served.stop();
    expect(stderr).not.toContain(TOKEN);
  });
});

describe.skipIf(!everything)('the end', () => {
  test('comes with SIGTERM once every round that was taken is answered and journalled', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\nhttp: {roundsPerSecond: 100000}\n' });
    const loading = load(served, LINES, 16);
    await vi.waitFor(
      async () => expect(Number((await served.status())['rounds'])).toBeGreaterThan(100),
      10_000,
    );
    const { exitCode, stderr } = await served.stop();
    const answers = await loading;
    const served200 = answers.filter((answer) => answer?.status === 200).length;
    expect(
      countedBy(
        answers.map((answer) => ({ status: answer?.status })),
        'status',
      ),
    ).toEqual({
      200: served200,
      ...(answers.some((answer) => answer?.status === 503)
        ? { 503: answers.filter((answer) => answer?.status === 503).length }
        : {}),
      undefined: answers.filter((answer) => answer === undefined).length,
    });
    expect(served200).toBeLessThan(LINES.length);
    expect(exitCode).toBe(0);
    const journal = await journalled(cli);
    const answered = new Set(
      answers.filter((answer) => answer?.status === 200).map((answer) => answer?.json['id']),
    );
    expect(new Set(journal.map(({ id }) => id))).toEqual(answered);
    expect(journal).toHaveLength(served200);
    expect(stderr).toContain(`info: stopped (rounds ${String(served200)}, `);
  });

  test('comes with Ctrl-C, which is an interruption', async () => {
    const served = await Served.start(cli, { config: 'stage: shadow\n' });
    await served.post(FIRST);
    expect((await served.stop('SIGINT')).exitCode).toBe(130);
    expect(await journalled(cli)).toHaveLength(1);
  });

  test('comes at once with a second signal', async () => {
    const served = await Served.start(cli, {
      config: 'stage: complete\nshutdownGraceMs: 600000\nloopp: {laneTimeoutMs: 600000}\n',
      args: ['--', ...HANGS],
    });
    await vi.waitFor(
      async () => expect(memberOf(await served.status(), 'plugin')['state']).toBe('ready'),
      10_000,
    );
    const lost = served.post(changed(FIRST, { id: 'hang' })).catch(() => undefined);
    await vi.waitFor(async () => expect(memberOf(await served.status(), 'http')['roundsInFlight']).toBe(1));
    served.running.child.kill('SIGTERM');
    await vi.waitFor(() => expect(served.running.stderr).toContain('once more ends at once'));
    expect((await served.stop('SIGTERM')).exitCode).toBe(130);
    await lost;
  });
});

/** Writes blanks as fast as they are taken, that many at most; answers how many were. */
async function writeUntilClosed(sent: ClientRequest, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const closed = new Promise<void>((resolve) => {
    sent.once('close', resolve);
  });
  let written = 0;
  while (written < bytes && !sent.destroyed) {
    const drained = new Promise<void>((resolve) => {
      sent.write(chunk, () => resolve());
    });
    await Promise.race([drained, closed]);
    written += chunk.length;
  }
  sent.destroy();
  return written;
}

/** A plugin that never answers a round with the id `hang`. */
const HANGS = [process.execPath, absolute('test/fixtures/plugins/hangs-on-hang.mjs')];
