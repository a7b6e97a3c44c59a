import { status } from '@grpc/grpc-js';
import { AbiCoder, Interface, getBytes, keccak256 } from 'ethers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blockFor } from '../../../../loopp/provider/evm/finality.ts';
import type { EvmRelayerOptions, Finality } from '../../../../loopp/provider/evm/options.ts';
import type { EvmProvider } from '../../../../loopp/provider/evm/provider.ts';
import { EvmRelayer } from '../../../../loopp/provider/evm/relayer.ts';
import { StatusError } from '../../../../loopp/wire/grpc.ts';
import type { Confidence, Value } from '../../../../loopp/wire/provider-ports.ts';
import {
  LATEST_TRANSMISSION,
  packQuery,
  unpackDetails,
} from '../../../../loopp/wire/provider-transmission.ts';
import type { TransmittedReportDetails } from '../../../../src/contract/transmission.ts';
import {
  CACHE_ADDRESS,
  DIGEST,
  FROM_CACHE,
  FROM_SECURE_MINT,
  PLUGIN_ARGS,
  PROTOCOL_ADDRESS,
  SECURE_MINT_ADDRESS,
  SELECTOR,
  addCache,
  addProtocol,
  addSecureMint,
  optionsOf,
  relayArgs,
} from './chain.ts';
import { TestNode } from './node.ts';

/** What an EVM relayer says of its chain, over a real JSON-RPC server. */

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

async function providerOf(config: unknown, more: Partial<EvmRelayerOptions> = {}): Promise<EvmProvider> {
  const provider = await relayerOver(more).newSecureMintProvider(relayArgs(config), PLUGIN_ARGS);
  await provider.start();
  node.asked.length = 0;
  return provider;
}

const read = (
  provider: EvmProvider,
  confidence: Confidence = 'unconfirmed',
  params: Value = packQuery(SELECTOR),
): Promise<Value> =>
  provider.contractReader.getLatestValue({ readIdentifier: LATEST_TRANSMISSION, confidence, params });

const details = async (provider: EvmProvider): Promise<TransmittedReportDetails> =>
  unpackDetails(await read(provider));

describe('the chain', () => {
  test('its newest block', async () => {
    expect(await relayerOver().latestHead()).toEqual({
      height: '100',
      hash: new Uint8Array(32).fill(0xab),
      timestamp: 1_756_000_000n,
    });
  });

  test('its status, its name, its one node', async () => {
    const relayer = relayerOver({ networkName: 'a network', finality: { depth: 3 } });
    expect(await relayer.getChainStatus()).toEqual({
      id: '1337',
      enabled: true,
      config: 'ChainID = "1337"\nFinalityDepth = 3\n',
    });
    expect(await relayer.getChainInfo()).toEqual({
      familyName: 'evm',
      chainId: '1337',
      networkName: 'a network',
      networkNameFull: 'a network',
    });
    expect(await relayer.listNodeStatuses()).toEqual({
      nodes: [
        {
          chainId: '1337',
          name: node.origin,
          config: `HTTPURL = "${node.origin}"\n`,
          state: 'Alive',
        },
      ],
      total: 1,
      nextPageToken: '',
    });
  });

  test('has a name of sorts without one, and a finality by its tag', async () => {
    const relayer = relayerOver({ finality: 'safe' });
    expect((await relayer.getChainInfo()).networkName).toBe('chain 1337');
    expect((await relayer.getChainStatus()).config).toBe('ChainID = "1337"\nFinalityTag = "safe"\n');
  });
});

describe('which block a read looks at', () => {
  test.each<[Finality, string, string, string]>([
    ['latest', 'latest', 'latest', 'latest'],
    ['safe', 'latest', 'safe', 'safe'],
    ['finalized', 'latest', 'safe', 'finalized'],
    [{ depth: 5 }, 'latest', '0x5f', '0x5f'],
    [{ depth: 0 }, 'latest', '0x64', '0x64'],
    [{ depth: 1000 }, 'latest', '0x0', '0x0'],
  ])('finality %j: unconfirmed %s, safe %s, finalized %s', async (finality, unconfirmed, safe, finalized) => {
    addSecureMint(node, 1n);
    const provider = await providerOf(FROM_SECURE_MINT, { finality });
    const asked: unknown[] = [];
    for (const confidence of ['unconfirmed', 'safe', 'finalized'] as const) {
      await read(provider, confidence);
      asked.push(node.asked.at(-1)?.params[1]);
    }
    expect(asked).toEqual([unconfirmed, safe, finalized]);
  });

  test('is a matter of the choice alone', () => {
    expect(blockFor('finalized', { depth: 2 })).toEqual({ behind: 2 });
    expect(blockFor('safe', 'finalized')).toEqual({ tag: 'safe' });
  });
});

describe('the latest transmission', () => {
  test('of a cache: its row\u2019s time is the sequence number, the digest is the protocol\u2019s', async () => {
    addProtocol(node);
    addCache(node, { round: 3n, timestamp: 42n });
    const provider = await providerOf(FROM_CACHE);
    expect(await details(provider)).toEqual({
      configDigest: getBytes(DIGEST),
      seqNr: 42n,
      latestTimestamp: 0n,
    });
    expect(node.methods()).toEqual(['eth_call', 'eth_call']);
  });

  test('of a contract made for it: everything is there', async () => {
    addSecureMint(node, 2n ** 64n - 1n);
    const provider = await providerOf(FROM_SECURE_MINT);
    expect(await details(provider)).toEqual({
      configDigest: getBytes(DIGEST),
      seqNr: 2n ** 64n - 1n,
      latestTimestamp: 1_756_000_000_000_000_000n,
    });
    expect(node.methods()).toEqual(['eth_call']);
  });

  test('of a chain that has none: NOT_FOUND', async () => {
    addProtocol(node);
    addCache(node, { round: 0n, timestamp: 0n });
    addSecureMint(node, 0n);
    for (const config of [FROM_CACHE, FROM_SECURE_MINT]) {
      const asked = read(await providerOf(config));
      await expect(asked).rejects.toMatchObject({ status: status.NOT_FOUND, message: 'not found' });
    }
  });

  test('of another chain is refused', async () => {
    const provider = await providerOf(FROM_CACHE);
    await expect(read(provider, 'unconfirmed', packQuery(1n))).rejects.toMatchObject({
      status: status.INVALID_ARGUMENT,
      message: `chain selector: expected ${String(SELECTOR)}, the chain of this relayer, got 1`,
    });
    await expect(read(provider, 'unconfirmed', { kind: 'nil' })).rejects.toThrow(
      'value: expected a map with ChainSelector, got nil',
    );
    expect(node.asked).toEqual([]);
  });

  test('is the only read there is', async () => {
    const provider = await providerOf(FROM_CACHE);
    const asked = provider.contractReader.getLatestValue({
      readIdentifier: '',
      confidence: 'unconfirmed',
      params: { kind: 'nil' },
    });
    await expect(asked).rejects.toBeInstanceOf(StatusError);
    await expect(asked).rejects.toMatchObject({
      status: status.INVALID_ARGUMENT,
      message: `read identifier: expected "${LATEST_TRANSMISSION}", got ""`,
    });
  });

  test('where no contract is says so', async () => {
    addProtocol(node);
    await expect(read(await providerOf(FROM_CACHE))).rejects.toThrow(
      `getLatestRoundData of contract ${CACHE_ADDRESS}: expected an answer, got none: ` +
        'is there such a contract on this chain?',
    );
  });

  test('of a feed that the contract refuses names its error', async () => {
    addProtocol(node);
    addCache(node, { round: 1n, timestamp: 1n });
    const dataId = `0x${'01'.repeat(16)}`;
    const config = { transmissions: { ...FROM_CACHE.transmissions, dataId } };
    await expect(read(await providerOf(config))).rejects.toThrow(
      `getLatestRoundData of contract ${CACHE_ADDRESS} reverted: InvalidDataId()`,
    );
  });

  test('of a contract that answers something else says so', async () => {
    node.answers.set('eth_call', () => `0x${'00'.repeat(31)}`);
    await expect(read(await providerOf(FROM_SECURE_MINT))).rejects.toThrow(
      `latestTransmittedDetails of contract ${SECURE_MINT_ADDRESS}: expected what its ABI says, got 0x`,
    );
  });
});

describe('the protocol\u2019s contract', () => {
  const EVENT = new Interface([
    'event ConfigSet(uint32 previousConfigBlockNumber, bytes32 configDigest, uint64 configCount, bytes[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes offchainConfig)',
  ]);
  const TRANSMITTER = '0x1111111111111111111111111111111111111111';
  const SET = [0, DIGEST, 3n, ['0x0102', '0x03'], [TRANSMITTER], 1, '0x04', 2n ** 63n, '0x0506'];
  const CONFIG = {
    configDigest: getBytes(DIGEST),
    configCount: 3n,
    signers: [Uint8Array.of(1, 2), Uint8Array.of(3)],
    transmitters: [TRANSMITTER],
    f: 1,
    onchainConfig: Uint8Array.of(4),
    offchainConfigVersion: 2n ** 63n,
    offchainConfig: Uint8Array.of(5, 6),
  };

  const log = (index: number, values: readonly unknown[]): object => {
    const { data, topics } = EVENT.encodeEventLog('ConfigSet', values);
    return {
      address: PROTOCOL_ADDRESS,
      data,
      topics,
      blockNumber: '0x4d',
      blockHash: `0x${'ab'.repeat(32)}`,
      transactionHash: `0x${'cd'.repeat(32)}`,
      transactionIndex: '0x0',
      logIndex: `0x${String(index)}`,
      removed: false,
    };
  };

  test('says what is configured, and where', async () => {
    addProtocol(node);
    const { contractConfigTracker: tracker } = await providerOf(FROM_CACHE);
    expect(await tracker.latestConfigDetails()).toEqual({
      changedInBlock: 77n,
      configDigest: getBytes(DIGEST),
    });
    expect(await tracker.latestBlockHeight()).toBe(100n);
  });

  test('has the configuration in an event of that block, the last one of it', async () => {
    const other = SET.with(2, 2n);
    node.answers.set('eth_getLogs', () => [log(0, other), log(1, SET)]);
    const { contractConfigTracker: tracker } = await providerOf(FROM_CACHE);
    expect(await tracker.latestConfig(77n)).toEqual(CONFIG);
    expect(node.asked.at(-1)?.params).toEqual([
      {
        address: PROTOCOL_ADDRESS,
        topics: [EVENT.getEvent('ConfigSet')?.topicHash],
        fromBlock: '0x4d',
        toBlock: '0x4d',
      },
    ]);
  });

  test('without an event there says so', async () => {
    const { contractConfigTracker: tracker } = await providerOf(FROM_CACHE);
    await expect(tracker.latestConfig(77n)).rejects.toThrow(
      `contract ${PROTOCOL_ADDRESS}: expected a ConfigSet in block 77, got none`,
    );
  });

  test('digests a configuration over chain and address, with its prefix', async () => {
    const { offchainConfigDigester: digester } = await providerOf(FROM_CACHE);
    expect(await digester.configDigestPrefix()).toBe(0x000e);
    const types = [
      'uint256',
      'address',
      'uint64',
      'bytes[]',
      'address[]',
      'uint8',
      'bytes',
      'uint64',
      'bytes',
    ];
    const values = [1337n, PROTOCOL_ADDRESS, ...SET.slice(2)];
    const hash = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
    const digest = await digester.configDigest(CONFIG);
    expect(Buffer.from(digest).toString('hex')).toBe(`000e${hash.slice(6)}`);
    const elsewhere = await relayerOver({ chainId: 1n }).newPluginProvider(
      relayArgs(FROM_CACHE),
      PLUGIN_ARGS,
    );
    expect(await elsewhere.offchainConfigDigester.configDigest(CONFIG)).not.toEqual(digest);
  });

  test('is what OCR2\u2019s side of the provider knows', async () => {
    addProtocol(node);
    const { contractTransmitter } = await providerOf(FROM_CACHE);
    expect(await contractTransmitter.latestConfigDigestAndEpoch()).toEqual({
      configDigest: getBytes(DIGEST),
      epoch: 0,
    });
    const context = { configDigest: getBytes(DIGEST), epoch: 1, round: 1, extraHash: new Uint8Array(32) };
    await expect(contractTransmitter.transmit(context, new Uint8Array(), [])).rejects.toMatchObject({
      status: status.UNIMPLEMENTED,
      message: 'this provider transmits reports of OCR3, not of OCR2',
    });
  });
});

const transmit = (provider: EvmProvider): Promise<void> =>
  provider.ocr3ContractTransmitter.transmit(
    getBytes(DIGEST),
    1n,
    { report: new Uint8Array(), info: new Uint8Array() },
    [],
  );

describe('what transmits', () => {
  const KEY = `0x${'11'.repeat(32)}`;
  const DELIVERY = { ...FROM_CACHE, delivery: { forwarder: `0x${'f0'.repeat(20)}`, f: 1 } };
  test('is the account of the private key', async () => {
    const provider = await providerOf(DELIVERY, { privateKey: KEY });
    expect(await provider.ocr3ContractTransmitter.fromAccount()).toBe(
      '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
    );
    expect(await provider.contractTransmitter.fromAccount()).toBe(
      '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
    );
  });

  test('is nothing without a key', async () => {
    const provider = await providerOf(DELIVERY);
    const refused = {
      status: status.FAILED_PRECONDITION,
      message: 'this relayer has no private key, so it transmits nothing',
    };
    await expect(transmit(provider)).rejects.toMatchObject(refused);
    await expect(provider.ocr3ContractTransmitter.fromAccount()).rejects.toMatchObject(refused);
  });

  test('is nothing without a way to the chain', async () => {
    await expect(transmit(await providerOf(FROM_CACHE, { privateKey: KEY }))).rejects.toMatchObject({
      status: status.FAILED_PRECONDITION,
      message: 'relayConfig.delivery: expected a forwarder and f, got none, so nothing is transmitted',
    });
  });

  test('refuses what is no report before the chain is asked', async () => {
    const provider = await providerOf(DELIVERY, { privateKey: KEY });
    await expect(transmit(provider)).rejects.toThrow('the report cannot be read: ');
    expect(node.asked).toEqual([]);
  });
});

describe('a provider', () => {
  test('starts when the chain is there, and says how it is', async () => {
    const relayer = relayerOver();
    const provider = await relayer.newPluginProvider(relayArgs(FROM_CACHE), PLUGIN_ARGS);
    await expect(provider.ready()).rejects.toThrow('the provider is made, expected started');
    await provider.start();
    await provider.ready();
    expect(await provider.healthReport()).toEqual(new Map([['SecureMintProvider', '']]));
    await provider.close();
    expect(await provider.healthReport()).toEqual(
      new Map([['SecureMintProvider', 'the provider is closed, expected started']]),
    );
    expect((await relayer.latestHead()).height).toBe('100');
  });

  test('does not start over another chain', async () => {
    const provider = await relayerOver({ chainId: 1n }).newSecureMintProvider(
      relayArgs(FROM_CACHE),
      PLUGIN_ARGS,
    );
    await expect(provider.start()).rejects.toThrow('says that its chain id is 1337, expected 1');
  });

  test.each(['newSecureMintProvider', 'newOcr3CapabilityProvider', 'newPluginProvider'] as const)(
    'is made by %s',
    async (name) => {
      addSecureMint(node, 5n);
      const provider = await relayerOver()[name](relayArgs(FROM_SECURE_MINT), PLUGIN_ARGS);
      expect((await details(provider)).seqNr).toBe(5n);
    },
  );

  test.each([
    ['{', 'relayConfig: expected JSON, got '],
    ['[]', 'relayConfig: expected an object, got []'],
    ['{}', 'relayConfig.transmissions: expected an object, got none'],
    [
      { transmissions: { contract: 'Other' } },
      'relayConfig.transmissions.contract: expected "DataFeedsCache" or "SecureMint", got "Other"',
    ],
    [
      { transmissions: { contract: 'SecureMint', address: '0x12' } },
      'relayConfig.transmissions.address: expected an address, 20 bytes in hex, got "0x12"',
    ],
    [
      { transmissions: { ...FROM_CACHE.transmissions, dataId: `0x${'00'.repeat(16)}` } },
      `relayConfig.transmissions.dataId: expected 16 bytes in hex, not all zero, got "0x${'00'.repeat(16)}"`,
    ],
    [
      { transmissions: { ...FROM_CACHE.transmissions, dataId: 7 } },
      'relayConfig.transmissions.dataId: expected 16 bytes in hex, not all zero, got 7',
    ],
    [
      { ...FROM_CACHE, delivery: { forwarder: CACHE_ADDRESS, f: 0 } },
      'relayConfig.delivery.f: expected a whole number from 1 to 10, got 0',
    ],
    [
      { ...FROM_CACHE, delivery: { f: 1 } },
      'relayConfig.delivery.forwarder: expected an address, 20 bytes in hex, got none',
    ],
    [
      { ...FROM_SECURE_MINT, delivery: { f: 1 } },
      'relayConfig.delivery: expected none without a DataFeedsCache, got {"f":1}',
    ],
  ])('is not made of %j', async (config, message) => {
    await expect(relayerOver().newSecureMintProvider(relayArgs(config), PLUGIN_ARGS)).rejects.toThrow(
      message,
    );
  });

  test('is not made over a contract that is none', async () => {
    const made = relayerOver().newSecureMintProvider(relayArgs(FROM_CACHE, 'contract'), PLUGIN_ARGS);
    await expect(made).rejects.toThrow('contractID: expected an address, 20 bytes in hex, got "contract"');
  });

  test('takes a data id without 0x, as products write it', async () => {
    addProtocol(node);
    addCache(node, { round: 1n, timestamp: 2n });
    const { transmissions } = FROM_CACHE;
    const provider = await providerOf({
      transmissions: { ...transmissions, dataId: transmissions.dataId.slice(2) },
    });
    expect((await details(provider)).seqNr).toBe(2n);
  });
});
