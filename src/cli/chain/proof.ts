import { join } from 'node:path';
import { Slots } from '../../../harness/slots.ts';
import type { AttestedReport } from '../../../loopp/provider/evm/delivery/transmitter.ts';
import type { OnchainKeyring } from '../../../loopp/provider/evm/delivery/signatures.ts';
import { LANE_NAMES } from '../../contract/judgement.ts';
import type { Judgement, LaneName } from '../../contract/judgement.ts';
import { deliverable } from './deliverable.ts';
import { draftOf, metadataOf } from './draft.ts';
import type { Draft } from './draft.ts';
import { hexOf } from './fate.ts';
import type { CacheAnswers, ChainResult, Fates, LaneFate } from './fate.ts';
import { areInStep, judgeOnChain, rowsOf } from './judge.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { LaneOnChain } from './lane-on-chain.ts';
import type { ChainParts } from './lane-on-chain.ts';
import { ChainTrouble } from './reachability.ts';
import { ChainRecord } from './record.ts';
import { ChainTally } from './tally.ts';
import type { ChainSummary } from './tally.ts';
import { chainLines, chainObjections } from './text.ts';

/** Forwarders check that the digest was signed, and look at nothing in it. */
const CONFIG_DIGEST = new Uint8Array(32);

/**
 * Brings the outcomes of judged rounds to a chain, each lane's into a cache of its own, and holds the two caches against
 * each other. Rounds of one feed go one after the other, as their order decides what a cache takes.
 */
export class ChainProof {
  private readonly tally = new ChainTally();
  private readonly parts: ChainParts;
  private readonly signers: readonly OnchainKeyring[];
  private readonly lanes: Readonly<Record<LaneName, LaneOnChain>>;
  private readonly slots: Slots;
  private readonly turns = new KeyedTurns();
  private readonly inProgress = new Set<Promise<void>>();
  /** Feeds of which both caches have the same, as far as this run knows. */
  private readonly inStep = new Set<string>();
  private record: ChainRecord | undefined;
  private failure: { readonly cause: unknown } | undefined;

  constructor(parts: ChainParts, signers: readonly OnchainKeyring[]) {
    const { caches, concurrency } = parts.config;
    this.parts = parts;
    this.signers = signers;
    this.lanes = {
      legacy: new LaneOnChain(parts, caches.legacy),
      loopp: new LaneOnChain(parts, caches.loopp),
    };
    this.slots = new Slots(concurrency);
  }

  /** From now on what the chain says is written into this folder as well. Rejects with `AppError` OUTPUT. */
  async begin(folder: string): Promise<void> {
    this.record = await ChainRecord.create(join(folder, 'chain.jsonl'));
  }

  /**
   * Takes a round and resolves once there is room for another. For one caller at a time, in the order of the rounds.
   * Rejects with `AppError` OUTPUT when what the chain says cannot be written; never because of the chain.
   */
  async take(judgement: Judgement): Promise<void> {
    if (this.failure !== undefined) throw this.failure.cause;
    const { round } = judgement;
    const told = deliverable(judgement);
    if (told.kind === 'notDeliverable') return this.end(round.id, told);
    const metadata = metadataOf(round, this.parts.config);
    const drafts = {
      legacy: await draftOf(metadata, told.outcomes.legacy),
      loopp: await draftOf(metadata, told.outcomes.loopp),
    };
    // Sequence numbers of rounds that have none are alike; execution ids tell their reports apart.
    this.start(round.id, { drafts, seqNr: BigInt(round.consensusSeqNr ?? 0) });
    return this.slots.take();
  }

  /** Resolves when every round that was taken has ended. Rejects as `take`. */
  async settle(): Promise<void> {
    await Promise.all(this.inProgress);
    if (this.failure !== undefined) throw this.failure.cause;
  }

  summary(): ChainSummary {
    return this.tally.summary();
  }

  /** For the text report, one line each. */
  lines(): readonly string[] {
    return chainLines(this.summary(), this.tally.findings);
  }

  /** Why the chain says no, one reason each. */
  objections(): readonly string[] {
    return chainObjections(this.summary(), this.parts.config.maxNotDelivered);
  }

  /** Ends what is on its way. */
  async close(): Promise<void> {
    this.parts.reachability.close();
    this.parts.chain.close();
    await Promise.all(this.inProgress);
    await this.record?.close();
  }

  private start(id: string, work: Work): void {
    const feeds = feedsOf(work.drafts);
    const ended = this.turns
      .take(feeds, () => this.deliver(work, feeds))
      .then((result) => this.end(id, result))
      .catch((cause: unknown) => {
        this.failure ??= { cause };
      })
      .finally(() => {
        this.inProgress.delete(ended);
        this.slots.release();
      });
    this.inProgress.add(ended);
  }

  private async end(id: string, result: ChainResult): Promise<void> {
    this.tally.add(id, result);
    await this.record?.append(id, result);
  }

  private async deliver(work: Work, feeds: readonly string[]): Promise<ChainResult> {
    const result = await this.delivered(work, feeds).catch((error: unknown): ChainResult => {
      if (error instanceof ChainTrouble) return { kind: 'notDelivered', reason: error.message };
      throw error;
    });
    for (const feed of feeds) {
      if (result.kind === 'same') this.inStep.add(feed);
      else this.inStep.delete(feed);
    }
    return result;
  }

  /** Rejects with `ChainTrouble`. */
  private async delivered({ drafts, seqNr }: Work, feeds: readonly string[]): Promise<ChainResult> {
    const isKnown = feeds.every((feed) => this.inStep.has(feed));
    const wereInStep = isKnown || areInStep(await this.read(feeds));
    const [legacy, loopp] = await Promise.all(
      LANE_NAMES.map((lane) => this.bring(lane, drafts[lane], seqNr)),
    );
    if (legacy === undefined || loopp === undefined) throw new RangeError('expected two lanes');
    const fates = { legacy, loopp };
    const reason = notDelivered(fates);
    if (reason !== undefined) return { kind: 'notDelivered', reason, fates };
    return judgeOnChain({ drafts, fates, wereInStep, caches: await this.read(feeds, fates) });
  }

  private async bring(lane: LaneName, draft: Draft, seqNr: bigint): Promise<LaneFate> {
    return draft.kind === 'report' ? this.lanes[lane].deliver(this.attest(draft.report, seqNr)) : draft;
  }

  /** With the signatures of as many oracles as the forwarder wants. */
  private attest(report: Uint8Array, seqNr: bigint): AttestedReport {
    const context = { configDigest: CONFIG_DIGEST, seqNr };
    const signatures = this.signers
      .slice(0, this.parts.config.don.f + 1)
      .map((keyring, signer) => ({ signer, signature: keyring.sign(report, context) }));
    return { ...context, report, signatures };
  }

  /** What both caches have; what was stored is waited for. Rejects with `ChainTrouble`. */
  private read(feeds: readonly string[], fates?: Fates): Promise<readonly CacheAnswers[]> {
    const roundIn = (lane: LaneName, feed: string): bigint | undefined => {
      const fate = fates?.[lane];
      return fate?.kind === 'stored' ? fate.roundIds.get(feed) : undefined;
    };
    return Promise.all(
      feeds.map(async (feed) => {
        const [legacy, loopp] = await Promise.all([
          this.lanes.legacy.latest(feed, roundIn('legacy', feed)),
          this.lanes.loopp.latest(feed, roundIn('loopp', feed)),
        ]);
        return { dataId: feed, legacy, loopp };
      }),
    );
  }
}

/** A round on its way. */
interface Work {
  readonly drafts: Readonly<Record<LaneName, Draft>>;
  readonly seqNr: bigint;
}

const feedsOf = (drafts: Work['drafts']): readonly string[] => [
  ...new Set(LANE_NAMES.flatMap((lane) => rowsOf(drafts[lane]).map(({ dataId }) => hexOf(dataId)))),
];

function notDelivered(fates: Fates): string | undefined {
  const reasons = LANE_NAMES.flatMap((lane) => {
    const fate = fates[lane];
    return fate.kind === 'notDelivered' ? [fate.reason] : [];
  });
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join('; ');
}
