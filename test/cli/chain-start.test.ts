import { computeAddress } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TroubledNode } from '../chain/troubled-node.ts';
import type { Plan, Trouble } from '../chain/troubled-node.ts';
import { CommandLine } from '../helpers/cli.ts';
import type { Ended } from '../helpers/cli.ts';

const SENDER = '12'.repeat(32);
const SIGNERS = ['34', '56'].map((byte) => byte.repeat(32));
const KEYS = {
  SECUREMINT_SHADOW_CHAIN_SENDER_KEY: SENDER,
  SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS: SIGNERS.join(),
};
const ADDRESSES = ['11', '22', '33'].map((byte) => `0x${byte.repeat(20)}`);

const answer = (result: string): Trouble => ({ body: `{"jsonrpc":"2.0","id":$ID,"result":"${result}"}` });

/** A node of the right chain with all contracts; what a test gives comes first. */
const sound =
  (answers: Readonly<Record<string, string>> = {}): Plan =>
  (method) =>
    answer(
      { eth_chainId: '0x7a69', eth_getCode: '0x60', eth_getBalance: '0x1', ...answers }[method] ?? '0x0',
    );

let cli: CommandLine;
let node: TroubledNode;
beforeAll(async () => {
  cli = await CommandLine.open();
  node = await TroubledNode.start(() => 'http://127.0.0.1:1');
});
beforeEach(() => {
  node.plan = sound();
});
afterEach(async () => {
  expect(await cli.leftovers()).toEqual([]);
});
afterAll(async () => {
  await cli.close();
  await node.stop();
});

async function start(
  change: object = {},
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = KEYS,
): Promise<Ended> {
  const [forwarder, legacy, loopp] = ADDRESSES;
  const config = {
    rpcUrl: node.url,
    chainId: 31_337,
    forwarder,
    caches: { legacy, loopp },
    don: { id: 7, configVersion: 3, f: 1 },
    workflow: { owner: `0x${'44'.repeat(20)}`, name: '33445566778899aabbcc' },
    requestTimeoutMs: 200,
    retryPauseMs: 1,
    ...change,
  };
  await cli.file('chain.yaml', JSON.stringify(config));
  return cli.run(['run', '-', '--chain', 'chain.yaml', ...args], { env });
}

describe('run --chain does not start', () => {
  test.each<[string, Plan, string]>([
    [
      'of another chain',
      sound({ eth_chainId: '0x5' }),
      'http://NODE says that its chain id is 5, expected 31337: check the URL and the chain id of the relayer',
    ],
    ['that is gone', () => 'gone', 'http://NODE cannot be reached: '],
    ['that limits requests', () => ({ status: 429 }), 'http://NODE limits requests: HTTP 429, 3 times'],
    ['that is broken', () => ({ status: 500 }), 'http://NODE answered HTTP 500, expected 200, 3 times'],
    [
      'that is none',
      () => ({ body: '<html>' }),
      'http://NODE answered eth_chainId with "<html>", expected JSON-RPC, 3 times',
    ],
    ['that does not answer', () => 'hang', 'http://NODE did not answer within 200 ms, 3 times'],
  ])('over a node %s', async (_, plan, message) => {
    node.plan = plan;
    const { exitCode, stdout, stderr } = await start();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    const said = stderr.replaceAll(/127\.0\.0\.1:\d+/g, 'NODE');
    expect(said).toContain(`securemint-shadow: chain.yaml: the chain cannot be used: ${message}`);
    expect(said).not.toContain('secret-key');
    expect(said).toMatch(/^[^\n]+\n$/);
  });

  test('over a chain without a contract', async () => {
    node.plan = sound({ eth_getCode: '0x' });
    const { exitCode, stderr } = await start();
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      `securemint-shadow: chain.yaml: forwarder: expected a contract at ${String(ADDRESSES[0])} on chain 31337, got none\n`,
    );
  });

  test('without funds', async () => {
    node.plan = sound({ eth_getBalance: '0x0' });
    const { exitCode, stderr } = await start();
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      `securemint-shadow: chain.yaml: expected funds of the sender ${computeAddress(`0x${SENDER}`)}, which pays, got none\n`,
    );
  });

  test('with a configuration that is none, and shows no key, not even to --verbose', async () => {
    const keys = { senderFile: 'none', signersFile: 'none' };
    const { exitCode, stdout, stderr } = await start({ keys, don: { id: 7 } }, ['--verbose']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('chain.yaml:1: don.configVersion: expected a value, got nothing\n');
    const wrong = { ...KEYS, SECUREMINT_SHADOW_CHAIN_SENDER_KEY: `${SENDER}99` };
    const refused = await start({}, ['--verbose'], wrong);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      'SECUREMINT_SHADOW_CHAIN_SENDER_KEY: key 1: expected a private key, 32 bytes in hex, got something else\n',
    );
    for (const said of [stderr, refused.stderr]) expect(said).not.toMatch(/1212|3434|5656/);
  });

  test('without keys', async () => {
    const { exitCode, stderr } = await start({}, [], {});
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^securemint-shadow: keys\.senderFile: expected a file of keys there or the variable /,
    );
  });

  test('beside --ocr3', async () => {
    expect(await start({}, ['--ocr3'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'securemint-shadow: --chain: expected no --ocr3 beside it, whose answers are no outcomes, got both\n',
    });
  });

  test('without its file', async () => {
    const { exitCode, stderr } = await cli.run(['run', '--chain', 'none.yaml']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'securemint-shadow: none.yaml: expected a configuration file, got no such file\n',
    });
  });

  test('and leaves nothing behind when the plugin does not', async () => {
    const { exitCode, stderr } = await start({}, ['--', '/bin/true']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('could not be started: plugin exited before we could connect');
  });
});

test('a run without a round has a report all the same, with its chain', async () => {
  const { exitCode, stdout } = await start({}, ['--json', '--out', 'empty']);
  expect(exitCode).toBe(2);
  const { chain } = JSON.parse(stdout) as { readonly chain: object };
  expect(chain).toMatchObject({ rounds: 0, same: 0, reasons: {} });
  expect(await cli.read('empty/chain.jsonl')).toBe('');
});
