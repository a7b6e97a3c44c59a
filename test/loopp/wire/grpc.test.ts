import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { Client, Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  StatusError,
  asServiceError,
  bind,
  callUnary,
  handleUnary,
  newClient,
  newServer,
} from '../../../loopp/wire/grpc.ts';
import { Aggregator, Health } from '../../../loopp/wire/services.ts';

let folder: string;
let server: Server;
let client: Client | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  server = newServer();
});
afterEach(() => {
  client?.close();
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

async function connect(receiveLimitBytes = -1): Promise<Client> {
  const socket = join(folder, 's');
  await bind(server, socket);
  client = newClient(socket, receiveLimitBytes);
  return client;
}

/** The status with which a handler's error reaches the peer. */
async function statusOf(thrown: unknown): Promise<string> {
  handleUnary(server, Health.check, () => {
    throw thrown;
  });
  const error: unknown = await callUnary(await connect(), Health.check, { service: '' }).catch(
    (reason: unknown) => reason,
  );
  return asServiceError(error)?.message ?? 'no status';
}

describe('what a handler throws reaches the peer', () => {
  test('as UNKNOWN with its text, which is what a Go error becomes', async () => {
    expect(await statusOf(new Error('out of cheese \u2717 50 %'))).toBe(
      '2 UNKNOWN: out of cheese \u2717 50 %',
    );
  });

  test('as UNKNOWN also when it is no error', async () => {
    expect(await statusOf('a text')).toBe('2 UNKNOWN: a text');
  });

  test('with its status when it has one', async () => {
    expect(await statusOf(new StatusError(status.NOT_FOUND, 'no such thing'))).toBe(
      '5 NOT_FOUND: no such thing',
    );
  });

  test('as UNKNOWN when it is the status of a call of its own: Go hosts retry UNAVAILABLE for ever', async () => {
    const nested = Object.assign(new Error('14 UNAVAILABLE: gone'), { code: 14, details: 'gone' });
    expect(await statusOf(nested)).toBe('2 UNKNOWN: 14 UNAVAILABLE: gone');
  });
});

test('a reply above the limit is RESOURCE_EXHAUSTED; a request is not limited', async () => {
  handleUnary(server, Aggregator.aggregate, ({ executions }) => ({
    results: executions.map(({ id, config }) => ({ id, outcome: config, error: undefined })),
  }));
  const limited = await connect(5 * 1024 * 1024);
  const ask = (bytes: number): Promise<unknown> =>
    callUnary(limited, Aggregator.aggregate, {
      executions: [
        {
          id: 'a',
          f: 0,
          previousOutcome: undefined,
          observations: new Map(),
          config: new Uint8Array(bytes),
          revision: '',
        },
      ],
    });
  await expect(ask(4.9 * 1024 * 1024)).resolves.toBeDefined();
  await expect(ask(6 * 1024 * 1024)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
});

describe('an abort signal', () => {
  test('ends the call', async () => {
    handleUnary(server, Health.check, () => new Promise(() => undefined));
    const controller = new AbortController();
    const asked = callUnary(await connect(), Health.check, { service: '' }, { signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: status.CANCELLED });
  });

  test('that is aborted already ends it too', async () => {
    handleUnary(server, Health.check, () => new Promise(() => undefined));
    const asked = callUnary(await connect(), Health.check, { service: '' }, { signal: AbortSignal.abort() });
    await expect(asked).rejects.toMatchObject({ code: status.CANCELLED });
  });
});

test('a closed client rejects', async () => {
  handleUnary(server, Health.check, () => ({ status: 1 }));
  const closed = await connect();
  closed.close();
  await expect(callUnary(closed, Health.check, { service: '' })).rejects.toThrow(
    'Channel has been shut down',
  );
});

test('only errors of grpc are grpc errors', () => {
  expect(asServiceError(new Error('x'))).toBeUndefined();
  expect(asServiceError({ code: 5, details: 'x' })).toBeUndefined();
  expect(asServiceError(Object.assign(new Error('x'), { code: 'ENOENT', details: '' }))).toBeUndefined();
});
