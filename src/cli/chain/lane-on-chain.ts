import type { TransmittingAccount } from '../../../loopp/provider/evm/account.ts';
import type { EvmChain } from '../../../loopp/provider/evm/chain.ts';
import { CACHE } from '../../../loopp/provider/evm/delivery/abi.ts';
import type { StoredAnswer } from '../../../loopp/provider/evm/delivery/cache.ts';
import { DataFeedsTransmitter } from '../../../loopp/provider/evm/delivery/transmitter.ts';
import type { AttestedReport } from '../../../loopp/provider/evm/delivery/transmitter.ts';
import { fateOf } from './fate.ts';
import type { LaneFate } from './fate.ts';
import { ChainTrouble } from './reachability.ts';
import type { Reachability } from './reachability.ts';
import type { ChainConfig } from './schema.ts';

/** What both lanes share of the chain. */
export interface ChainParts {
  readonly config: ChainConfig;
  readonly chain: EvmChain;
  readonly account: TransmittingAccount;
  readonly reachability: Reachability;
}

/** One lane's way to the chain: through the forwarder into a cache of its own. */
export class LaneOnChain {
  private readonly parts: ChainParts;
  private readonly cache: string;
  private readonly transmitter: DataFeedsTransmitter;

  /** `cache`: its address. */
  constructor(parts: ChainParts, cache: string) {
    const { config, account } = parts;
    const target = { forwarder: config.forwarder, cache, f: config.don.f };
    this.parts = parts;
    this.cache = cache;
    this.transmitter = new DataFeedsTransmitter(target, account, {
      gasLimit: BigInt(config.gasLimit),
      timeoutMs: config.deliveryTimeoutMs,
    });
  }

  /** Tries again while the chain cannot be asked: a report that got there all the same is not sent twice. */
  async deliver(attested: AttestedReport): Promise<LaneFate> {
    const { account, reachability } = this.parts;
    try {
      return await reachability.step(async (attempt) => {
        // A node may have forgotten transactions; then the numbers of those that follow are not the next ones.
        if (attempt > 1) account.doubtNonce();
        return fateOf(await this.transmitter.transmit(attested), attempt > 1);
      });
    } catch (error) {
      if (error instanceof ChainTrouble) return { kind: 'notDelivered', reason: error.message };
      throw error;
    }
  }

  /**
   * What the cache has of the feed, 16 bytes in hex, at the block that counts as final; undefined: nothing yet. Waits
   * until a report of that number, or a later one, is there. Rejects with `ChainTrouble`.
   */
  async latest(dataId: string, roundId = 0n): Promise<StoredAnswer | undefined> {
    const { reachability, config } = this.parts;
    const deadline = performance.now() + config.finalityTimeoutMs;
    for (;;) {
      const answer = await reachability.step(() => this.read(dataId));
      if ((answer?.roundId ?? 0n) >= roundId) return answer;
      if (performance.now() + config.pollIntervalMs > deadline) throw this.notFinal();
      await reachability.pause(config.pollIntervalMs);
    }
  }

  private async read(dataId: string): Promise<StoredAnswer | undefined> {
    const contract = { address: this.cache, abi: CACHE, method: 'getLatestRoundData' };
    const values = await this.parts.chain.read(contract, [`0x${dataId}`], 'finalized');
    const { id, answer, updatedAt } = values.toObject() as Readonly<Record<string, bigint>>;
    if (id === undefined || answer === undefined || updatedAt === undefined || id === 0n) return undefined;
    return { roundId: id, answer, timestamp: updatedAt };
  }

  private notFinal(): ChainTrouble {
    const { finality, finalityTimeoutMs } = this.parts.config;
    const block = typeof finality === 'string' ? finality : `${String(finality.depth)} below the newest`;
    return new ChainTrouble(
      `expected the stored report in the final block (${block}) within ${String(finalityTimeoutMs)} ms, got none`,
    );
  }
}
