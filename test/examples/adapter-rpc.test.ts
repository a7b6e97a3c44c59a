import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Blocks, ExternalAdapterPayload } from '../../src/contract/external-adapter.ts';
import { ConfigFolder, ask, bridgeTo, messageIn, shipped } from './adapter-process.ts';
import type { Json } from './adapter-process.ts';
import { RpcServer } from './rpc-server.ts';

/** The example adapter over JSON-RPC, as a real process asked by the node's bridge (docs/adapter.md). */

let folder: ConfigFolder;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  folder = new ConfigFolder();
});

afterEach(async () => {
  await folder.remove();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

describe('the adapter over JSON-RPC', () => {
  const ANVIL = 7759470850252068959n;
  const SEPOLIA = 16015286601757825753n;
  const CONTRACT = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
  const LARGE = 10n ** 30n;

  let anvil: RpcServer;
  let sepolia: RpcServer;
  beforeEach(async () => {
    anvil = await RpcServer.start(CONTRACT);
    sepolia = await RpcServer.start(CONTRACT);
    cleanUps.push(
      () => anvil.close(),
      () => sepolia.close(),
    );
    anvil.newest = { latest: 120, safe: 110, finalized: 100 };
    anvil.supplies = new Map([
      [0, 0n],
      [50, LARGE],
      [100, 2n * LARGE],
    ]);
    sepolia.newest = { latest: 9_000_030, safe: 9_000_020, finalized: 9_000_010 };
    sepolia.supplies = new Map([[0, 7n]]);
    folder.write('reserve.json', { reserveAmount: String(3n * LARGE), timestamp: 1 });
  });

  const configWith = (changes: Json = {}): Json => ({
    ...shipped('rpc.json'),
    chains: {
      [String(ANVIL)]: { url: anvil.url, contract: CONTRACT },
      [String(SEPOLIA)]: { url: sepolia.url, contract: CONTRACT },
    },
    ...changes,
  });

  async function payloadOf(blocks: Blocks, changes: Json = {}): Promise<ExternalAdapterPayload> {
    const { url } = await folder.start(configWith(changes));
    return bridgeTo(url, [ANVIL, SEPOLIA]).getPayload(blocks);
  }

  const atBlocks = (first: bigint, second: bigint): Blocks =>
    new Map([
      [ANVIL, first],
      [SEPOLIA, second],
    ]);

  test('takes every supply at the block that was asked for', async () => {
    const mintable = 2n * LARGE - 7n;
    await expect(payloadOf(atBlocks(99n, 9_000_010n))).resolves.toEqual({
      mintables: new Map([
        [ANVIL, { block: 99n, mintable }],
        [SEPOLIA, { block: 9_000_010n, mintable }],
      ]),
      reserveInfo: { reserveAmount: 3n * LARGE, timestampNs: 1_000_000n },
      latestBlocks: atBlocks(100n, 9_000_010n),
    });
    expect(anvil.calls.map(({ method }) => method)).toEqual(['eth_getBlockByNumber', 'eth_call']);
    expect(anvil.calls.map(({ params }) => params)).toEqual([
      ['finalized', false],
      [{ to: CONTRACT, data: '0x18160ddd' }, '0x63'],
    ]);
  });

  test.each([
    ['latest', atBlocks(120n, 9_000_030n)],
    ['safe', atBlocks(110n, 9_000_020n)],
    [3, atBlocks(117n, 9_000_027n)],
    [1000, atBlocks(0n, 8_999_030n)],
  ])('counts a block as final by %s', async (finality, expected) => {
    const { latestBlocks } = await payloadOf(new Map(), { finality });
    expect(latestBlocks).toEqual(expected);
  });

  test.each([
    ['is new', new Map([[ANVIL, 100n]])],
    ['has not got so far', atBlocks(101n, 9_000_010n)],
  ])('has no mintables and asks for no supply while a chain %s', async (_how, blocks) => {
    const { mintables } = await payloadOf(blocks);
    expect(mintables).toEqual(new Map());
    expect(anvil.calls.map(({ method }) => method)).toEqual(['eth_getBlockByNumber']);
  });

  test('gets the reserve over HTTP too', async () => {
    const server = createServer((_request, response) => response.end('{"reserveAmount":"2000"}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    const reserveSource = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
    const { reserveInfo, mintables } = await payloadOf(atBlocks(1n, 1n), { reserveSource });
    expect(reserveInfo.reserveAmount).toBe(2000n);
    expect(mintables.get(ANVIL)).toEqual({ block: 1n, mintable: 1993n });
  });

  const PLACE = `chains["${String(ANVIL)}"]:`;

  test.each([
    [
      'an error',
      () => ({ error: { code: -32_000, message: 'missing trie node' } }),
      `${PLACE} eth_getBlockByNumber: expected a result, got the error "missing trie node"`,
    ],
    [
      'no block',
      () => ({ result: null }),
      `${PLACE} eth_getBlockByNumber: expected a block number in hex, got nothing`,
    ],
    [
      'no contract',
      ({ method }: { readonly method: string }) =>
        method === 'eth_call' ? { result: '0x' } : { result: { number: '0x64' } },
      `${PLACE} totalSupply() of ${CONTRACT} at block 100: expected 32 bytes, got "0x"`,
    ],
    ['nothing', () => undefined, `${PLACE} eth_getBlockByNumber: expected an answer, got none within 100 ms`],
  ])('says that a chain answers %s', async (_what, override, expected) => {
    const { url } = await folder.start(configWith({ sourceTimeoutMs: 100 }));
    anvil.override = override;
    const [status, answer] = await ask(url, {
      data: {
        token: 'eth',
        reserves: 'platform',
        supplyChains: [String(ANVIL), String(SEPOLIA)],
        supplyChainBlocks: [100, 9_000_010],
      },
    });
    expect([status, messageIn(answer)]).toEqual([502, expected]);
  });

  test('says that a chain cannot be reached, and answers again when it can', async () => {
    const { url, adapter } = await folder.start(configWith());
    const chains = { supplyChains: [String(ANVIL), String(SEPOLIA)], supplyChainBlocks: [0, 0] };
    const question = { data: { token: 'eth', reserves: 'platform', ...chains } };
    await sepolia.close();
    const expected = `chains["${String(SEPOLIA)}"]: eth_getBlockByNumber: expected an answer, got ECONNREFUSED`;
    const [status, answer] = await ask(url, question);
    expect([status, messageIn(answer)]).toEqual([502, expected]);
    await vi.waitFor(() => expect(adapter.stderr).toBe(`POST /: 502 ${expected}\n`));
  });
});
