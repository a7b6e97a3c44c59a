import { setTimeout as sleep } from 'node:timers/promises';
import { parseUnits } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DataFeedsTransmitter } from '../../loopp/provider/evm/delivery/transmitter.ts';
import type { Delivery } from '../../loopp/provider/evm/delivery/transmitter.ts';
import { EVM_RELAYER_DEFAULTS } from '../../loopp/provider/evm/options.ts';
import { EvmRpcProvider } from '../../loopp/provider/evm/rpc-provider.ts';
import { TransmittingAccount } from '../../loopp/provider/evm/account.ts';
import { plainRound } from '../helpers/arbitraries.ts';
import { everything } from '../helpers/real/parts.ts';
import { unhex } from '../helpers/wire.ts';
import { CONFIG_VERSION, Chain, DON_ID, attestRound } from './don.ts';
import { TroubledNode } from './troubled-node.ts';

const FEED = unhex('01c50000000000000000000000000000');
const POLL_MS = 20;

/** A rejection that nobody hears ends a test run, as it ends every process. */
describe.skipIf(!everything)('the patient account', () => {
  let chain: Chain;
  let node: TroubledNode;
  let provider: EvmRpcProvider;

  beforeAll(async () => {
    chain = await Chain.start([FEED]);
    node = await TroubledNode.start(() => chain.anvil.url);
  });
  beforeEach(() => {
    node.plan = () => undefined;
    node.asked.length = 0;
    provider = new EvmRpcProvider({
      ...EVM_RELAYER_DEFAULTS,
      url: node.url,
      chainId: BigInt(chain.anvil.chainId),
      chainSelector: 0n,
      attempts: 1,
    });
    provider.pollingInterval = POLL_MS;
  });
  afterEach(async () => {
    provider.destroy();
    await chain.reset();
  });
  afterAll(async () => {
    await node.stop();
    await chain.anvil.stop();
  });

  async function transmit(timeoutMs = 20_000): Promise<Delivery> {
    const account = new TransmittingAccount(chain.anvil.wallet(1).privateKey, provider);
    const transmitter = new DataFeedsTransmitter(chain.target, account, { timeoutMs });
    return transmitter.transmit(await attestRound(plainRound()));
  }

  test('waits on while its node fails', async () => {
    const mine = await chain.holdBlocks();
    const delivery = transmit();
    await chain.anvil.waitForPending(1);
    node.plan = (method) => (method === 'eth_getTransactionReceipt' ? { status: 500 } : undefined);
    const asked = node.asked.length;
    await mine();
    await mine();
    while (node.asked.length < asked + 5) await sleep(POLL_MS);
    node.plan = () => undefined;
    expect(await delivery).toMatchObject({ kind: 'delivered', rows: [{ kind: 'stored' }] });
  });

  test('waits for as many blocks as asked for', async () => {
    const account = new TransmittingAccount(chain.anvil.wallet(1).privateKey, provider);
    const mine = await chain.holdBlocks();
    const sent = await account.sendTransaction({ to: account.address });
    const waited = sent.wait(3, 20_000);
    for (let block = 1; block <= 2; block++) await mine();
    expect(await Promise.race([waited, sleep(5 * POLL_MS, 'still waiting')])).toBe('still waiting');
    await mine();
    expect(await waited).toMatchObject({ hash: sent.hash });
  });

  test('has no receipt at the deadline', async () => {
    const account = new TransmittingAccount(chain.anvil.wallet(1).privateKey, provider);
    await chain.holdBlocks();
    const sent = await account.sendTransaction({ to: account.address });
    expect(await sent.wait(1, 100)).toBeNull();
  });

  test('takes the chain\u2019s number for a transaction when its own may be wrong', async () => {
    const account = new TransmittingAccount(chain.anvil.wallet(3).privateKey, provider);
    const before = await chain.anvil.provider.getTransactionCount(account.address);
    const send = async (): Promise<number> => (await account.sendTransaction({ to: account.address })).nonce;
    expect(await send()).toBe(before);
    await chain.reset();
    account.doubtNonce();
    expect(await send()).toBe(before);
    expect(await send()).toBe(before + 1);
  });

  test('sends nothing when its node fails before, and hears of it once', async () => {
    let isFailing = false;
    node.plan = (method) => {
      if (method === 'eth_getTransactionCount') isFailing = true;
      return isFailing ? { status: 429 } : undefined;
    };
    await expect(transmit()).rejects.toMatchObject({ kind: 'unavailable' });
    await sleep(2 * POLL_MS);
    expect(node.asked).not.toContain('eth_sendRawTransaction');
  });

  test('tells of a transaction that failed', async () => {
    const mine = await chain.holdBlocks();
    const failed = transmit();
    const expected = expect(failed).rejects.toMatchObject({ kind: 'refused' });
    await chain.anvil.waitForPending(1);
    // Whoever pays more comes first.
    const fees = { maxPriorityFeePerGas: parseUnits('50', 'gwei'), maxFeePerGas: parseUnits('100', 'gwei') };
    await chain.feeds.forwarder.getFunction('clearConfig').send(DON_ID, CONFIG_VERSION, fees);
    await mine();
    await expected;
  });
});
