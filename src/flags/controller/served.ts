import type { LaneName } from '../../contract/judgement.ts';

/** A histogram as Prometheus has it: how many were at most so long, by the bound in milliseconds; they only grow. */
export type Buckets = ReadonlyMap<number, number>;
export type ServedBuckets = Readonly<Record<LaneName, Buckets>>;

const LINE = /^securemint_shadow_served_duration_seconds_bucket\{([^}]*)\} (\S+)/gm;

/** How long callers waited, from the text of `/metrics`; empty where it does not say. */
export function readServed(text: string): ServedBuckets {
  const lanes = { legacy: new Map<number, number>(), loopp: new Map<number, number>() };
  for (const [, labels = '', count = ''] of text.matchAll(LINE)) {
    const lane = /lane="(legacy|loopp)"/.exec(labels)?.[1];
    const bound = /le="([^"]+)"/.exec(labels)?.[1];
    if (bound === undefined || (lane !== 'legacy' && lane !== 'loopp')) continue;
    const [le, value] = [bound === '+Inf' ? Infinity : Number(bound) * 1000, Number(count)];
    if (!Number.isNaN(le) && Number.isFinite(value)) lanes[lane].set(le, value);
  }
  return lanes;
}

/** What came between two readings. */
export function between(before: Buckets, after: Buckets): Buckets {
  return new Map([...after].map(([bound, count]) => [bound, Math.max(0, count - (before.get(bound) ?? 0))]));
}

export function merge(all: readonly Buckets[]): Buckets {
  const merged = new Map<number, number>();
  for (const buckets of all) {
    for (const [bound, count] of buckets) merged.set(bound, (merged.get(bound) ?? 0) + count);
  }
  return merged;
}

/** The smallest bound that a share of at least `q` keeps, in milliseconds; undefined: nothing was counted. */
export function quantile(buckets: Buckets, q: number): number | undefined {
  const bounds = [...buckets].toSorted(([one], [other]) => one - other);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  return bounds.find(([, count]) => count >= q * total)?.[0] ?? Infinity;
}
