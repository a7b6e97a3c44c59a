import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadChainConfig } from '../../src/cli/chain/config.ts';
import { loadKeys } from '../../src/cli/chain/keys.ts';
import type { ChainVariables } from '../../src/config.ts';
import { AppError, messageOf } from '../../src/errors.ts';

const FORWARDER = `0x${'11'.repeat(20)}`;
const LEGACY = `0x${'22'.repeat(20)}`;
const LOOPP = `0x${'Aa'.repeat(20)}`;

const MINIMAL = [
  'rpcUrl: http://127.0.0.1:8545/v1/secret',
  'chainId: 31337',
  `forwarder: "${FORWARDER}"`,
  'caches:',
  `  legacy: "${LEGACY}"`,
  `  loopp: "${LOOPP}"`,
  'don: { id: 7, configVersion: 3, f: 1 }',
  'workflow:',
  `  owner: "0x${'44'.repeat(20)}"`,
  '  name: "33445566778899AABBCC"',
];

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  path = join(folder, 'chain.yaml');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of a good configuration, some of them replaced by their beginning, and more after them. */
function config(replaced: Readonly<Record<string, string>> = {}, more: readonly string[] = []): string {
  const lines = MINIMAL.map((line) => {
    const [, replacement] = Object.entries(replaced).find(([start]) => line.trim().startsWith(start)) ?? [];
    return replacement ?? line;
  });
  return [...lines, ...more].join('\n');
}

const load = (text: string): ReturnType<typeof loadChainConfig> => {
  writeFileSync(path, text);
  return loadChainConfig(path);
};

/** What a refusal says, without the folder. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('expected a refusal, got none'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  expect(error.code).toBe('INPUT');
  return messageOf(error).replaceAll(`${folder}/`, '');
}

describe('a configuration of a chain', () => {
  test('has defaults for all that is not about one chain', async () => {
    expect(await load(config())).toEqual({
      rpcUrl: 'http://127.0.0.1:8545/v1/secret',
      chainId: 31_337,
      forwarder: FORWARDER,
      caches: { legacy: LEGACY, loopp: LOOPP },
      don: { id: 7, configVersion: 3, f: 1 },
      workflow: { owner: '44'.repeat(20), name: '33445566778899aabbcc' },
      keys: {},
      finality: 'latest',
      gasLimit: 400_000,
      requestTimeoutMs: 2000,
      attempts: 3,
      retryPauseMs: 100,
      deliveryTimeoutMs: 30_000,
      finalityTimeoutMs: 60_000,
      pollIntervalMs: 500,
      patienceMs: 60_000,
      concurrency: 8,
      maxNotDelivered: 0,
    });
  });

  test('may be JSON, and say everything', async () => {
    const { finality, keys } = await load(
      config({}, ['finality: { depth: 12 }', 'keys: { senderFile: a, signersFile: b }']),
    );
    expect({ finality, keys }).toEqual({
      finality: { depth: 12 },
      keys: { senderFile: 'a', signersFile: 'b' },
    });
    const json = JSON.stringify(await load(config()));
    expect(await load(json)).toEqual(await load(config()));
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
    [
      'rpcUrl',
      { rpcUrl: 'rpcUrl: ftp://x/secret' },
      [],
      '1: rpcUrl: expected an http or https URL, got another text',
    ],
    ['rpcUrl', { rpcUrl: 'rpcUrl: 5' }, [], '1: rpcUrl: expected an http or https URL, got another number'],
    [
      'chainId',
      { chainId: 'chainId: 0' },
      [],
      '2: chainId: expected a whole number from 1 to 9,007,199,254,740,991, got 0',
    ],
    [
      'an address that YAML takes for a number',
      { forwarder: `forwarder: ${FORWARDER}` },
      [],
      '3: forwarder: expected the address of a KeystoneForwarder, 20 bytes in hex, in quotes, got 9.743344248872686e+46',
    ],
    [
      'an address that is cut',
      { legacy: '  legacy: "0x22"' },
      [],
      '5: caches.legacy: expected the address of a DataFeedsCache, 20 bytes in hex, in quotes, got "0x22"',
    ],
    [
      'one cache for both',
      { loopp: `  loopp: "${LEGACY}"` },
      [],
      '6: caches.loopp: expected another cache than caches.legacy, got the same',
    ],
    [
      'don.f',
      { don: 'don: { id: 7, configVersion: 3, f: 0 }' },
      [],
      '7: don.f: expected a whole number from 1 to 10, got 0',
    ],
    [
      'a missing field',
      { don: 'don: { id: 7, f: 1 }' },
      [],
      '7: don.configVersion: expected a value, got nothing',
    ],
    [
      'workflow.name',
      { name: '  name: "abc"' },
      [],
      '10: workflow.name: expected a name, 10 bytes in hex, in quotes, got "abc"',
    ],
    [
      'finality',
      {},
      ['finality: soon'],
      '11: finality: expected one of latest, safe, finalized, or {depth: n}, got "soon"',
    ],
    [
      'gasLimit',
      {},
      ['gasLimit: 1'],
      '11: gasLimit: expected a whole number from 21,000 to 30,000,000, got 1',
    ],
    [
      'patienceMs',
      {},
      ['patienceMs: -1'],
      '11: patienceMs: expected a whole number from 0 to 3,600,000, got -1',
    ],
    [
      'a field that is misspelt',
      {},
      ['gaslimit: 1'],
      '11: gaslimit: expected one of rpcUrl, chainId, forwarder, caches, don, workflow, keys, finality, gasLimit, ' +
        'requestTimeoutMs, attempts, retryPauseMs, deliveryTimeoutMs, finalityTimeoutMs, pollIntervalMs, patienceMs, ' +
        'concurrency, maxNotDelivered, got "gaslimit": did you mean gasLimit?',
    ],
    [
      'a key in the file',
      {},
      [`senderKey: "0x${'77'.repeat(32)}"`],
      '11: senderKey: expected no secret in this file, got one: keys come from files of their own or from the environment',
    ],
  ])('is refused by line and field: %s', async (_, replaced, more, message) => {
    const said = await refusal(load(config(replaced, more)));
    expect(said).toContain(`chain.yaml:${message}`);
    expect(said).not.toMatch(/secret$|7777/);
  });

  test('is refused for every field that is wrong, and for those that are missing', async () => {
    expect((await refusal(load('chainId: x\n'))).split('\n')).toEqual([
      'chain.yaml: rpcUrl: expected a value, got nothing',
      expect.stringContaining('chain.yaml:1: chainId: expected a whole number'),
      'chain.yaml: forwarder: expected a value, got nothing',
      'chain.yaml: caches: expected a value, got nothing',
      'chain.yaml: don: expected a value, got nothing',
      'chain.yaml: workflow: expected a value, got nothing',
    ]);
  });

  test.each([
    ['5\n', 'chain.yaml: configuration: expected'],
    ['a: [\n', 'chain.yaml:2: expected YAML, got: '],
  ])('is no %j', async (text, message) => {
    expect(await refusal(load(text))).toContain(message);
  });

  test('that is not there', async () => {
    expect(await refusal(loadChainConfig(join(folder, 'none.yaml')))).toBe(
      'none.yaml: expected a configuration file, got no such file',
    );
  });
});

const key = (byte: string): string => `0x${byte.repeat(32)}`;

describe('the keys', () => {
  const NOTHING: ChainVariables = { senderKey: undefined, signerKeys: undefined };
  const SENDER = key('12');
  const SIGNERS = [key('34'), key('56')];
  const don = { id: 7, configVersion: 3, f: 1 };

  const given = (variables: Partial<ChainVariables>, keys: object = {}): ReturnType<typeof loadKeys> =>
    loadKeys(path, { keys, don }, { ...NOTHING, ...variables });

  beforeAll(() => {
    writeFileSync(join(folder, 'sender'), `# pays\n${SENDER}\n`);
    writeFileSync(join(folder, 'signers'), `${SIGNERS.join('\n')}\n\n${key('78').slice(2)} # a third\n`);
  });

  test('come from files beside the configuration', async () => {
    const { sender, signers } = await given({}, { senderFile: 'sender', signersFile: 'signers' });
    expect(sender).toBe(SENDER);
    expect(signers).toHaveLength(3);
  });

  test('come from the environment, which counts for more', async () => {
    const { sender, signers } = await given(
      { senderKey: key('99'), signerKeys: SIGNERS.join(',') },
      { senderFile: 'none', signersFile: 'none' },
    );
    expect(sender).toBe(key('99'));
    expect(new Set(signers.map(({ address }) => address)).size).toBe(2);
  });

  test.each<[string, Partial<ChainVariables>, object, string]>([
    [
      'no sender',
      {},
      {},
      'keys.senderFile: expected a file of keys there or the variable SECUREMINT_SHADOW_CHAIN_SENDER_KEY, got neither',
    ],
    [
      'a file that is not there',
      {},
      { senderFile: 'none' },
      'keys.senderFile: expected a file at none, got ENOENT',
    ],
    [
      'two senders',
      { senderKey: SIGNERS.join(' ') },
      {},
      "SECUREMINT_SHADOW_CHAIN_SENDER_KEY: expected the sender's private key, got 2 keys",
    ],
    [
      'a sender that is no key',
      { senderKey: `${key('12')}34` },
      {},
      'SECUREMINT_SHADOW_CHAIN_SENDER_KEY: key 1: expected a private key, 32 bytes in hex, got something else',
    ],
    [
      'a sender that is no key of the curve',
      { senderKey: key('00') },
      {},
      'SECUREMINT_SHADOW_CHAIN_SENDER_KEY: key 1: expected a private key, 32 bytes in hex, got something else',
    ],
    [
      'no signers',
      { senderKey: SENDER },
      {},
      'keys.signersFile: expected a file of keys there or the variable SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS, got neither',
    ],
    [
      'too few signers',
      { senderKey: SENDER, signerKeys: key('34') },
      {},
      'SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS: expected private keys of f + 1 = 2 oracles or more, got 1 keys',
    ],
    [
      'a signer twice',
      { senderKey: SENDER, signerKeys: `${key('34')},${key('34')}` },
      {},
      'SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS: expected private keys of f + 1 = 2 oracles or more, got a key twice',
    ],
    [
      'a signer that is no key',
      { senderKey: SENDER, signerKeys: `${key('34')},${'zz'.repeat(32)}` },
      {},
      'SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS: key 2: expected a private key, 32 bytes in hex, got something else',
    ],
  ])('are refused, and never shown: %s', async (_, variables, keys, message) => {
    const said = await refusal(given(variables, keys));
    expect(said).toBe(message);
    expect(said).not.toMatch(/1212|3434|5656|zzzz/);
  });
});
