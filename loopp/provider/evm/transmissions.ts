import { Interface, getBytes } from 'ethers';
import type { Result } from 'ethers';
import type { TransmittedReportDetails } from '../../../src/contract/transmission.ts';
import type { EvmContract } from './contract.ts';
import { CACHE } from './delivery/abi.ts';
import type { TransmissionsConfig } from './relay-config.ts';

/**
 * What contracts keep of a DON's reports, and what each of them means by it: the one place to change when another contract
 * takes them.
 */
export interface TransmissionsOnChain {
  readonly contract: EvmContract;
  readonly args: readonly unknown[];
  /** Whether the contract keeps the protocol's digest; else it is that of the protocol's contract. */
  readonly keepsDigest: boolean;
  /** Undefined: there is no report yet. `digest` is that of the protocol's contract. */
  readonly details: (answer: Result, digest: Uint8Array) => TransmittedReportDetails | undefined;
}

export function transmissionsOnChain(config: TransmissionsConfig): TransmissionsOnChain {
  const { address } = config;
  if (config.contract === 'SecureMint') {
    return {
      contract: { address, abi: SECURE_MINT, method: 'latestTransmittedDetails' },
      args: [],
      keepsDigest: true,
      details: ofSecureMint,
    };
  }
  return {
    contract: { address, abi: CACHE, method: 'getLatestRoundData' },
    args: [config.dataId],
    keepsDigest: false,
    details: ofDataFeedsCache,
  };
}

/**
 * Round 0 is none. A row's time is the report's sequence number (docs/spec/aggregator.md H.6, 2025-09; in 2025-07 it is a
 * block, so this contract does not say which report it has). When the chain got it is in the contract's events alone: 0.
 */
function ofDataFeedsCache(answer: Result, configDigest: Uint8Array): TransmittedReportDetails | undefined {
  const [round, , , updatedAt] = answer.toArray();
  if (round === 0n) return undefined;
  return { configDigest, seqNr: updatedAt as bigint, latestTimestamp: 0n };
}

/** What a contract made for Secure Mint answers, in the words of docs/spec/por-plugin.md "Types". */
const SECURE_MINT = new Interface([
  'function latestTransmittedDetails() view returns (tuple(bytes32 configDigest, uint64 seqNr, uint64 latestTimestamp))',
]);

const NS_PER_SECOND = 1_000_000_000n;

/** Sequence numbers begin with 1. */
function ofSecureMint(answer: Result): TransmittedReportDetails | undefined {
  const [configDigest, seqNr, latestTimestamp] = (answer.toArray()[0] as Result).toArray();
  if (seqNr === 0n) return undefined;
  return {
    configDigest: getBytes(configDigest as string),
    seqNr: seqNr as bigint,
    latestTimestamp: (latestTimestamp as bigint) * NS_PER_SECOND,
  };
}
