import type { StageShares } from '../../contract/decision.ts';
import { effectiveShares } from '../reading.ts';
import type { FlagReading } from '../reading.ts';
import { WHOLE, areSame } from '../shares.ts';
import { livePermille, sharesAt } from './plan.ts';
import type { Plan } from './plan.ts';

/** Where the flag is on the plan. */
export type Position =
  /** It cannot be read, or weights do not decide it. */
  | { readonly kind: 'unknown'; readonly problem: string }
  | { readonly kind: 'off' }
  /** `step`: an index into the plan. */
  | { readonly kind: 'step'; readonly step: number; readonly shares: StageShares }
  /** Between steps or beside them; `guard`: the step whose limits hold meanwhile. */
  | { readonly kind: 'beside'; readonly guard: number; readonly shares: StageShares };

/** `reading`: in a sentence why there is none. */
export function positionOf({ steps }: Plan, reading: FlagReading | string): Position {
  if (typeof reading === 'string') return { kind: 'unknown', problem: reading };
  const shares = effectiveShares(reading);
  if (shares === undefined) return { kind: 'unknown', problem: problemIn(reading) };
  if (shares.off === WHOLE) return { kind: 'off' };
  const step = steps.findIndex((candidate) => areSame(sharesAt(candidate), shares));
  if (step >= 0) return { kind: 'step', step, shares };
  const next = steps.findIndex((candidate) => livePermille(candidate) >= Math.max(1, shares.live));
  return { kind: 'beside', guard: next < 0 ? 0 : next, shares };
}

function problemIn({ division }: FlagReading): string {
  const came = division.kind === 'more' ? division.dependsOn : division.kind;
  return `expected a flag that weights decide, got ${came}`;
}

/** Whether loopp serves anybody. */
export function isLooppServing(position: Position): boolean {
  if (position.kind !== 'step' && position.kind !== 'beside') return false;
  return position.shares.live + position.shares.complete > 0;
}
