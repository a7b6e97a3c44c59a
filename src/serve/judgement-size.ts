import { roundBytes } from '../../harness/round-size.ts';
import type { Judgement } from '../contract/judgement.ts';
import type { LaneObservation } from '../contract/verdict.ts';

/** Bytes that a judgement holds in memory, but for a small constant. */
export function judgementBytes({ round, observations }: Judgement): number {
  return roundBytes(round) + answerBytes(observations?.legacy) + answerBytes(observations?.loopp);
}

function answerBytes(observation: LaneObservation | undefined): number {
  if (observation?.kind !== 'answer') return 0;
  const { outcome } = observation;
  return outcome.kind === 'outcome' ? outcome.outcome.length : outcome.error.length;
}
