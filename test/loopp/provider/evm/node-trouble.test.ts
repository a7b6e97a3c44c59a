import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EvmRelayerOptions } from '../../../../loopp/provider/evm/options.ts';
import { EvmRelayer } from '../../../../loopp/provider/evm/relayer.ts';
import { EvmRpcError } from '../../../../loopp/provider/evm/rpc-error.ts';
import { optionsOf } from './chain.ts';
import { TestNode } from './node.ts';
import type { Fault } from './node.ts';

/** An EVM relayer over a node that has trouble. */

let node: TestNode;
let relayers: EvmRelayer[];
beforeEach(async () => {
  relayers = [];
  node = await TestNode.start();
});
afterEach(async () => {
  await Promise.all(relayers.map((relayer) => relayer.close()));
  await node.kill();
});

function relayerOver(more: Partial<EvmRelayerOptions> = {}): EvmRelayer {
  const relayer = new EvmRelayer(optionsOf(node, more));
  relayers.push(relayer);
  return relayer;
}

async function started(more: Partial<EvmRelayerOptions> = {}): Promise<EvmRelayer> {
  const relayer = relayerOver(more);
  await relayer.start();
  node.asked.length = 0;
  return relayer;
}

const state = async (relayer: EvmRelayer): Promise<string | undefined> =>
  (await relayer.listNodeStatuses()).nodes[0]?.state;

async function failure(asked: Promise<unknown>): Promise<EvmRpcError> {
  const error = await asked.catch((reason: unknown) => reason);
  if (error instanceof EvmRpcError) return error;
  throw new Error('expected an EvmRpcError', { cause: error });
}

const TOO_MANY: Fault = { status: 429, body: 'slow down' };

describe('a node that', () => {
  test.each<[string, Fault, string, string]>([
    ['limits requests', TOO_MANY, 'rateLimited', 'limits requests: HTTP 429'],
    [
      'limits requests by a JSON-RPC error',
      { body: '{"jsonrpc":"2.0","id":$ID,"error":{"code":-32005,"message":"daily request count exceeded"}}' },
      'rateLimited',
      'limits requests: daily request count exceeded',
    ],
    ['is broken', { status: 500 }, 'serverError', 'answered HTTP 500, expected 200'],
    ['is behind a proxy that is broken', { status: 502 }, 'serverError', 'answered HTTP 502, expected 200'],
    [
      'answers a web page',
      { body: '<html>' },
      'garbage',
      'answered eth_getBlockByNumber with "<html>", expected JSON-RPC',
    ],
    [
      'answers other JSON',
      { body: '{"a":1}' },
      'garbage',
      'answered eth_getBlockByNumber with "{\\"a\\":1}", expected JSON-RPC',
    ],
    [
      'answers something else that was asked',
      { body: '{"jsonrpc":"2.0","id":9999,"result":"0x1"}' },
      'garbage',
      'answered eth_getBlockByNumber with "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":9999,\\"result\\":\\"0x1\\"}", expected JSON-RPC',
    ],
    [
      'answers an error that is none',
      { body: '{"jsonrpc":"2.0","id":$ID,"error":"no"}' },
      'garbage',
      'answered eth_getBlockByNumber with',
    ],
    ['answers nothing', { body: '' }, 'garbage', 'answered eth_getBlockByNumber with "", expected JSON-RPC'],
    ['hangs up', 'hangUp', 'unreachable', 'cannot be reached: '],
  ])('%s once is asked again; always: a clear error after three requests', async (_, fault, kind, text) => {
    const relayer = await started();
    node.faults.push(fault);
    expect((await relayer.latestHead()).height).toBe('100');
    expect(await state(relayer)).toBe('Alive');

    node.sticky = true;
    node.faults.push(fault);
    node.asked.length = 0;
    const error = await failure(relayer.latestHead());
    expect(error.kind).toBe(kind);
    expect(error.message.startsWith(`${node.origin} ${text}`)).toBe(true);
    expect(error.message.endsWith(', 3 times')).toBe(true);
    expect(error.message).not.toContain('secret-key');
    expect(node.asked).toHaveLength(3);
    expect(await state(relayer)).toBe('Unreachable');
    expect(await relayer.healthReport()).toEqual(new Map([['EvmRelayer', error.message]]));

    node.sticky = false;
    node.faults.length = 0;
    expect((await relayer.latestHead()).height).toBe('100');
    expect(await relayer.healthReport()).toEqual(new Map([['EvmRelayer', '']]));
  });

  test.each([400, 401, 403, 404, 302])('refuses with %i is not asked again', async (status) => {
    const relayer = await started();
    node.faults.push({ status });
    const error = await failure(relayer.latestHead());
    expect([error.kind, error.message]).toEqual([
      'refused',
      `${node.origin} answered HTTP ${String(status)}, expected 200`,
    ]);
    expect(node.asked).toHaveLength(1);
  });

  test('does not answer is given up', async () => {
    const relayer = await started({ requestTimeoutMs: 50, attempts: 2 });
    node.sticky = true;
    node.faults.push('hang');
    const error = await failure(relayer.latestHead());
    expect([error.kind, error.message]).toEqual([
      'timeout',
      `${node.origin} did not answer within 50 ms, 2 times`,
    ]);
    expect(node.asked).toHaveLength(2);
  });

  test('answers without end is cut off', async () => {
    const relayer = await started({ receiveLimitBytes: 2000, attempts: 1 });
    node.faults.push({ body: 'x'.repeat(10_000) });
    const error = await failure(relayer.latestHead());
    expect([error.kind, error.message]).toEqual(['garbage', `${node.origin} answered more than 2000 bytes`]);
  });

  test('owes too many answers is asked no more', async () => {
    const relayer = await started({ requestsInFlight: 2, requestTimeoutMs: 1000, attempts: 1 });
    node.sticky = true;
    node.faults.push('hang');
    const waiting = [failure(relayer.latestHead()), failure(relayer.latestHead())];
    const error = await failure(relayer.latestHead());
    expect([error.kind, error.message]).toEqual([
      'busy',
      `${node.origin} still owes 2 answers: it is asked no more`,
    ]);
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['timeout', 'timeout']);
  });

  test('says how long to wait is left alone, up to ten pauses', async () => {
    const relayer = await started({ attempts: 2 });
    node.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    expect((await relayer.latestHead()).height).toBe('100');
  });

  test('was killed and starts again is reached again, at the same address', async () => {
    const relayer = await started();
    const { port } = node;
    await node.kill();
    const error = await failure(relayer.latestHead());
    expect([error.kind, error.message]).toEqual([
      'unreachable',
      `http://127.0.0.1:${String(port)} cannot be reached: connect ECONNREFUSED 127.0.0.1:${String(port)}, 3 times`,
    ]);
    node = await TestNode.start(1337n, port);
    expect((await relayer.latestHead()).height).toBe('100');
    expect(node.methods()).toEqual(['eth_chainId', 'eth_getBlockByNumber']);
  });

  test('was killed while it was asked is asked again where it starts again', async () => {
    const relayer = await started({ attempts: 10, retryPauseMs: 20 });
    const { port } = node;
    node.faults.push('hang');
    const asked = relayer.latestHead();
    await expect.poll(() => node.asked.length).toBe(1);
    await node.kill();
    node = await TestNode.start(1337n, port);
    expect((await asked).height).toBe('100');
  });
});

describe('the chain id', () => {
  test('of another chain is a clear error at the start, and nothing is asked of that node', async () => {
    const relayer = relayerOver({ chainId: 1n });
    const error = await failure(relayer.start());
    expect([error.kind, error.message]).toEqual([
      'wrongChain',
      `${node.origin} says that its chain id is 1337, expected 1: check the URL and the chain id of the relayer`,
    ]);
    expect(node.methods()).toEqual(['eth_chainId']);
  });

  test('of another chain that starts at the same address is seen', async () => {
    const relayer = await started();
    const { port } = node;
    await node.kill();
    await failure(relayer.latestHead());
    node = await TestNode.start(5n, port);
    expect((await failure(relayer.latestHead())).message).toBe(
      `${node.origin} says that its chain id is 5, expected 1337: check the URL and the chain id of the relayer`,
    );
    expect(node.methods()).toEqual(['eth_chainId']);
    node.chainId = 1337n;
    expect((await relayer.latestHead()).height).toBe('100');
  });

  test.each([[null], ['mainnet'], [1337]])('%j is none', async (result) => {
    node.answers.set('eth_chainId', () => result);
    expect((await failure(relayerOver().start())).message).toBe(
      `${node.origin} says that its chain id is ${JSON.stringify(result)}, expected 1337: ` +
        'check the URL and the chain id of the relayer',
    );
  });

  test('is asked once, also by many at the same time', async () => {
    const relayer = relayerOver();
    await Promise.all([relayer.latestHead(), relayer.latestHead(), relayer.start()]);
    expect(node.methods().filter((method) => method === 'eth_chainId')).toHaveLength(1);
  });
});

describe('a relayer', () => {
  test('that is closed asks nothing, and what it asked is rejected', async () => {
    const relayer = await started({ requestTimeoutMs: 60_000 });
    node.sticky = true;
    node.faults.push('hang');
    const asked = relayer.latestHead().catch((error: unknown) => error);
    await expect.poll(() => node.asked.length).toBe(1);
    await relayer.close();
    expect(await asked).toBeInstanceOf(Error);
    await expect(relayer.ready()).rejects.toThrow('the relayer is closed, expected started');
    await expect(relayer.latestHead()).rejects.toThrow();
    expect(node.asked).toHaveLength(1);
  });

  test('whose caller gives up does not hold it', async () => {
    const relayer = await started({ requestTimeoutMs: 60_000 });
    node.faults.push('hang');
    const cancel = new AbortController();
    const call = { deadline: undefined, signal: cancel.signal, metadata: new Map<string, string>() };
    const asked = relayer.latestHead(call);
    await expect.poll(() => node.asked.length).toBe(1);
    cancel.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  test('that cannot start is closed', async () => {
    const relayer = relayerOver();
    await node.kill();
    await failure(relayer.start());
    await expect(relayer.ready()).rejects.toThrow('the relayer is closed, expected started');
  });
});
