import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HttpExternalAdapter } from '../../loopp/host/bridge/http-external-adapter.ts';
import type { Blocks } from '../../src/contract/external-adapter.ts';
import { ConfigFolder, ask, bridgeTo, messageIn, shipped } from './adapter-process.ts';

/** The example adapter with figures from a file, as a real process asked by the node's bridge (docs/adapter.md). */

/** As the bridge shows an adapter's words: at most 80 characters. */
const excerptOf = (message: string): string =>
  JSON.stringify(message.length > 80 ? `${message.slice(0, 80)}…` : message);

describe('the static adapter', () => {
  const ROOTSTOCK = 8953668971247136127n;
  const TELOS = 729797994450396300n;
  const FIGURES = shipped('figures.json');
  const atBlocks = (rootstock: bigint, telos: bigint): Blocks =>
    new Map([
      [ROOTSTOCK, rootstock],
      [TELOS, telos],
    ]);

  /** One process for all of them: it keeps nothing between questions. */
  let home: ConfigFolder;
  let url: string;
  let bridge: HttpExternalAdapter;
  beforeAll(async () => {
    home = new ConfigFolder();
    ({ url } = await home.start(shipped('static.json')));
    bridge = bridgeTo(url, [ROOTSTOCK, TELOS]);
  });
  beforeEach(() => {
    home.write('figures.json', FIGURES);
  });
  afterAll(() => home.remove());

  test('answers the shipped figures: one headroom for every chain', async () => {
    await expect(bridge.getPayload(atBlocks(40n, 4n))).resolves.toEqual({
      mintables: new Map([
        [ROOTSTOCK, { block: 40n, mintable: 25n }],
        [TELOS, { block: 4n, mintable: 25n }],
      ]),
      reserveInfo: { reserveAmount: 1000n, timestampNs: 1_749_483_841_486_000_000n },
      latestBlocks: atBlocks(40n, 5n),
    });
  });

  test.each([
    ['no block', new Map()],
    ['a block of one chain only', new Map([[TELOS, 5n]])],
    ['a block that it has not seen', atBlocks(40n, 6n)],
  ])('has no mintables for %s', async (_what, blocks) => {
    const { mintables, latestBlocks } = await bridge.getPayload(blocks);
    expect(mintables).toEqual(new Map());
    expect(latestBlocks).toEqual(atBlocks(40n, 5n));
  });

  test('says the newest blocks of all chains when none is asked for', async () => {
    const [status, body] = await ask(url, { data: { token: 'eth', reserves: 'platform' } });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        mintables: {},
        reserveInfo: { reserveAmount: '1000', timestamp: 1_749_483_841_486 },
        latestBlocks: { [String(ROOTSTOCK)]: 40, [String(TELOS)]: 5 },
      },
      statusCode: 200,
      result: 0,
    });
  });

  test('reads the figures anew for every question; nothing can be minted beyond the reserve', async () => {
    home.write('figures.json', { ...FIGURES, reserveInfo: { reserveAmount: '974' } });
    const { mintables } = await bridge.getPayload(atBlocks(40n, 5n));
    expect([...mintables.values()].map(({ mintable }) => mintable)).toEqual([0n, 0n]);
  });

  test.each([
    ['{', 'figures.json: expected JSON, got "{"'],
    [{ ...FIGURES, reserveInfo: 7 }, 'figures.json: reserveAmount: expected a decimal text, got nothing'],
    [
      { ...FIGURES, reserveInfo: { reserveAmount: '-5' } },
      'figures.json: reserveAmount: expected a decimal text, got "-5"',
    ],
    [
      { ...FIGURES, reserveInfo: { reserveAmount: '5', timestamp: 'today' } },
      'figures.json: timestamp: expected milliseconds since 1970, got "today"',
    ],
    [
      { ...FIGURES, chains: {} },
      `figures.json: chains["${String(TELOS)}"].latestBlock: expected a block number, got nothing`,
    ],
    [
      {
        ...FIGURES,
        chains: {
          [String(ROOTSTOCK)]: { latestBlock: 40, supply: 1 },
          [String(TELOS)]: { latestBlock: 5, supply: '1' },
        },
      },
      `figures.json: chains["${String(ROOTSTOCK)}"].supply: expected a decimal text, got 1`,
    ],
  ])('says what is wrong with the figures: %#', async (figures, expected) => {
    home.write('figures.json', figures);
    await expect(bridge.getPayload(atBlocks(40n, 5n))).rejects.toThrow(
      `external adapter ${url}: expected an answer, got status 502 ${excerptOf(expected)}`,
    );
  });

  test('says that the figures are gone, and not where they were', async () => {
    rmSync(join(home.path, 'figures.json'));
    const [status, body] = await ask(url, { data: { token: 'eth', reserves: 'platform' } });
    expect([status, messageIn(body)]).toEqual([
      502,
      'figures.json: expected a file that can be read, got ENOENT',
    ]);
  });

  const GOOD = { token: 'eth', reserves: 'platform' };
  const BOTH = { ...GOOD, supplyChains: [String(ROOTSTOCK), String(TELOS)] };

  test.each([
    ['nonsense', 'body: expected JSON, got "nonsense"'],
    ['[]', 'body: expected an object, got []'],
    [{ data: { ...GOOD, token: 'btc' } }, 'token: expected "eth", got "btc"'],
    [{ ...GOOD, reserves: undefined }, 'reserves: expected "platform", got nothing'],
    [{ data: { ...GOOD, supplyChains: 5 } }, 'supplyChains: expected a list of chain selectors, got 5'],
    [{ data: BOTH }, 'supplyChainBlocks: expected a list of 2 block numbers, got []'],
    [
      { data: { ...BOTH, supplyChainBlocks: [1, '2'] } },
      'supplyChainBlocks[1]: expected a whole number from 0 to 9007199254740991, got "2"',
    ],
    [
      `{"token":"eth","reserves":"platform","supplyChains":["${String(TELOS)}"],"supplyChainBlocks":[9007199254740993]}`,
      'supplyChainBlocks[0]: expected a whole number from 0 to 9007199254740991, got 9007199254740992',
    ],
    [
      { data: { ...GOOD, supplyChains: [String(TELOS), '1'], supplyChainBlocks: [1, 1] } },
      `supplyChains[1]: expected one of ${String(ROOTSTOCK)}, got "1"`,
    ],
    [
      { data: { ...GOOD, supplyChains: [String(TELOS), String(TELOS)], supplyChainBlocks: [1, 1] } },
      `supplyChains[1]: expected one of ${String(ROOTSTOCK)}, got "${String(TELOS)}"`,
    ],
    [
      { data: { ...GOOD, supplyChains: [String(TELOS)], supplyChainBlocks: [1] } },
      `supplyChains: expected all chains of the token (${String(ROOTSTOCK)}, ${String(TELOS)}), got ["${String(TELOS)}"]`,
    ],
  ])('refuses %j', async (body, expected) => {
    const [status, answer] = await ask(url, body);
    expect([status, messageIn(answer)]).toEqual([400, expected]);
  });

  test('refuses a request that is too long, and answers the next one', async () => {
    const [status, answer] = await ask(url, 'x'.repeat(1_000_000));
    expect([status, messageIn(answer)]).toEqual([413, 'body: expected at most 65536 bytes, got more']);
    await expect(bridge.getPayload(new Map())).resolves.toBeDefined();
  });

  test('says that it is well, and nothing else to a GET', async () => {
    const [health, other] = await Promise.all([fetch(`${url}health`), fetch(url)]);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    expect([other.status, messageIn(await other.json())]).toEqual([405, 'method: expected POST, got GET']);
  });
});
