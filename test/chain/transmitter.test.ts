import { JsonRpcProvider, Network, Wallet, ZeroAddress, hexlify, parseUnits } from 'ethers';
import type { TransactionRequest, TransactionResponse } from 'ethers';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DataFeedsCacheReader } from '../../loopp/provider/evm/delivery/cache.ts';
import { outcomeReport } from '../../loopp/provider/evm/delivery/outcome-report.ts';
import { DataFeedsTransmitter } from '../../loopp/provider/evm/delivery/transmitter.ts';
import type { AttestedReport } from '../../loopp/provider/evm/delivery/transmitter.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import { bigint, bytes, int64, list, map, plainRound } from '../helpers/arbitraries.ts';
import { everything } from '../helpers/real/parts.ts';
import { unhex } from '../helpers/wire.ts';
import {
  CONFIG_VERSION,
  Chain,
  DON_ID,
  F,
  KEYRINGS,
  attest,
  attestRound,
  keyringOf,
  newMetadata,
} from './don.ts';

const FEED = unhex('01c50000000000000000000000000000');
const FEEDS = [
  FEED,
  unhex('01c50000000000000000000000000001'),
  unhex('01c50000000000000000000000000002'),
] as const;
const UNKNOWN_FEED = unhex('01c50000000000000000000000000003');
const ADDRESS = `0x${'11'.repeat(20)}`;

const attested = (seqNr = 10n): Promise<AttestedReport> => attestRound(plainRound({ fields: { seqNr } }));

/** Sends nothing before it is told to go on. */
class SlowWallet extends Wallet {
  goOn: () => void = () => undefined;
  private readonly told = new Promise<void>((resolve) => {
    this.goOn = resolve;
  });

  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    await this.told;
    return super.sendTransaction(transaction);
  }
}

// Needs a chain and the contracts of test/real.
describe.skipIf(!everything)('the transmitter', () => {
  let chain: Chain;
  let cache: DataFeedsCacheReader;

  beforeAll(async () => {
    chain = await Chain.start(FEEDS);
    cache = new DataFeedsCacheReader(chain.target.cache, chain.anvil.provider);
  });
  afterEach(() => chain.reset());
  afterAll(() => chain.anvil.stop());

  const blocks = (): Promise<number> => chain.anvil.provider.getBlockNumber();

  test('sends from its account', async () => {
    const { address } = chain.anvil.wallet(1);
    expect(await chain.transmitter().fromAccount()).toBe(address);
    const delivery = await chain.transmitter().transmit(await attested());
    const hash = delivery.kind === 'delivered' ? delivery.transaction : '';
    expect(await chain.anvil.provider.getTransaction(hash)).toMatchObject({
      from: address,
      gasLimit: 400_000n,
    });
  });

  test('takes two of four signatures, whichever come', async () => {
    const all = await attested();
    const some = { ...all, signatures: all.signatures.toReversed().slice(0, 2) };
    expect(await chain.transmitter().transmit(some)).toMatchObject({ kind: 'delivered' });
  });

  test('waits for as many blocks as asked for', async () => {
    const mine = await chain.holdBlocks();
    const delivery = chain.transmitter({ confirmations: 3 }).transmit(await attested());
    await chain.anvil.waitForPending(1);
    await mine();
    await mine();
    const aWhile = sleep(5 * chain.anvil.provider.pollingInterval, 'still waiting');
    expect(await Promise.race([delivery, aWhile])).toBe('still waiting');
    await mine();
    expect(await delivery).toMatchObject({ kind: 'delivered' });
  });

  describe('the forwarder refuses, and nothing is sent:', () => {
    const [first = keyringOf(0)] = KEYRINGS;

    test.each<[string, (report: AttestedReport) => AttestedReport, RegExp]>([
      [
        'a signer that it does not know',
        ({ report }) => attest(report, [keyringOf(98), keyringOf(99)]),
        /InvalidSigner\(signer 0x[0-9a-fA-F]{40}\); set the signers of this DON and configuration version/,
      ],
      [
        'another report than was signed',
        (all) => ({
          ...all,
          report: Uint8Array.from(all.report, (byte, at) => (at === 33 ? byte ^ 1 : byte)),
        }),
        /InvalidSigner\(/,
      ],
      ['another sequence number than was signed', (all) => ({ ...all, seqNr: 42n }), /InvalidSigner\(/],
      [
        'one key for two oracles',
        ({ report }) => attest(report, [first, first]),
        new RegExp(`DuplicateSigner\\(signer ${first.address}\\)$`),
      ],
      [
        'a signature that is cut',
        (all) => ({
          ...all,
          signatures: all.signatures.map(({ signer, signature }) => ({
            signer,
            signature: signature.subarray(1),
          })),
        }),
        /InvalidSignature\(signature 0x[0-9a-f]{128}\)$/,
      ],
    ])('%s', async (_, change, message) => {
      const before = await blocks();
      const refused = chain.transmitter().transmit(change(await attested()));
      await expect(refused).rejects.toMatchObject({ name: 'DeliveryError', kind: 'refused' });
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(
        `expected consent to the report from the Keystone Forwarder at ${chain.target.forwarder}, got the error `,
      );
      expect(await blocks()).toBe(before);
    });

    test('a configuration that it does not have', async () => {
      const report = await attestRound(plainRound(), newMetadata({ donConfigVersion: 4 }));
      await expect(chain.transmitter().transmit(report)).rejects.toThrow(
        `InvalidConfig(configId ${String(DON_ID * 2 ** 32 + 4)}); configId is the DON id times 2^32 plus`,
      );
    });

    test('more signatures than it wants', async () => {
      const transmitter = new DataFeedsTransmitter({ ...chain.target, f: F + 1 }, chain.anvil.wallet(1));
      await expect(transmitter.transmit(await attested())).rejects.toThrow(
        'InvalidSignatureCount(expected 2, received 3); f has to be the one that the forwarder has for this DON',
      );
    });

    test('too little gas to forward anything', async () => {
      await expect(chain.transmitter({ gasLimit: 150_000n }).transmit(await attested())).rejects.toThrow(
        /InsufficientGasForRouting\(transmissionId 0x[0-9a-f]{64}\); raise the gas limit$/,
      );
    });
  });

  describe('a report of several rows', () => {
    const rows = [...FEEDS, UNKNOWN_FEED].map((feed) =>
      map({ DataID: bytes(feed), Answer: bigint(5n), Timestamp: int64(10n) }),
    );
    const severalRows = async (): Promise<AttestedReport> => {
      const encodableOutcome = new Map([['Reports', list(...rows)]]);
      const outcome = AggregationOutcome.encode({ shouldReport: true, encodableOutcome });
      return attest((await outcomeReport('2025-09', newMetadata(), outcome)) ?? new Uint8Array());
    };

    test('has a fate for each, in their order', async () => {
      const delivery = await chain.transmitter().transmit(await severalRows());
      const fates = delivery.kind === 'delivered' ? delivery.rows : [];
      expect(fates.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored', 'notPermitted']);
      expect(fates.map(({ dataId }) => dataId)).toEqual([...FEEDS, UNKNOWN_FEED]);
    });

    test('and with gas that is enough for the forwarder but not for the cache may come again with more', async () => {
      const report = await severalRows();
      expect(await chain.transmitter({ gasLimit: 250_000n }).transmit(report)).toMatchObject({
        kind: 'receiverReverted',
      });
      expect(await cache.latest(FEED)).toBeUndefined();
      expect(await chain.transmitter().transmit(report)).toMatchObject({ kind: 'delivered' });
      expect(await cache.latest(FEED)).toMatchObject({ roundId: 1n });
    });
  });

  describe('a report that is on chain already', () => {
    test('is not sent again', async () => {
      const report = await attested();
      await chain.transmitter().transmit(report);
      const before = await blocks();
      const other = chain.transmitter({}, chain.anvil.wallet(2));
      expect(await other.transmit(report)).toEqual({
        kind: 'alreadyDelivered',
        transmitter: chain.anvil.wallet(1).address,
      });
      expect(await blocks()).toBe(before);
    });

    test('is told of by the oracle that lost the race', async () => {
      const mine = await chain.holdBlocks();
      const report = await attested();
      const both = [1, 2].map((wallet) => chain.transmitter({}, chain.anvil.wallet(wallet)).transmit(report));
      await chain.anvil.waitForPending(2);
      await mine();
      const deliveries = await Promise.all(both);
      expect(deliveries.map(({ kind }) => kind).toSorted()).toEqual(['alreadyDelivered', 'delivered']);
      expect(await cache.latest(FEED)).toMatchObject({ roundId: 1n });
    });
  });

  test('a forwarder that changes its mind in between: the transaction fails and is named', async () => {
    const mine = await chain.holdBlocks();
    const failed = chain.transmitter().transmit(await attested());
    const expected = expect(failed).rejects.toThrow(
      /to take the report as it said, got transaction 0x[0-9a-f]{64}, which failed; its signers or its gas may have/,
    );
    await chain.anvil.waitForPending(1);
    // Whoever pays more comes first.
    const fees = { maxPriorityFeePerGas: parseUnits('50', 'gwei'), maxFeePerGas: parseUnits('100', 'gwei') };
    await chain.feeds.forwarder.getFunction('clearConfig').send(DON_ID, CONFIG_VERSION, fees);
    await mine();
    await expected;
    expect(await cache.latest(FEED)).toBeUndefined();
  });

  test('an address without a cache: told of, and not tried again', async () => {
    const transmitter = new DataFeedsTransmitter({ ...chain.target, cache: ADDRESS }, chain.anvil.wallet(1));
    const report = await attested();
    expect(await transmitter.transmit(report)).toEqual({ kind: 'invalidReceiver' });
    const before = await blocks();
    expect(await transmitter.transmit(report)).toEqual({ kind: 'invalidReceiver' });
    expect(await blocks()).toBe(before);
  });

  describe('an address without a contract', () => {
    test('as the forwarder', async () => {
      const transmitter = new DataFeedsTransmitter(
        { ...chain.target, forwarder: ADDRESS },
        chain.anvil.wallet(1),
      );
      await expect(transmitter.transmit(await attested())).rejects.toMatchObject({
        kind: 'refused',
        message:
          `expected the state of the transmission from the Keystone Forwarder at ${ADDRESS}, ` +
          'got no contract there; check the address and the chain',
      });
    });

    test('as the cache that is read', async () => {
      const reader = new DataFeedsCacheReader(ADDRESS, chain.anvil.provider);
      await expect(reader.latest(FEED)).rejects.toThrow(
        `expected the latest report of ${hexlify(FEED)} from the Data Feeds Cache at ${ADDRESS}, got no contract there`,
      );
    });
  });

  test('a data id of another length is not asked for', async () => {
    await expect(cache.latest(new Uint8Array(32))).rejects.toThrow(
      'expected a data id of 16 bytes, got 32 bytes',
    );
  });

  test('the zero data id is refused by the cache', async () => {
    await expect(cache.latest(new Uint8Array(16))).rejects.toMatchObject({
      kind: 'refused',
      message:
        `expected the latest report of 0x${'00'.repeat(16)} from the Data Feeds Cache at ${chain.target.cache}, ` +
        'got the error InvalidDataId()',
    });
  });

  test('reports at the same time from one account all come', async () => {
    const reports = await Promise.all([1n, 2n, 3n, 4n, 5n, 6n].map(attested));
    const transmitter = chain.transmitter();
    const deliveries = await Promise.all(reports.map((report) => transmitter.transmit(report)));
    expect(deliveries.map(({ kind }) => kind)).toEqual(reports.map(() => 'delivered'));
  });

  test('more reports than may wait are refused, and the one before them comes', async () => {
    const { privateKey } = chain.anvil.wallet(1);
    const wallet = new SlowWallet(privateKey, chain.anvil.provider);
    const transmitter = chain.transmitter({ maxPending: 1 }, wallet);
    const refused: unknown[] = [];
    const sent = [1n, 2n, 3n].map(async (seqNr) => {
      const delivery = transmitter.transmit(await attested(seqNr));
      return delivery.catch((error: unknown) => {
        // The two that are refused are so while the other one is held up.
        if (refused.push(error) === 2) wallet.goOn();
      });
    });
    const deliveries = (await Promise.all(sent)).filter((delivery) => delivery !== undefined);
    const busy = { kind: 'busy', message: 'expected at most 1 pending reports, got one more' };
    expect(refused).toMatchObject([busy, busy]);
    expect(deliveries).toMatchObject([{ kind: 'delivered' }]);
  });

  test('a transaction that gets into no block in time is named', async () => {
    await chain.holdBlocks();
    const slow = chain.transmitter({ timeoutMs: 2000 }).transmit(await attested());
    await expect(slow).rejects.toMatchObject({ kind: 'timeout' });
    await expect(slow).rejects.toThrow(
      /^expected transaction 0x[0-9a-f]{64} in a block within 2000 ms, got none$/,
    );
  });

  test('an account without means is told of', async () => {
    const poor = Wallet.createRandom().connect(chain.anvil.provider);
    await expect(chain.transmitter({}, poor).transmit(await attested())).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

describe('a chain that cannot be asked', () => {
  const target = { forwarder: ADDRESS, cache: ZeroAddress, f: 1 };
  const transmitterAt = (url: string, timeoutMs: number): DataFeedsTransmitter => {
    const network = Network.from(1);
    const provider = new JsonRpcProvider(url, network, { staticNetwork: network, batchMaxCount: 1 });
    return new DataFeedsTransmitter(target, Wallet.createRandom().connect(provider), { timeoutMs });
  };

  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const failed = transmitterAt(`http://127.0.0.1:${String(port)}`, 10_000).transmit(await attested());
    await expect(failed).rejects.toMatchObject({ name: 'DeliveryError', kind: 'unavailable' });
    await expect(failed).rejects.toThrow(
      /^expected the state of the transmission of the chain, got: .*ECONNREFUSED/,
    );
  });

  test('it never answers', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const failed = transmitterAt(`http://127.0.0.1:${String(port)}`, 100).transmit(await attested());
    await expect(failed).rejects.toMatchObject({
      kind: 'timeout',
      message: 'expected the state of the transmission within 100 ms, got none',
    });
    server.closeAllConnections();
    server.close();
  });

  test('what is no report is not even asked for', async () => {
    const report = { ...(await attested()), report: new Uint8Array(10) };
    await expect(transmitterAt('http://127.0.0.1:1', 100).transmit(report)).rejects.toMatchObject({
      kind: 'report',
      message: 'the report cannot be read: metadata: expected 109 bytes, got 10 bytes',
    });
  });

  test('the signer has none', () => {
    expect(() => new DataFeedsTransmitter(target, Wallet.createRandom())).toThrow(
      'expected a signer that is connected to a chain, got one that is not',
    );
  });
});
