import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { CAPTURES, VECTORS, isWitnessed, loadRounds } from '../../../helpers/conformance.ts';

describe('the aggregation answers what real Go answered', () => {
  test.each([...VECTORS, ...CAPTURES])('%s', async (file) => {
    const rounds = await loadRounds(file);
    const wrong = rounds.flatMap((round) => {
      const { revision, config, previousOutcome, observations, witness } = round;
      const outcome = aggregate({
        revision,
        config,
        previousOutcome: previousOutcome ?? undefined,
        observations,
      });
      return isWitnessed(round, outcome) ? [] : [{ id: round.id, note: round.note, outcome, witness }];
    });
    expect(rounds.length).toBeGreaterThanOrEqual(640);
    expect(wrong).toEqual([]);
  });
});
