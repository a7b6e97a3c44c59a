import type { FlagState, StageShares } from '../../../src/contract/decision.ts';
import { VERDICT_KEYS } from '../../../src/contract/verdict.ts';
import type { VerdictKey } from '../../../src/contract/verdict.ts';
import type { Look, Sample } from '../../../src/flags/controller/sample.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { FLAG } from '../builders.ts';

export interface SampleChanges {
  readonly startedAt?: string;
  readonly shares?: StageShares;
  readonly polling?: FlagState['polling'];
  readonly flagName?: string;
  readonly kind?: FlagState['kind'];
  readonly verdicts?: Partial<Record<VerdictKey, number>>;
  readonly distinct?: number;
  readonly contradicted?: number;
  readonly live?: number;
  readonly fallbacks?: number;
  readonly pairs?: readonly [count: number, meanMs: number | null];
  readonly served?: Sample['served'];
  readonly plugin?: string;
  readonly workflows?: readonly string[];
}

/** A service in shadow that has seen nothing but what is said. */
export function sampleWith(changes: SampleChanges = {}): Sample {
  const { shares = allIn('shadow'), polling = 'ready', kind = 'unleash', flagName = FLAG } = changes;
  const [count, meanMs] = changes.pairs ?? [0, null];
  const zeros = Object.fromEntries(VERDICT_KEYS.map((key) => [key, 0])) as Record<VerdictKey, number>;
  return {
    startedAt: changes.startedAt ?? '2026-01-01T00:00:00.000Z',
    flag: { kind, name: flagName, polling, enabled: true, shares: { ...shares } },
    workflows: [...(changes.workflows ?? ['w'])],
    distinct: changes.distinct ?? 0,
    verdicts: { ...zeros, ...changes.verdicts },
    witness: { contradicted: changes.contradicted ?? 0 },
    stages: {
      shadow: { rounds: changes.distinct ?? 0 },
      live: { rounds: changes.live ?? 0 },
      complete: { rounds: 0 },
    },
    counts: { fallbacks: changes.fallbacks ?? 0 },
    latency: { paired: { count, meanMs } },
    plugin: { state: changes.plugin ?? 'ready' },
    served: changes.served ?? { legacy: new Map(), loopp: new Map() },
  };
}

export function lookWith(changes: SampleChanges | string = {}, service = 'a'): Look {
  return { service, sample: typeof changes === 'string' ? changes : sampleWith(changes) };
}
