import { Interface, getBytes } from 'ethers';
import type { LogDescription } from 'ethers';
import type { Call } from '../../../src/contract/call.ts';
import type {
  Confidence,
  ContractConfig,
  ContractConfigTracker,
  LatestConfigDetails,
} from '../../wire/provider-ports.ts';
import type { EvmChain } from './chain.ts';

/** OCR3Capability 1.0.0, in which the DON's protocol is configured. */
const ABI = new Interface([
  'function latestConfigDetails() view returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)',
  'event ConfigSet(uint32 previousConfigBlockNumber, bytes32 configDigest, uint64 configCount, bytes[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes offchainConfig)',
]);

/** The contract that holds the protocol's configuration. */
export class ProtocolContract implements ContractConfigTracker {
  private readonly chain: EvmChain;
  private readonly address: string;

  constructor(chain: EvmChain, address: string) {
    this.chain = chain;
    this.address = address;
  }

  latestConfigDetails(call?: Call): Promise<LatestConfigDetails> {
    return this.latestAt('unconfirmed', call);
  }

  async latestAt(confidence: Confidence, call?: Call): Promise<LatestConfigDetails> {
    const contract = { address: this.address, abi: ABI, method: 'latestConfigDetails' };
    const [, blockNumber, digest] = (await this.chain.read(contract, [], confidence, call)).toArray();
    return { changedInBlock: blockNumber as bigint, configDigest: getBytes(digest as string) };
  }

  async latestConfig(changedInBlock: bigint, call?: Call): Promise<ContractConfig> {
    const { address } = this;
    const topics = [ABI.getEvent('ConfigSet')?.topicHash ?? ''];
    const filter = { address, topics, fromBlock: changedInBlock, toBlock: changedInBlock };
    const last = (await this.chain.logs(filter, call)).at(-1);
    const event = last === undefined ? null : ABI.parseLog(last);
    if (event === null) {
      throw new Error(
        `contract ${address}: expected a ConfigSet in block ${String(changedInBlock)}, got none`,
      );
    }
    return configOf(event);
  }

  latestBlockHeight(call?: Call): Promise<bigint> {
    return this.chain.blockNumber(call);
  }
}

function configOf({ args }: LogDescription): ContractConfig {
  const [, digest, count, signers, transmitters, f, onchain, version, offchain] = args.toArray(true);
  return {
    configDigest: getBytes(digest as string),
    configCount: count as bigint,
    signers: (signers as string[]).map((signer) => getBytes(signer)),
    transmitters: transmitters as string[],
    f: Number(f as bigint),
    onchainConfig: getBytes(onchain as string),
    offchainConfigVersion: version as bigint,
    offchainConfig: getBytes(offchain as string),
  };
}
