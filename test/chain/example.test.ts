import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadChainConfig } from '../../src/cli/chain/config.ts';
import { CommandLine, memberOf, parseJson } from '../helpers/cli.ts';
import { Anvil } from '../helpers/real/anvil.ts';
import { everything } from '../helpers/real/parts.ts';

const DEPLOY = resolve('examples/chain/deploy.mjs');

test('the example configuration is one', async () => {
  const { chainId, finality, keys } = await loadChainConfig('examples/chain/chain.yaml');
  expect({ chainId, finality, keys }).toEqual({
    chainId: 31_337,
    finality: 'latest',
    keys: { senderFile: 'sender.key', signersFile: 'signers.keys' },
  });
});

describe('the example deployment', () => {
  let cli: CommandLine;
  beforeAll(async () => {
    cli = await CommandLine.open();
  });
  afterAll(() => cli.close());

  const deploy = (...args: readonly string[]): Promise<{ readonly stdout: string }> =>
    promisify(execFile)(process.execPath, [DEPLOY, ...args], { cwd: cli.folder });

  test('says how it is used, and what is missing', async () => {
    await expect(deploy('http://127.0.0.1:1')).rejects.toMatchObject({
      code: 2,
      stderr: 'deploy: usage: node deploy.mjs RPC-URL FOLDER\n',
    });
    await expect(deploy('http://127.0.0.1:1', 'mine')).rejects.toMatchObject({ code: 1 });
  });

  // Needs a chain, a compiler and the contracts of test/real.
  describe.skipIf(!everything)('on a development chain', () => {
    let anvil: Anvil;
    beforeAll(async () => {
      anvil = await Anvil.start();
    });
    afterAll(() => anvil.stop());

    test(
      'makes it ready for a run, on the bundled capture and on a simulated DON',
      { timeout: 180_000 },
      async () => {
        const { stdout } = await deploy(anvil.url, 'mine');
        expect(stdout).toMatch(
          /^forwarder {2}0x\w{40}\nlegacy {5}0x\w{40}\nloopp {6}0x\w{40}\nconfiguration and keys in mine\n$/,
        );
        for (const secret of ['sender.key', 'signers.keys']) {
          expect(statSync(join(cli.folder, 'mine', secret)).mode & 0o777).toBe(0o600);
        }
        // The simulated DON's sequence numbers are the lower ones.
        for (const input of [
          ['--simulate', '4', '--seed', '3'],
          ['--limit', '20'],
        ]) {
          const ran = await cli.run(['run', ...input, '--chain', 'mine/chain.yaml', '--json']);
          expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' });
          const chain = memberOf(parseJson(ran.stdout), 'chain');
          expect(chain).toMatchObject({ different: 0, notDelivered: 0, outOfStep: 0 });
          expect(memberOf(chain, 'loopp')['stored']).toBeGreaterThan(3);
        }
      },
    );
  });
});
