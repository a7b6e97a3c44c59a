import { id as keccakOf } from 'ethers';
import type { Signer } from 'ethers';
import { decodeValueMap } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import { DataFeeds } from '../helpers/real/data-feeds.ts';
import { CONFIG_VERSION, DON_ID, F, KEYRINGS, WORKFLOW } from './don.ts';

/** One forwarder that knows the DON, and a cache for each lane. */
export class TwoCaches {
  readonly forwarder: string;
  readonly legacy: string;
  readonly loopp: string;

  private constructor(forwarder: string, legacy: string, loopp: string) {
    this.forwarder = forwarder;
    this.legacy = legacy;
    this.loopp = loopp;
  }

  /** The workflow may write the feeds with these data ids, hex with 0x, into both. */
  static async deploy(owner: Signer, dataIds: readonly string[]): Promise<TwoCaches> {
    const [one, other] = [await DataFeeds.deploy(owner), await DataFeeds.deploy(owner)];
    const signers = KEYRINGS.map(({ address }) => address);
    await one.setSigners({ donId: DON_ID, configVersion: CONFIG_VERSION, f: F, signers });
    const forwarder = await one.forwarder.getAddress();
    const writer = [forwarder, `0x${WORKFLOW.owner}`, `0x${WORKFLOW.name}`];
    for (const { cache } of [one, other]) {
      const descriptions = dataIds.map((dataId) => `secure mint ${dataId}`);
      const sent = await cache.getFunction('setDecimalFeedConfigs').send(dataIds, descriptions, [writer]);
      await sent.wait();
    }
    return new TwoCaches(forwarder, await one.cache.getAddress(), await other.cache.getAddress());
  }

  /** A configuration of `run --chain` as JSON, which is YAML too. */
  config(rpcUrl: string, more: object = {}): string {
    return JSON.stringify({
      rpcUrl,
      chainId: 31_337,
      forwarder: this.forwarder,
      caches: { legacy: this.legacy, loopp: this.loopp },
      don: { id: DON_ID, configVersion: CONFIG_VERSION, f: F },
      workflow: { owner: `0x${WORKFLOW.owner}`, name: `0x${WORKFLOW.name}` },
      keys: { senderFile: 'sender.key', signersFile: 'signers.keys' },
      pollIntervalMs: 20,
      ...more,
    });
  }
}

/** Private keys of the DON's first oracles, as many as a forwarder wants. */
export const SIGNER_KEYS: readonly string[] = Array.from({ length: F + 1 }, (_, oracle) =>
  keccakOf(`oracle ${String(oracle)}`),
);

/** Of a round of 2025-09, as the contracts take it: hex with 0x. */
export function dataIdOf({ id, config }: Round): string {
  const value = decodeValueMap(config).get('dataID');
  if (value?.kind !== 'string') throw new Error(`expected a data id in round ${id}`);
  return `0x${value.value.replace(/^0x/, '')}`;
}
