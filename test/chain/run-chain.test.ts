import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Round } from '../../src/contract/round.ts';
import { CommandLine, joined, lineOf } from '../helpers/cli.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { Anvil } from '../helpers/real/anvil.ts';
import { everything } from '../helpers/real/parts.ts';
import { SIGNER_KEYS, TwoCaches, dataIdOf } from './two-caches.ts';

describe.skipIf(!everything)('run --chain', () => {
  let anvil: Anvil;
  let caches: TwoCaches;
  let rounds: readonly Round[];
  let cli: CommandLine;

  beforeAll(async () => {
    rounds = (await loadRounds(CAPTURES[1] ?? ''));
    anvil = await Anvil.start();
    caches = await TwoCaches.deploy(anvil.wallet(0), [...new Set(rounds.map(dataIdOf))]);
    cli = await CommandLine.open();
    await cli.file('sender.key', anvil.wallet(1).privateKey);
    await cli.file('signers.keys', SIGNER_KEYS.join('\n'));
  });
  afterAll(async () => {
    await cli?.close();
    await anvil?.stop();
  });

  test('trial', async () => {
    await cli.file('chain.yaml', caches.config(anvil.url));
    await cli.file('rounds.jsonl', joined(rounds.map(lineOf)));
    const t = performance.now();
    const { exitCode, stdout, stderr } = await cli.run(['run', 'rounds.jsonl', '--chain', 'chain.yaml', '--out', 'out']);
    console.log(exitCode, stdout, stderr, performance.now() - t);
    console.log((await cli.read('out/chain.jsonl')).split('\n').slice(0,6).join('\n'));
  }, 300000);
});
