import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXTERNAL_ADAPTER_DEFAULTS } from '../../loopp/host/bridge/options.ts';
import { AdapterProcess, ConfigFolder, ask, shipped } from './adapter-process.ts';
import type { Json } from './adapter-process.ts';
import { RpcServer } from './rpc-server.ts';

/** How the example adapter starts and ends (docs/adapter.md). */

let folder: ConfigFolder;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  folder = new ConfigFolder();
});

afterEach(async () => {
  await folder.remove();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

describe('a configuration', () => {
  const STATIC = shipped('static.json');
  const RPC = shipped('rpc.json');
  const [[SELECTOR, CHAIN]] = Object.entries(RPC['chains'] as Readonly<Record<string, Json>>) as [
    [string, Json],
  ];
  const withChain = (changes: Json): Json => ({ ...RPC, chains: { [SELECTOR]: { ...CHAIN, ...changes } } });

  test.each([
    ['{', /^adapter\.json: expected JSON, got .+$/],
    [{}, 'mode: expected one of static, rpc, got nothing'],
    [
      { ...STATIC, finality: 'safe' },
      'configuration: expected only mode, host, port, token, reserves, chains, figures, got "finality"',
    ],
    [{ ...STATIC, port: 65_536 }, 'port: expected a whole number from 0 to 65535, got 65536'],
    [{ ...STATIC, host: '' }, 'host: expected a text that is not empty, got ""'],
    [{ ...STATIC, token: undefined }, 'token: expected a text that is not empty, got nothing'],
    [{ ...STATIC, reserves: 5 }, 'reserves: expected a text that is not empty, got 5'],
    [{ ...STATIC, chains: {} }, 'chains: expected a list of chain selectors, got {}'],
    [{ ...STATIC, chains: [1] }, 'chains[0]: expected a chain selector as a decimal text, got 1'],
    [
      { ...STATIC, chains: ['18446744073709551616'] },
      'chains[0]: expected a chain selector as a decimal text, got "18446744073709551616"',
    ],
    [{ ...STATIC, figures: undefined }, 'figures: expected the name of a file, got nothing'],
    [{ ...RPC, chains: [] }, 'chains: expected an object of {url, contract} by chain selector, got []'],
    [
      { ...RPC, chains: { sepolia: CHAIN } },
      'chains: expected a chain selector as a decimal text, got "sepolia"',
    ],
    [
      withChain({ url: 'localhost:8545' }),
      `chains["${SELECTOR}"].url: expected an http or https URL, got "localhost:8545"`,
    ],
    [
      withChain({ contract: '0x12' }),
      `chains["${SELECTOR}"].contract: expected an address of 20 bytes, got "0x12"`,
    ],
    [
      withChain({ contract: '0x5FbDB2315678afecb367f032d93F642f64180aA4' }),
      `chains["${SELECTOR}"].contract: expected an address of 20 bytes, got "0x5FbDB2315678afecb367f032d93F642f64180aA4"`,
    ],
    [
      { ...RPC, finality: 'soon' },
      'finality: expected one of latest, safe, finalized or a number of blocks, got "soon"',
    ],
    [
      { ...RPC, finality: -1 },
      'finality: expected one of latest, safe, finalized or a number of blocks, got -1',
    ],
    [
      { ...RPC, reserveSource: 7 },
      'reserveSource: expected the name of a file or an http or https URL, got 7',
    ],
    [{ ...RPC, sourceTimeoutMs: 0 }, 'sourceTimeoutMs: expected a whole number from 1 to 600000, got 0'],
  ])('is refused: %j', async (config, expected) => {
    const file = folder.write('adapter.json', config);
    const adapter = new AdapterProcess([file]);
    expect(await adapter.ended).toEqual([2, null]);
    const said = adapter.stderr.replace(folder.path, '').replace(/^\//, '').trimEnd();
    if (typeof expected === 'string') expect(said).toBe(`adapter.json: ${expected}`);
    else expect(said).toMatch(expected);
    expect(adapter.stdout).toBe('');
  });

  test('that is not there, or not named', async () => {
    const missing = new AdapterProcess([`${folder.path}/no.json`]);
    const unnamed = new AdapterProcess([]);
    expect(await Promise.all([missing.ended, unnamed.ended])).toEqual([
      [2, null],
      [2, null],
    ]);
    expect(missing.stderr).toMatch(/no\.json: ENOENT: no such file or directory/);
    expect(unnamed.stderr).toBe('usage: node adapter.mjs CONFIG.json\n');
  });

  test('with an address that is taken', async () => {
    const { url } = await folder.start(STATIC);
    const taken = new AdapterProcess([
      folder.write('other.json', { ...STATIC, port: Number(new URL(url).port) }),
    ]);
    expect(await taken.ended).toEqual([3, null]);
    expect(taken.stderr).toMatch(/^listen: expected to bind 127\.0\.0\.1:[0-9]+, got listen EADDRINUSE.*\n$/);
  });

  test('that is shipped is sound', async () => {
    const [first, second] = [await folder.start(STATIC), await folder.start(RPC)];
    expect(first.adapter.stdout).toBe(`listening on ${first.url} (static, 2 chains)\n`);
    expect(second.adapter.stdout).toBe(`listening on ${second.url} (rpc, 1 chain)\n`);
  });

  test('has time for the bridge: a source answers or fails before the bridge gives up', () => {
    expect(RPC['sourceTimeoutMs']).toBeLessThan(EXTERNAL_ADAPTER_DEFAULTS.timeoutMs);
  });
});

describe('ends', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('after %s, although a connection is kept', async (signal) => {
    folder.copy('figures.json');
    const { adapter, url } = await folder.start(shipped('static.json'));
    const agent = new Agent({ keepAlive: true });
    cleanUps.push(() => agent.destroy());
    const kept = request(`${url}health`, { agent }).end();
    const [response] = (await once(kept, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    adapter.kill(signal);
    expect(await adapter.ended).toEqual([0, null]);
    expect(adapter.stderr).toBe('');
  });

  test('after the request in progress is answered', async () => {
    const rpc = await RpcServer.start('0x');
    cleanUps.push(() => rpc.close());
    const isAsked = new Promise<void>((resolve) => {
      rpc.override = () => {
        resolve();
        return undefined;
      };
    });
    const chains = { '7759470850252068959': { url: rpc.url, contract: `0x${'1'.repeat(40)}` } };
    folder.copy('reserve.json');
    const config = { ...shipped('rpc.json'), chains, sourceTimeoutMs: 500 };
    const { adapter, url } = await folder.start(config);
    const asked = ask(url, { token: 'eth', reserves: 'platform' });
    await isAsked;
    adapter.kill('SIGTERM');
    const [status] = await asked;
    expect(status).toBe(502);
    expect(await adapter.ended).toEqual([0, null]);
  });
});
