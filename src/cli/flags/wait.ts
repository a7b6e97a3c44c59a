import { setTimeout as sleep } from 'node:timers/promises';
import type { StageShares } from '../../contract/decision.ts';
import { WHOLE, areSame } from '../../flags/shares.ts';
import { askService, statusInWords } from './service.ts';
import type { ServiceAnswer } from './service.ts';

/** What services should come to report. */
export interface Awaited {
  readonly name: string;
  readonly enabled: boolean;
  readonly shares: StageShares;
}

export interface WaitLimits {
  /** On the monotonic clock: before the change was written. */
  readonly sinceMs: number;
  /** From now on. */
  readonly timeoutMs: number;
}

/** How long a service took since before the change was written. */
export interface Waited {
  readonly service: string;
  /** null: it has not followed. */
  readonly ms: number | null;
  /** What it said last. */
  readonly last: string;
}

const POLL_MS = 50;
/** For one answer. */
const STATUS_TIMEOUT_MS = 2000;

/** Asks each service until it reports what is awaited, or never will, or time is up. Never rejects. */
export async function waitForServices(
  services: readonly string[],
  awaited: Awaited,
  limits: WaitLimits,
): Promise<readonly Waited[]> {
  return Promise.all(services.map((service) => waitForOne(service, awaited, limits)));
}

async function waitForOne(
  service: string,
  awaited: Awaited,
  { sinceMs, timeoutMs }: WaitLimits,
): Promise<Waited> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await askService(service, STATUS_TIMEOUT_MS);
    const result = compare(answer, awaited);
    const last = statusInWords(answer);
    if (result === 'follows') return { service, ms: Math.round(performance.now() - sinceMs), last };
    if (result === 'never' || performance.now() > deadlineMs) return { service, ms: null, last };
    await sleep(POLL_MS);
  }
}

function compare({ status }: ServiceAnswer, awaited: Awaited): 'follows' | 'not yet' | 'never' {
  if (typeof status === 'string') return 'not yet';
  const { kind, name, polling, enabled, shares } = status.flag;
  if (kind === 'fixed' || name !== awaited.name) return 'never';
  // Such a service has everything off, whatever the flag says.
  if (polling === 'refused' || polling === 'stale') {
    return awaited.shares.off === WHOLE ? 'follows' : 'not yet';
  }
  const isSeen = polling === 'ready' || polling === 'failing';
  const isSame = enabled === awaited.enabled && shares !== undefined && areSame(shares, awaited.shares);
  return isSeen && isSame ? 'follows' : 'not yet';
}
