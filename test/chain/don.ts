import { hexlify, id as keccakOf } from 'ethers';
import type { Signer } from 'ethers';
import { legacyLane } from '../../legacy/lane.ts';
import { outcomeReport } from '../../loopp/provider/evm/delivery/outcome-report.ts';
import type { DeliveryOptions } from '../../loopp/provider/evm/delivery/options.ts';
import { onchainKeyring } from '../../loopp/provider/evm/delivery/signatures.ts';
import type { OnchainKeyring } from '../../loopp/provider/evm/delivery/signatures.ts';
import { DataFeedsTransmitter } from '../../loopp/provider/evm/delivery/transmitter.ts';
import type { AttestedReport, DeliveryTarget } from '../../loopp/provider/evm/delivery/transmitter.ts';
import type { ReportMetadata } from '../../src/codec/dfcache.ts';
import type { Lane } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { Anvil } from '../helpers/real/anvil.ts';
import { DataFeeds } from '../helpers/real/data-feeds.ts';

export const DON_ID = 7;
export const CONFIG_VERSION = 3;
export const F = 1;
const ORACLES = 3 * F + 1;

/** The workflow that writes into the feeds. */
export const WORKFLOW = {
  owner: '44'.repeat(20),
  name: '33445566778899aabbcc',
  id: '22'.repeat(32),
} as const;
export const CONFIG_DIGEST = new Uint8Array(32).fill(0xd1);

/** A key that no oracle of another number has. */
export const keyringOf = (oracle: number): OnchainKeyring =>
  onchainKeyring(keccakOf(`oracle ${String(oracle)}`));

/** The oracles of a DON. */
export const KEYRINGS: readonly OnchainKeyring[] = Array.from({ length: ORACLES }, (_, oracle) =>
  keyringOf(oracle),
);

let executions = 0;

/** The metadata of an execution that never was before. */
export function newMetadata(change: Partial<ReportMetadata> = {}): ReportMetadata {
  executions++;
  return {
    version: 1,
    executionId: executions.toString(16).padStart(64, '0'),
    timestamp: 1_757_000_000,
    donId: DON_ID,
    donConfigVersion: CONFIG_VERSION,
    workflowId: WORKFLOW.id,
    workflowName: WORKFLOW.name,
    workflowOwner: WORKFLOW.owner,
    reportId: '0001',
    ...change,
  };
}

/** A report with the signatures of all oracles under it. */
export function attest(
  report: Uint8Array,
  keyrings: readonly OnchainKeyring[] = KEYRINGS,
  seqNr = 41n,
): AttestedReport {
  const context = { configDigest: CONFIG_DIGEST, seqNr };
  const signatures = keyrings.map((keyring, signer) => ({
    signer,
    signature: keyring.sign(report, context),
  }));
  return { ...context, report, signatures };
}

/** What the lane answers to the round, as a report that all oracles signed. */
export async function attestRound(
  round: Round,
  metadata: ReportMetadata = newMetadata(),
  lane: Lane = legacyLane(),
): Promise<AttestedReport> {
  const report = await outcomeReport(round.revision, metadata, await outcomeOf(round, lane));
  if (report === undefined)
    throw new Error(`expected round ${round.id} to have something to report, got nothing`);
  return attest(report);
}

export async function outcomeOf(round: Round, lane: Lane = legacyLane()): Promise<Uint8Array> {
  const answer = await lane.aggregate(round);
  if (answer.kind === 'error')
    throw new Error(`expected an outcome of round ${round.id}, got: ${answer.error}`);
  return answer.outcome;
}

/** A chain with a forwarder that knows the DON and a cache that knows the workflow. */
export class Chain {
  readonly anvil: Anvil;
  readonly feeds: DataFeeds;
  readonly target: DeliveryTarget;
  private snapshot: unknown;

  private constructor(anvil: Anvil, feeds: DataFeeds, target: DeliveryTarget, snapshot: unknown) {
    this.anvil = anvil;
    this.feeds = feeds;
    this.target = target;
    this.snapshot = snapshot;
  }

  /** The workflow may write the feeds with these data ids, each 16 bytes. */
  static async start(dataIds: readonly Uint8Array[]): Promise<Chain> {
    const anvil = await Anvil.start();
    try {
      const feeds = await DataFeeds.deploy(anvil.wallet(0));
      const signers = KEYRINGS.map(({ address }) => address);
      await feeds.setSigners({ donId: DON_ID, configVersion: CONFIG_VERSION, f: F, signers });
      const writer = { workflowOwner: `0x${WORKFLOW.owner}`, workflowName: `0x${WORKFLOW.name}` };
      await feeds.allow({ dataIds: dataIds.map((dataId) => hexlify(dataId)), ...writer });
      const target = {
        forwarder: await feeds.forwarder.getAddress(),
        cache: await feeds.cache.getAddress(),
        f: F,
      };
      return new Chain(anvil, feeds, target, await anvil.provider.send('evm_snapshot', []));
    } catch (error) {
      await anvil.stop();
      throw error;
    }
  }

  /** As it was after the start. */
  async reset(): Promise<void> {
    const { provider } = this.anvil;
    await provider.send('evm_setAutomine', [true]);
    await provider.send('evm_revert', [this.snapshot]);
    this.snapshot = await provider.send('evm_snapshot', []);
  }

  /** Blocks come from now on when `mine` says so. */
  async holdBlocks(): Promise<() => Promise<void>> {
    const { provider } = this.anvil;
    await provider.send('evm_setAutomine', [false]);
    return async () => {
      await provider.send('evm_mine', []);
    };
  }

  transmitter(
    options: Partial<DeliveryOptions> = {},
    signer: Signer = this.anvil.wallet(1),
  ): DataFeedsTransmitter {
    return new DataFeedsTransmitter(this.target, signer, options);
  }
}
