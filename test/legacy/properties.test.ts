import { describe, expect, test } from 'vitest';
import { aggregate, aggregateRound } from '../../legacy/aggregate.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import {
  everyRoundIsAnswered,
  foreignEventsDoNotMatter,
  inputsAreNotModified,
  orderOfOraclesIsIrrelevant,
} from '../helpers/laws.ts';
import type { Aggregate, Law } from '../helpers/laws.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

describe('the legacy aggregator', () => {
  test('order of oracles is irrelevant', () => orderOfOraclesIsIrrelevant(aggregate));
  test('foreign events do not matter', () => foreignEventsDoNotMatter(aggregate));
  test('inputs are not modified', () => inputsAreNotModified(aggregate));
  test('every round is answered', () => everyRoundIsAnswered(aggregate));
});

function last(round: Round): Outcome {
  const outcome = aggregateRound(round).possible().at(-1);
  if (outcome === undefined) throw new Error('no possible outcome');
  return outcome;
}

describe('its possible outcomes', () => {
  test('order of oracles is irrelevant', () => orderOfOraclesIsIrrelevant(last));
  test('foreign events do not matter', () => foreignEventsDoNotMatter(last));
  test('inputs are not modified', () => inputsAreNotModified(last));

  test('the first is the answer', () =>
    everyRoundIsAnswered((round) => {
      const answer = aggregate(round);
      expect(aggregateRound(round).possible()[0]).toEqual(answer);
      return answer;
    }));
});

const wrong = (error: string): Outcome => ({ kind: 'error', error });

describe('the laws find an aggregator that breaks them', () => {
  test.each<[string, Law, Aggregate]>([
    [
      'orderOfOraclesIsIrrelevant',
      orderOfOraclesIsIrrelevant,
      ({ observations }): Outcome => wrong(`oracle ${String(observations[0]?.oracle)}`),
    ],
    [
      'orderOfOraclesIsIrrelevant',
      orderOfOraclesIsIrrelevant,
      ({ observations }): Outcome => wrong(`${String(observations.length)} oracles`),
    ],
    [
      'foreignEventsDoNotMatter',
      foreignEventsDoNotMatter,
      ({ observations }): Outcome =>
        wrong(`${String(observations.flatMap(({ values }) => values).length)} events`),
    ],
    [
      'inputsAreNotModified',
      inputsAreNotModified,
      (round): Outcome => {
        round.config.fill(0);
        return wrong('zeroed');
      },
    ],
    ['inputsAreNotModified', inputsAreNotModified, (): Outcome => wrong(String(Math.random()))],
    ['everyRoundIsAnswered', everyRoundIsAnswered, (): Outcome => wrong('')],
    [
      'everyRoundIsAnswered',
      everyRoundIsAnswered,
      (): Outcome => {
        throw new Error('crash');
      },
    ],
    [
      'everyRoundIsAnswered',
      everyRoundIsAnswered,
      (): Outcome => ({ kind: 'outcome', outcome: Uint8Array.of(0x18, 0) }),
    ],
  ])('%s', async (_, law, broken) => {
    await expect(law(broken)).rejects.toThrow(/Property failed after/);
  });
});
