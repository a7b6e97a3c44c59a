import type { Decision } from '../contract/decision.ts';
import type { FlagEvaluator } from './evaluator.ts';
import { stageNamed } from './reading.ts';
import type { FlagReading } from './reading.ts';

/** What a flag says of one key. */
export type FlagDecision = Pick<Decision, 'stage' | 'reason'>;

/** Never throws. `evaluator` holds the flag that was read. */
export function decideByFlag(
  name: string,
  { enabled: isOn, division }: FlagReading,
  evaluator: FlagEvaluator,
  key: string,
): FlagDecision {
  if (!isOn) return { stage: 'off', reason: 'disabled' };
  if (division.kind === 'unusable') return { stage: 'off', reason: 'no stage' };
  try {
    const { enabled, variant } = evaluator.evaluate(name, key);
    if (!enabled) return { stage: 'off', reason: 'disabled' };
    const stage = stageNamed(variant);
    return stage === undefined ? { stage: 'off', reason: 'no stage' } : { stage, reason: 'variant' };
  } catch {
    // A flag that this one depends on has a form that Unleash's client does not expect.
    return { stage: 'off', reason: 'no stage' };
  }
}
