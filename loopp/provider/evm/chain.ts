import { getBytes } from 'ethers';
import type { BlockTag, Filter, Log, Result } from 'ethers';
import type { Call } from '../../../src/contract/call.ts';
import type { Confidence } from '../../wire/provider-ports.ts';
import type { Head } from '../../wire/relayer-ports.ts';
import { untilAborted } from '../patience.ts';
import { readContract } from './contract.ts';
import type { EvmContract } from './contract.ts';
import { blockFor } from './finality.ts';
import type { EvmRelayerOptions } from './options.ts';
import { EvmRpcProvider } from './rpc-provider.ts';

/** One EVM chain through one node. Whatever is asked ends with `call`, and within the limits of the options. */
export class EvmChain {
  readonly options: EvmRelayerOptions;
  readonly provider: EvmRpcProvider;

  constructor(options: EvmRelayerOptions) {
    this.options = options;
    this.provider = new EvmRpcProvider(options);
  }

  /** Rejects unless the node can be reached and is of this chain. */
  check(call?: Call): Promise<void> {
    return until(call, this.provider.checkChain());
  }

  async latestHead(call?: Call): Promise<Head> {
    const block = await until(call, this.provider.getBlock('latest'));
    if (block?.hash === null || block === null) throw new Error('the node has no newest block');
    return {
      height: String(block.number),
      hash: getBytes(block.hash),
      timestamp: BigInt(block.timestamp),
    };
  }

  async blockNumber(call?: Call): Promise<bigint> {
    return BigInt(await until(call, this.provider.getBlockNumber()));
  }

  /** Reads a contract as it is at the block for that confidence. */
  async read(
    contract: EvmContract,
    args: readonly unknown[],
    confidence: Confidence,
    call?: Call,
  ): Promise<Result> {
    const blockTag = await this.blockTag(confidence, call);
    return until(
      call,
      readContract(contract, args, (to, data) => this.provider.call({ to, data, blockTag })),
    );
  }

  logs(filter: Filter, call?: Call): Promise<readonly Log[]> {
    return until(call, this.provider.getLogs(filter));
  }

  close(): void {
    this.provider.destroy();
  }

  private async blockTag(confidence: Confidence, call?: Call): Promise<BlockTag> {
    const choice = blockFor(confidence, this.options.finality);
    if ('tag' in choice) return choice.tag;
    const newest = await this.blockNumber(call);
    return newest > BigInt(choice.behind) ? newest - BigInt(choice.behind) : 0n;
  }
}

/** Rejects when the caller does not wait any more. */
const until = <T>(call: Call | undefined, work: Promise<T>): Promise<T> =>
  call === undefined ? work : untilAborted([call.signal], work);
