import type { VerdictKey } from '../../contract/verdict.ts';
import { between } from './served.ts';
import type { ServedBuckets } from './served.ts';
import type { Sample } from './sample.ts';
import { isSeen } from './watch.ts';
import type { Memory, Stamped, Track } from './watch.ts';

/** What speaks against loopp, counted since before the step. */
export interface Guard {
  readonly disagreements: number;
  readonly contradicted: number;
  /** 0: the plugin answers. */
  readonly looppDownMs: number;
  readonly recent: Rates;
}

/** Comparisons and rounds in live, and how many of them went without loopp. */
export interface Rates {
  readonly compared: number;
  readonly laneErrors: number;
  readonly liveRounds: number;
  readonly fallbacks: number;
}

/** What speaks for it, counted since the service has followed the flag. */
export interface Proof extends Rates {
  readonly forMs: number;
  /** Distinct inputs that the process had not compared before. */
  readonly distinct: number;
  /** Comparisons that did not end in agreement, whatever they ended in. */
  readonly notAgreeing: number;
  readonly stageRounds: Readonly<Record<'shadow' | 'live', number>>;
  /** Undefined: there were no pairs. */
  readonly pairedMeanMs: number | undefined;
  readonly served: ServedBuckets;
}

/** What is known of one service now. */
export type ServiceView =
  | { readonly service: string; readonly kind: 'unreachable'; readonly problem: string }
  | {
      readonly service: string;
      readonly kind: 'seen';
      readonly guard: Guard;
      /** In a sentence why there is none. */
      readonly proof: Proof | string;
      readonly workflows: readonly string[];
    };

export function viewsOf({ tracks }: Memory): readonly ServiceView[] {
  return tracks.map((track) => {
    const { service, unreachable } = track;
    if (!isSeen(track) || unreachable !== undefined) {
      return { service, kind: 'unreachable', problem: unreachable ?? 'no answer' };
    }
    return viewOf(track);
  });
}

function viewOf(track: Track): ServiceView {
  const { service, guard, proof, recent, astray } = track;
  const now = recent.at(-1) ?? guard;
  return {
    service,
    kind: 'seen',
    guard: guardOf(track, now),
    proof: proof === undefined ? (astray ?? 'expected it to follow the flag') : proofOf(proof, now),
    workflows: now.sample.workflows,
  };
}

function guardOf({ guard, recent, downSinceMs }: Track, now: Stamped): Guard {
  return {
    disagreements: grown(guard.sample, now.sample, DISAGREEING),
    contradicted: now.sample.witness.contradicted - guard.sample.witness.contradicted,
    looppDownMs: downSinceMs === undefined ? 0 : now.atMs - downSinceMs,
    recent: ratesOf((recent[0] ?? guard).sample, now.sample),
  };
}

function proofOf({ atMs, sample: before }: Stamped, now: Stamped): Proof {
  const { sample } = now;
  return {
    ...ratesOf(before, sample),
    forMs: now.atMs - atMs,
    distinct: sample.distinct - before.distinct,
    notAgreeing: grown(before, sample, NOT_AGREEING),
    stageRounds: {
      shadow: sample.stages.shadow.rounds - before.stages.shadow.rounds,
      live: sample.stages.live.rounds - before.stages.live.rounds,
    },
    pairedMeanMs: meanSince(before.latency.paired, sample.latency.paired),
    served: {
      legacy: between(before.served.legacy, sample.served.legacy),
      loopp: between(before.served.loopp, sample.served.loopp),
    },
  };
}

const DISAGREEING: readonly VerdictKey[] = [
  'mismatch',
  'bothFailedDifferently',
  'onlyLegacyFailed',
  'onlyLooppFailed',
];
const LANE_ERRORS: readonly VerdictKey[] = ['timeout', 'unavailable', 'protocol'];
const NOT_AGREEING: readonly VerdictKey[] = [...DISAGREEING, ...LANE_ERRORS, 'ambiguous'];
const COMPARED: readonly VerdictKey[] = [...NOT_AGREEING, 'match', 'bothFailedAlike'];

function ratesOf(before: Sample, now: Sample): Rates {
  return {
    compared: grown(before, now, COMPARED),
    laneErrors: grown(before, now, LANE_ERRORS),
    liveRounds: now.stages.live.rounds - before.stages.live.rounds,
    fallbacks: now.counts.fallbacks - before.counts.fallbacks,
  };
}

function grown(before: Sample, now: Sample, keys: readonly VerdictKey[]): number {
  return keys.reduce((sum, key) => sum + now.verdicts[key] - before.verdicts[key], 0);
}

type Paired = Sample['latency']['paired'];

/** Of the pairs that came between two means over all pairs. */
function meanSince(before: Paired, now: Paired): number | undefined {
  const pairs = now.count - before.count;
  if (pairs <= 0 || now.meanMs === null) return undefined;
  return (now.meanMs * now.count - (before.meanMs ?? 0) * before.count) / pairs;
}
