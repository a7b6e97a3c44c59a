import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LaneError } from '../../src/contract/lane.ts';
import type { LaneErrorKind } from '../../src/contract/lane.ts';
import { bundledLines, changed, memberOf, parseJson } from '../helpers/cli.ts';
import { deferred, errorOf } from '../harness/fakes.ts';
import { TOKEN, TestService, laneThat } from './fixture.ts';
import type { Changes } from './fixture.ts';

const [FIRST = '', SECOND = '', THIRD = ''] = bundledLines(3);
const hanging = laneThat(() => new Promise(() => undefined));
const failing = (kind: LaneErrorKind): ReturnType<typeof laneThat> =>
  laneThat(() => Promise.reject(new LaneError(kind, 'as told')));

const idOf = (line: string): unknown => parseJson(line)['id'];
/** As the Go node answered it. */
function witnessOf(line: string): unknown {
  const { results } = memberOf(parseJson(line), 'expect');
  return Array.isArray(results)
    ? (results as readonly { readonly outcome: string }[])[0]?.outcome
    : undefined;
}

let service: TestService | undefined;
async function started(changes: Changes = {}): Promise<TestService> {
  service = await TestService.start(changes);
  return service;
}
afterEach(async () => {
  await service?.stop(0);
  service = undefined;
});

/** Waits until so many verdicts are there. */
const judged = (running: TestService, count: number): Promise<void> =>
  vi.waitFor(() => expect(running.journal.judgements.length).toBeGreaterThanOrEqual(count), 5000);

describe('POST /v1/rounds', () => {
  test.each([
    ['off', 'legacy'],
    ['shadow', 'legacy'],
    ['live', 'loopp'],
    ['complete', 'loopp'],
  ] as const)('in stage %s answers from %s what the Go node answered', async (stage, served) => {
    const running = await started({ stage });
    const { status, json } = await running.post(FIRST);
    expect(status).toBe(200);
    expect(json).toEqual({ id: idOf(FIRST), served, stage, outcome: witnessOf(FIRST) });
    await judged(running, 1);
    const [judgement] = running.journal.judgements;
    const compared = stage === 'shadow' || stage === 'live';
    expect(judgement?.verdict).toEqual(compared ? { key: 'match' } : { key: 'notCompared', reason: 'stage' });
    expect(judgement).toMatchObject({ stage, served, decision: { reason: 'fixed' } });
  });

  test('answers an aggregation error as what it is', async () => {
    const running = await started();
    const { status, json } = await running.post(changed(FIRST, { observations: {} }));
    expect(status).toBe(200);
    expect(json).toEqual({ id: idOf(FIRST), served: 'legacy', stage: 'shadow', error: 'no observations' });
    await judged(running, 1);
    expect(running.journal.judgements[0]?.verdict.key).toBe('bothFailedAlike');
  });

  test('never waits for the shadow', async () => {
    const running = await started({ parts: { loopp: hanging } });
    expect((await running.post(FIRST)).status).toBe(200);
    expect(await running.status()).toMatchObject({ rounds: 1, pending: 1, shadow: { inProgress: 1 } });
  });

  test('drops what the shadow cannot take, and says so', async () => {
    const running = await started({ parts: { loopp: hanging }, shadow: { concurrency: 1, waiting: 1 } });
    for (const line of [FIRST, SECOND, THIRD]) expect((await running.post(line)).status).toBe(200);
    await judged(running, 1);
    expect(running.journal.judgements[0]?.verdict).toEqual({
      key: 'notCompared',
      reason: 'shadow queue full',
    });
    expect(await running.status()).toMatchObject({
      pending: 2,
      shadow: { inProgress: 1, waiting: 1 },
      counts: { notCompared: { 'shadow queue full': 1 } },
    });
  });

  test('bounds the queue of the shadow in bytes as well', async () => {
    const running = await started({
      parts: { loopp: hanging },
      shadow: { concurrency: 1, waitingBytes: 100 },
    });
    for (const line of [FIRST, SECOND]) expect((await running.post(line)).status).toBe(200);
    await judged(running, 1);
    expect(running.journal.judgements[0]?.verdict.reason).toBe('shadow queue full');
  });

  test('in live falls back to legacy where loopp has no answer', async () => {
    const running = await started({ stage: 'live', parts: { loopp: failing('unavailable') } });
    const { status, json } = await running.post(FIRST);
    expect(status).toBe(200);
    expect(json).toEqual({
      id: idOf(FIRST),
      served: 'legacy',
      stage: 'live',
      outcome: witnessOf(FIRST),
      fallback: true,
    });
    await judged(running, 1);
    expect(await running.status()).toMatchObject({ counts: { fallbacks: 1 }, verdicts: { unavailable: 1 } });
  });

  test('in live serves an aggregation error of loopp, and does not fall back', async () => {
    const lying = laneThat(() => Promise.resolve(errorOf('a lie')));
    const running = await started({ stage: 'live', parts: { loopp: lying } });
    expect((await running.post(FIRST)).json).toMatchObject({ served: 'loopp', error: 'a lie' });
  });

  test.each([
    ['protocol', 502],
    ['unavailable', 503],
    ['timeout', 503],
  ] as const)('in complete answers a %s with %i', async (kind, expected) => {
    const running = await started({ stage: 'complete', parts: { loopp: failing(kind) } });
    const { status, headers, json } = await running.post(FIRST);
    expect(status).toBe(expected);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({
      status: expected,
      detail: 'lane loopp: as told',
      id: idOf(FIRST),
      stage: 'complete',
      lane: 'loopp',
      laneError: kind,
    });
  });

  test('serves a round twice, and compares it once', async () => {
    const running = await started();
    expect((await running.post(FIRST)).json).not.toHaveProperty('seen');
    expect(await running.post(FIRST)).toMatchObject({ status: 200, json: { seen: 'same' } });
    await judged(running, 2);
    expect(await running.status()).toMatchObject({ verdicts: { match: 1, notCompared: 1 }, distinct: 1 });
  });

  test('serves an id with other bytes as a round of its own, and counts the conflict', async () => {
    const running = await started();
    await running.post(FIRST);
    const other = await running.post(changed(FIRST, { f: 2 }));
    expect(other).toMatchObject({ status: 200, json: { seen: 'different', outcome: witnessOf(FIRST) } });
    await judged(running, 2);
    expect(await running.status()).toMatchObject({ verdicts: { match: 2 }, counts: { conflicts: 1 } });
  });

  test.each([
    ['no JSON', '{', 'line: expected a JSON object, got invalid JSON'],
    ['nothing', '', 'line: expected a JSON object, got invalid JSON'],
    ['a field', changed(FIRST, { f: -1 }), 'f: expected a whole number, 0 or more, got -1'],
    ['no base64', changed(FIRST, { config: '*' }), 'config: expected standard base64 with padding, got "*"'],
    [
      'no protobuf',
      changed(FIRST, { config: '/w==' }),
      'config: expected protobuf of values.v1.Map, got 1 byte',
    ],
  ])('refuses %s as a capture would be refused', async (_, body, detail) => {
    const running = await started();
    const { status, json } = await running.post(body);
    expect(status).toBe(400);
    expect(json['detail']).toContain(detail);
    expect(await running.status()).toMatchObject({ rounds: 0 });
  });

  test.each([
    ['no token', {}, 401, 'got no bearer token'],
    ['another scheme', { authorization: 'Basic YTpi' }, 401, 'got no bearer token'],
    ['another token', { authorization: `Bearer ${TOKEN}x` }, 401, 'got another token'],
    ['an encoding', { 'content-encoding': 'gzip' }, 415, 'content-encoding: expected none, got gzip'],
  ])('refuses %s', async (_, headers, expected, detail) => {
    const running = await started();
    const init = { method: 'POST', body: FIRST };
    const authorized = expected === 401 ? {} : { authorization: `Bearer ${TOKEN}` };
    const { status, json } = await running.fetch('/v1/rounds', {
      ...init,
      headers: { ...authorized, ...headers },
    });
    expect(status).toBe(expected);
    expect(json['detail']).toContain(detail);
    expect(await running.status()).toMatchObject({ rounds: 0 });
  });

  test('says which scheme it wants', async () => {
    const running = await started();
    const { headers } = await running.fetch('/v1/rounds', { method: 'POST', body: FIRST });
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  test('takes nothing from anybody without a token of its own', async () => {
    const running = await started({ rounds: { token: undefined } });
    const { status, json } = await running.post(FIRST);
    expect(status).toBe(403);
    expect(json['detail']).toBe(
      'writes are refused: SECUREMINT_SHADOW_TOKEN is not set where the service runs',
    );
  });

  test('takes so many rounds a second', async () => {
    const running = await started({ rounds: { roundsPerSecond: 2 } });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await running.post(FIRST)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(await running.post(FIRST)).toMatchObject({
      json: { detail: 'expected at most 2 rounds a second, got more: come back in a second' },
    });
  });

  test('holds so many rounds at the same time', async () => {
    const running = await started({
      stage: 'complete',
      parts: { loopp: hanging },
      rounds: { roundsInFlight: 1 },
    });
    const first = running.post(FIRST).catch(() => undefined);
    await vi.waitFor(async () => expect(memberOf(await running.status(), 'http')['roundsInFlight']).toBe(1));
    const { status, headers, json } = await running.post(SECOND);
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(json['detail']).toBe('expected at most 1 rounds in flight, got more: come back in a second');
    await running.stop(0);
    await first;
  });
});

describe('a round', () => {
  test('is served and judged though its client has left', async () => {
    const answer = deferred<ReturnType<typeof errorOf>>();
    const running = await started({ stage: 'complete', parts: { loopp: laneThat(() => answer.promise) } });
    const wire = running.connect();
    wire.write(`${head(`content-length: ${String(Buffer.byteLength(FIRST))}`)}${FIRST}`);
    await vi.waitFor(async () => expect(memberOf(await running.status(), 'http')['roundsInFlight']).toBe(1));
    wire.socket.destroy();
    await wire.closed;
    answer.resolve(errorOf('to nobody'));
    await judged(running, 1);
    expect(await running.stop()).toBe(true);
  });

  test('whose fields are nested without end is refused like any other', async () => {
    const running = await started({ rounds: { bodyLimitBytes: 1_000_000 } });
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { status } = await running.post(`{"id": ${nested}}`);
    expect(status).toBe(400);
    expect((await running.post(FIRST)).status).toBe(200);
  });

  test('cannot forge a line of the log with its id', async () => {
    const running = await started({ parts: { loopp: laneThat(() => Promise.resolve(errorOf('a lie'))) } });
    await running.post(changed(FIRST, { id: `x\ninfo: all is well ${'y'.repeat(100_000)}` }));
    await judged(running, 1);
    const line = running.logged.lines.find((text) => text.includes('the lanes do not agree')) ?? '';
    expect(line).toMatch(/^warn: the lanes do not agree verdict=onlyLooppFailed round=x\\ninfo: .* soFar=1$/);
    expect(line.length).toBeLessThan(10_000);
  });
});

describe('a body', () => {
  test('that says it is too large is not read', async () => {
    const running = await started();
    const wire = running.connect();
    wire.write(head('content-length: 100000000'));
    expect(await wire.closed).toContain('body: expected at most 262144 bytes, got 100000000 bytes');
    expect(wire.status).toBe(413);
  });

  test.each(['keep-alive', 'close'])(
    'that turns out to be too large is cut off, and the answer reaches a client that sends on (%s)',
    async (connection) => {
      const running = await started();
      const wire = running.connect();
      wire.write(head('transfer-encoding: chunked', `connection: ${connection}`));
      const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
      for (let count = 0; count < 300; count++) wire.write(chunk);
      expect(await wire.closed).toContain('body: expected at most 262144 bytes, got more');
      expect(wire.status).toBe(413);
    },
  );

  test('that the client holds back is not asked for in vain', async () => {
    const running = await started();
    const wire = running.connect();
    wire.write(head('content-length: 100000000', 'expect: 100-continue'));
    expect(await wire.closed).not.toContain('100 Continue');
    expect(wire.status).toBe(413);
  });

  test('that the client holds back is asked for', async () => {
    const running = await started();
    const wire = running.connect();
    wire.write(head(`content-length: ${String(Buffer.byteLength(FIRST))}`, 'expect: 100-continue'));
    await vi.waitFor(() => expect(wire.received).toBe('HTTP/1.1 100 Continue\r\n\r\n'));
    wire.write(FIRST);
    await vi.waitFor(() => expect(wire.received).toContain('HTTP/1.1 200 OK'));
    wire.socket.destroy();
  });

  test('is refused where all bodies together are too large, until there is room again', async () => {
    const running = await started({ rounds: { bodiesLimitBytes: 200_000 } });
    const large = running.connect();
    large.write(head('content-length: 150000'));
    large.write(' '.repeat(149_999));
    await vi.waitFor(async () => {
      const { status, json } = await running.post(' '.repeat(60_000));
      expect(status).toBe(429);
      expect(json['detail']).toContain('expected at most 200000 bytes of rounds in flight');
    });
    large.socket.destroy();
    await vi.waitFor(async () => expect((await running.post(' '.repeat(60_000))).status).toBe(400));
  });

  test('that ends too early leaves nothing behind', async () => {
    const running = await started({ rounds: { roundsInFlight: 1 } });
    const wire = running.connect();
    wire.write(head('content-length: 1000'));
    await delay(50);
    wire.socket.destroy();
    await vi.waitFor(async () => expect((await running.post(FIRST)).status).toBe(200));
  });
});

describe('a client that is slow', () => {
  test('with its header is cut off', async () => {
    const running = await started({ http: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const wire = running.connect();
    wire.write('POST /v1/rounds HTTP/1.1\r\nhost: x\r\n');
    expect(await wire.closed).toContain('the request took too long to come');
    expect(wire.status).toBe(408);
  });

  test('with its body is cut off', async () => {
    const running = await started({ http: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const wire = running.connect();
    wire.write(head('content-length: 10'));
    wire.write('{');
    await wire.closed;
    expect(wire.status).toBe(408);
  });

  test('with everything is cut off', async () => {
    const running = await started({ http: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const wire = running.connect();
    await wire.closed;
    expect(wire.status).toBe(408);
  });

  test('with its next request is cut off', async () => {
    const running = await started({ http: { keepAliveTimeoutMs: 100 } });
    const wire = running.connect();
    wire.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await wire.closed;
    expect(wire.status).toBe(200);
  });
});

describe('a client that', () => {
  test('speaks no HTTP is told so', async () => {
    const wire = (await started()).connect();
    wire.write('hello\r\n\r\n');
    expect(await wire.closed).toContain('expected an HTTP/1.1 request, got something else');
    expect(wire.status).toBe(400);
  });

  test('has a header without end is told so', async () => {
    const wire = (await started()).connect();
    wire.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}`);
    await wire.closed;
    expect(wire.status).toBe(431);
  });

  test('asks for what is not there is told what is', async () => {
    const running = await started();
    const { status, json } = await running.fetch('/v1/round');
    expect(status).toBe(404);
    expect(json['detail']).toBe(
      'path: expected one of /v1/rounds, /healthz, /readyz, /metrics, /status, got "/v1/round"',
    );
  });

  test('uses another method is told which', async () => {
    const running = await started();
    expect(await running.fetch('/v1/rounds')).toMatchObject({
      status: 405,
      json: { detail: 'method: expected POST, got GET' },
    });
    const { status, headers } = await running.fetch('/status', { method: 'DELETE' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET']);
    expect((await running.fetch('/healthz', { method: 'HEAD' })).status).toBe(200);
  });

  test('is one too many is told so, and the service can still be looked at', async () => {
    const running = await started({ http: { connections: 2 } });
    const others = [running.connect(), running.connect()];
    await Promise.all(others.map(({ socket }) => once(socket, 'connect')));
    const { status, json, headers } = await running.post(FIRST);
    expect(status).toBe(429);
    expect(json['detail']).toBe('expected fewer connections to the service, got more: come back in a second');
    expect(headers.get('connection')).toBe('close');
    expect((await running.fetch('/healthz')).status).toBe(200);
    for (const { socket } of others) socket.destroy();
    await vi.waitFor(async () => expect((await running.post(FIRST)).status).toBe(200));
  });
});

describe('what is told', () => {
  test('is ready as long as every stage in use is served', async () => {
    const ill = laneThat(() => new Promise(() => undefined), {
      health: () => ({ ok: false, reason: 'it is launching' }),
    });
    const running = await started({ stage: 'live', parts: { loopp: ill } });
    expect(await running.fetch('/readyz')).toMatchObject({
      status: 200,
      json: { ready: true, lanes: { legacy: 'ok', loopp: 'it is launching' } },
    });
    running.flags.set('complete');
    expect(await running.fetch('/readyz')).toMatchObject({
      status: 503,
      json: { ready: false, reasons: ['stage complete is served by the loopp lane: it is launching'] },
    });
  });

  test('adds up, on /metrics too', async () => {
    const running = await started();
    for (const line of bundledLines(40)) await running.post(line);
    await judged(running, 40);
    const status = await running.status();
    expect(status).toMatchObject({
      rounds: 40,
      pending: 0,
      distinct: 40,
      stages: { shadow: { rounds: 40, share: 1 }, live: { rounds: 0, share: 0 } },
      alarms: {},
    });
    const sum = Object.values(memberOf(status, 'verdicts')).reduce<number>(
      (all, one) => all + Number(one),
      0,
    );
    expect(sum).toBe(40);
    const { text } = await running.fetch('/metrics');
    for (const series of [
      'rounds_taken_total 40',
      'rounds_pending 0',
      'stage_rounds_total{stage="shadow"} 40',
      'decisions_total{reason="fixed"} 40',
      'served_duration_seconds_count{lane="legacy"} 40',
      'flag_polling{state="fixed"} 1',
      'plugin_state{state="ready"} 1',
      'journal_state{state="open"} 1',
      'alarm{part="flag"} 0',
      'ready 1',
    ]) {
      expect(text).toContain(`\nsecuremint_shadow_${series}\n`);
    }
  });

  test('knows the workflows that rounds came from', async () => {
    const running = await started();
    await running.post(FIRST);
    await running.post(changed(FIRST, { id: 'other', workflow: undefined }));
    expect((await running.status())['workflows']).toEqual([
      'securemint-ethereum-mainnet',
      '5009297550715157269:01c50800000000000000000000000001',
    ]);
  });
});

describe('the end', () => {
  test('answers what is in flight, refuses what comes, and closes the books', async () => {
    const answer = deferred<ReturnType<typeof errorOf>>();
    const running = await started({ stage: 'complete', parts: { loopp: laneThat(() => answer.promise) } });
    const wire = running.connect();
    wire.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
    const inFlight = running.post(FIRST);
    await vi.waitFor(async () => expect(memberOf(await running.status(), 'http')['roundsInFlight']).toBe(1));
    const stopped = running.stop();
    wire.write('\r\n');
    await vi.waitFor(() => expect(wire.received).toContain('connection: close'));
    answer.resolve(errorOf('in the end'));
    expect(await inFlight).toMatchObject({ status: 200, json: { error: 'in the end' } });
    expect(await stopped).toBe(true);
    expect(running.journal.judgements).toHaveLength(1);
    expect(running.logged.lines.at(-1)).toBe('info: stopped rounds=1 notCompared=1 notWritten=0');
    await expect(running.fetch('/healthz')).rejects.toThrow();
  });

  test('refuses rounds on connections that are open', async () => {
    const answer = deferred<ReturnType<typeof errorOf>>();
    const running = await started({ stage: 'complete', parts: { loopp: laneThat(() => answer.promise) } });
    const wire = running.connect();
    wire.write(head(`content-length: ${String(Buffer.byteLength(SECOND))}`).slice(0, -2));
    const inFlight = running.post(FIRST);
    await vi.waitFor(async () => expect(memberOf(await running.status(), 'http')['roundsInFlight']).toBe(1));
    const stopped = running.stop();
    wire.write(`\r\n${SECOND}`);
    await vi.waitFor(() => expect(wire.received).toContain('the service is shutting down'));
    expect(wire.status).toBe(503);
    answer.resolve(errorOf('in the end'));
    await inFlight;
    expect(await stopped).toBe(true);
  });

  test('does not wait longer than the grace for a lane that hangs', async () => {
    const running = await started({ parts: { loopp: hanging } });
    await running.post(FIRST);
    expect(await running.stop(50)).toBe(true);
    expect(running.journal.judgements[0]?.verdict).toEqual({ key: 'notCompared', reason: 'shutting down' });
  });

  test('says when a round has no verdict', async () => {
    const running = await started({ stage: 'complete', parts: { loopp: hanging } });
    const lost = running.post(FIRST).catch(() => undefined);
    await vi.waitFor(async () => expect(memberOf(await running.status(), 'http')['roundsInFlight']).toBe(1));
    expect(await running.stop(10)).toBe(false);
    expect(running.logged.lines).toContain('error: the verdicts do not add up to the rounds pending=1');
    await lost;
  });
});

function head(...headers: readonly string[]): string {
  const lines = ['POST /v1/rounds HTTP/1.1', 'host: x', `authorization: Bearer ${TOKEN}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
