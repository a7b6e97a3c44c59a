import { Interface } from 'ethers';
import { EVM_RELAYER_DEFAULTS } from '../../../../loopp/provider/evm/options.ts';
import type { EvmRelayerOptions } from '../../../../loopp/provider/evm/options.ts';
import type { PluginArgs, RelayArgs } from '../../../../loopp/wire/relayer-ports.ts';
import { UUID } from '../fakes.ts';
import type { TestNode } from './node.ts';

/** What the tests of the EVM relayer have on their chain. */

export const SELECTOR = 16015286601757825753n;
export const CACHE_ADDRESS = `0x${'ca'.repeat(20)}`;
export const PROTOCOL_ADDRESS = `0x${'0c'.repeat(20)}`;
export const SECURE_MINT_ADDRESS = `0x${'5e'.repeat(20)}`;
export const DATA_ID = '0x01c50000000000000000000000000001';
export const DIGEST = `0x${'0e'.repeat(32)}`;

export const optionsOf = (node: TestNode, more: Partial<EvmRelayerOptions> = {}): EvmRelayerOptions => ({
  ...EVM_RELAYER_DEFAULTS,
  url: node.url,
  chainId: node.chainId,
  chainSelector: SELECTOR,
  finality: 'latest',
  retryPauseMs: 1,
  ...more,
});

/** OCR3Capability with one configuration. */
export function addProtocol(node: TestNode, digest = DIGEST, changedInBlock = 77): void {
  node.contracts.set(PROTOCOL_ADDRESS, {
    abi: new Interface([
      'function latestConfigDetails() view returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)',
    ]),
    functions: { latestConfigDetails: () => [1, changedInBlock, digest] },
  });
}

/** DataFeedsCache with one feed: its round and the time of its row; round 0 is none. */
export function addCache(node: TestNode, feed: { readonly round: bigint; readonly timestamp: bigint }): void {
  const none = new Interface(['error InvalidDataId()']).encodeErrorResult('InvalidDataId', []);
  node.contracts.set(CACHE_ADDRESS, {
    abi: new Interface([
      'function getLatestRoundData(bytes16 dataId) view returns (uint80, int256, uint256, uint256, uint80)',
    ]),
    functions: {
      getLatestRoundData: (dataId) => {
        if (dataId !== DATA_ID) return none;
        const { round, timestamp } = feed;
        return [round, 5n, timestamp, timestamp, round];
      },
    },
  });
}

/** A contract that keeps everything itself. */
export function addSecureMint(node: TestNode, seqNr: bigint): void {
  node.contracts.set(SECURE_MINT_ADDRESS, {
    abi: new Interface([
      'function latestTransmittedDetails() view returns (tuple(bytes32 configDigest, uint64 seqNr, uint64 latestTimestamp))',
    ]),
    functions: { latestTransmittedDetails: () => [[DIGEST, seqNr, 1_756_000_000n]] },
  });
}

export const FROM_CACHE = {
  transmissions: { contract: 'DataFeedsCache', address: CACHE_ADDRESS, dataId: DATA_ID },
} as const;
export const FROM_SECURE_MINT = {
  transmissions: { contract: 'SecureMint', address: SECURE_MINT_ADDRESS },
} as const;

export const relayArgs = (relayConfig: unknown, contractId = PROTOCOL_ADDRESS): RelayArgs => ({
  externalJobId: UUID,
  jobId: 1,
  contractId,
  isNew: false,
  relayConfig: Buffer.from(typeof relayConfig === 'string' ? relayConfig : JSON.stringify(relayConfig)),
  providerType: 'securemint',
});
export const PLUGIN_ARGS: PluginArgs = { transmitterId: '', pluginConfig: new Uint8Array() };
