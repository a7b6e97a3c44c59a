import type { StageShares } from '../../contract/decision.ts';
import { areSame } from '../shares.ts';
import type { Look, Sample } from './sample.ts';

/** A sample and when it was taken, on the monotonic clock. */
export interface Stamped {
  readonly atMs: number;
  readonly sample: Sample;
}

/** What is remembered of one service; a new process of it, and a new step of the flag, begin it anew. */
export interface Track {
  readonly service: string;
  /** The last sample before the step: what went wrong since counts against it. */
  readonly guard: Stamped;
  /** The first sample that followed the flag: what went well since counts for the step. Undefined: none has. */
  readonly proof: Stamped | undefined;
  /** The oldest first, at most so many as `KEPT`. */
  readonly recent: readonly Stamped[];
  /** Since when every sample has the plugin away. */
  readonly downSinceMs: number | undefined;
  /** Why the last look gave no sample. */
  readonly unreachable: string | undefined;
  /** Why the last sample does not follow the flag. */
  readonly astray: string | undefined;
}

/** Everything a controller remembers of services. */
export interface Memory {
  readonly shares: StageShares | undefined;
  readonly tracks: readonly (Track | Unseen)[];
}

/** A service that has never answered. */
export interface Unseen {
  readonly service: string;
  readonly unreachable: string;
}

/** The flag as its server has it. Undefined shares: it could not be read, and is taken to be as before. */
export interface FlagAt {
  readonly name: string;
  readonly shares: StageShares | undefined;
}

export const NOTHING_SEEN: Memory = { shares: undefined, tracks: [] };

/** Samples of the recent window that are kept of a service. */
const KEPT = 60;

/** Adds one look at every service. */
export function watch(
  before: Memory,
  looks: readonly Look[],
  flag: FlagAt,
  { atMs, windowMs }: { readonly atMs: number; readonly windowMs: number },
): Memory {
  const shares = flag.shares ?? before.shares;
  const isNewStep = before.shares === undefined || shares === undefined || !areSame(before.shares, shares);
  const tracks = looks.map(({ service, sample }) => {
    const known = before.tracks.find((track) => track.service === service);
    const track = known !== undefined && isNewStep ? begunAnew(known) : known;
    if (typeof sample === 'string') return missed(track, service, sample);
    return seen(track, service, { atMs, sample }, { name: flag.name, shares, windowMs });
  });
  return { shares, tracks };
}

export function isSeen(track: Track | Unseen): track is Track {
  return 'guard' in track;
}

function begunAnew(track: Track | Unseen): Track | Unseen {
  if (!isSeen(track)) return track;
  const last = track.recent.at(-1) ?? track.guard;
  return { ...track, guard: last, proof: undefined, recent: [last], downSinceMs: undefined };
}

function missed(track: Track | Unseen | undefined, service: string, unreachable: string): Track | Unseen {
  return track !== undefined && isSeen(track) ? { ...track, unreachable } : { service, unreachable };
}

interface Seeing {
  readonly name: string;
  readonly shares: StageShares | undefined;
  readonly windowMs: number;
}

function seen(
  known: Track | Unseen | undefined,
  service: string,
  now: Stamped,
  { name, shares, windowMs }: Seeing,
): Track {
  const track = known !== undefined && isSeen(known) && isSameLife(known, now) ? known : undefined;
  const astray = astrayBecause(now.sample, name, shares);
  return {
    service,
    guard: track?.guard ?? guardOfNewLife(known, now),
    // A service that lost the flag for a while was in another stage meanwhile.
    proof: astray === undefined ? (track?.proof ?? now) : undefined,
    recent: keep(track?.recent ?? [], now, windowMs),
    downSinceMs: now.sample.plugin.state === 'ready' ? undefined : (track?.downSinceMs ?? now.atMs),
    unreachable: undefined,
    astray,
  };
}

/** What a process that began under the controller's eyes has counted, it has counted since. */
function guardOfNewLife(known: Track | Unseen | undefined, now: Stamped): Stamped {
  return known !== undefined && isSeen(known) ? { atMs: now.atMs, sample: uncounted(now.sample) } : now;
}

function uncounted(sample: Sample): Sample {
  const verdicts = Object.fromEntries(Object.keys(sample.verdicts).map((key) => [key, 0]));
  return {
    ...sample,
    distinct: 0,
    // The same keys.
    verdicts: verdicts as Sample['verdicts'],
    witness: { contradicted: 0 },
    stages: { shadow: { rounds: 0 }, live: { rounds: 0 }, complete: { rounds: 0 } },
    counts: { fallbacks: 0 },
    latency: { paired: { count: 0, meanMs: null } },
    served: { legacy: new Map(), loopp: new Map() },
  };
}

function isSameLife({ guard }: Track, { sample }: Stamped): boolean {
  return guard.sample.startedAt === sample.startedAt;
}

function astrayBecause({ flag }: Sample, name: string, shares: StageShares | undefined): string | undefined {
  if (flag.kind === 'fixed') return 'expected it to follow the flag, got a stage fixed by its configuration';
  if (flag.name !== name) return `expected it to follow the flag ${name}, got ${flag.name ?? 'none'}`;
  // It still holds: other polls may go well.
  if (flag.polling !== 'ready' && flag.polling !== 'failing') {
    return `expected it to read the flag, got ${flag.polling}`;
  }
  if (shares === undefined || flag.shares === undefined || !areSame(shares, flag.shares)) {
    return 'expected the flag as its server has it, got an earlier one';
  }
  return undefined;
}

/** The samples that the window needs: one at its beginning, and not more than so many in it. */
function keep(recent: readonly Stamped[], now: Stamped, windowMs: number): readonly Stamped[] {
  const since = now.atMs - windowMs;
  const from = recent.findLastIndex(({ atMs }) => atMs <= since);
  const inWindow = recent.slice(Math.max(0, from));
  const beforeLast = inWindow.at(-2);
  // The last one is replaced until it is far enough from the one before.
  const last = inWindow.at(-1);
  const isClose =
    beforeLast !== undefined && last !== undefined && last.atMs - beforeLast.atMs < windowMs / (KEPT - 2);
  return [...(isClose ? inWindow.slice(0, -1) : inWindow), now];
}
