import { describe, expect, test } from 'vitest';
import { aggregate, aggregateRound } from '../../legacy/aggregate.ts';
import { CAPTURES, PROBES, VECTORS, isWitnessed, loadRounds } from '../helpers/conformance.ts';

describe.each([...VECTORS, PROBES, ...CAPTURES])('%s', (file) => {
  test('every round gives an answer that real Go gave', async () => {
    const rounds = await loadRounds(file);
    const wrong = rounds.filter((round) => !isWitnessed(round, aggregate(round)));
    expect(rounds.length).toBeGreaterThan(600);
    expect(wrong.map(({ id, note }) => `${id} ${note ?? ''}`)).toEqual([]);
  });

  test('the possible outcomes are those that real Go gave', async () => {
    const rounds = await loadRounds(file);
    const wrong = rounds.filter((round) =>
      aggregateRound(round)
        .possible()
        .some((outcome) => !isWitnessed(round, outcome)),
    );
    expect(wrong.map(({ id, note }) => `${id} ${note ?? ''}`)).toEqual([]);
  });
});
