import type { Delivery } from '../../../loopp/provider/evm/delivery/transmitter.ts';
import type { StoredAnswer } from '../../../loopp/provider/evm/delivery/cache.ts';
import type { LaneName } from '../../contract/judgement.ts';

/** What became of one lane's outcome. */
export type LaneFate =
  | { readonly kind: 'nothingToReport' }
  | { readonly kind: 'refusedByEncoder'; readonly reason: string }
  /** The cache took it: a row of it at least. */
  | { readonly kind: 'stored'; readonly transaction?: string; readonly roundIds: ReadonlyMap<string, bigint> }
  /** The cache had the same time, or a later one, and kept that. */
  | { readonly kind: 'stale'; readonly transaction?: string }
  /** The forwarder had taken it before this run. */
  | { readonly kind: 'deliveredBefore' }
  /** The forwarder has taken it, and what it answered got lost: the caches tell. */
  | { readonly kind: 'answerLost' }
  | { readonly kind: 'notDelivered'; readonly reason: string };

export type Fates = Readonly<Record<LaneName, LaneFate>>;

/** What both caches have of one feed. */
export interface CacheAnswers {
  /** 16 bytes, hex. */
  readonly dataId: string;
  readonly legacy: StoredAnswer | undefined;
  readonly loopp: StoredAnswer | undefined;
}

/** What the chain says of one round. Every round that was judged ends in exactly one of these. */
export type ChainResult =
  | { readonly kind: 'notDeliverable'; readonly reason: string }
  | { readonly kind: 'notDelivered'; readonly reason: string; readonly fates?: Fates }
  /** The caches differed before this round, for reasons that are counted elsewhere or lie before this run. */
  | { readonly kind: 'outOfStep'; readonly fates: Fates; readonly caches: readonly CacheAnswers[] }
  | { readonly kind: 'deliveredBefore'; readonly fates: Fates; readonly caches: readonly CacheAnswers[] }
  | { readonly kind: 'same'; readonly fates: Fates; readonly caches: readonly CacheAnswers[] }
  | {
      readonly kind: 'different';
      readonly fates: Fates;
      readonly caches: readonly CacheAnswers[];
      /** One sentence each. */
      readonly differences: readonly string[];
    };

/** In the order of every table. */
export const RESULT_KINDS = [
  'same',
  'different',
  'deliveredBefore',
  'outOfStep',
  'notDelivered',
  'notDeliverable',
] as const satisfies readonly ChainResult['kind'][];

export const hexOf = (dataId: Uint8Array): string => Buffer.from(dataId).toString('hex');

/** What the transmitter came to, seen from the lane. `isRetry`: it was tried before, in vain as it seemed. */
export function fateOf(delivery: Delivery, isRetry: boolean): LaneFate {
  switch (delivery.kind) {
    case 'delivered':
      return deliveredFate(delivery);
    case 'alreadyDelivered':
      return { kind: isRetry ? 'answerLost' : 'deliveredBefore' };
    case 'receiverReverted':
      return {
        kind: 'notDelivered',
        reason: `the cache reverted in transaction ${delivery.transaction}: gasLimit may be too low`,
      };
    case 'invalidReceiver':
      return { kind: 'notDelivered', reason: 'there is no cache at its address' };
    default:
      return delivery satisfies never;
  }
}

function deliveredFate({ transaction, rows }: Extract<Delivery, { readonly kind: 'delivered' }>): LaneFate {
  const refused = rows.find(({ kind }) => kind === 'notPermitted');
  if (refused !== undefined) {
    const feed = hexOf(refused.dataId);
    const reason = `the cache lets this workflow not write feed ${feed}: allow it through this forwarder`;
    return { kind: 'notDelivered', reason };
  }
  const stored = rows.flatMap((row): readonly [string, bigint][] =>
    row.kind === 'stored' ? [[hexOf(row.dataId), row.roundId]] : [],
  );
  return stored.length === 0
    ? { kind: 'stale', transaction }
    : { kind: 'stored', transaction, roundIds: new Map(stored) };
}
