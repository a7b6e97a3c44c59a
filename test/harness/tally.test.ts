import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerBound } from '../../harness/statistics.ts';
import { Tally } from '../../harness/tally.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import type { VerdictKey } from '../../src/contract/verdict.ts';
import { configureSeed } from '../helpers/seed.ts';
import { judgementOf, notCompared, roundOf } from './fakes.ts';

configureSeed();

function tallyOf(...judgements: readonly Judgement[]): Tally {
  const tally = new Tally();
  for (const judgement of judgements) {
    tally.expect();
    tally.add(judgement);
  }
  tally.assertSum();
  return tally;
}

/** A judgement on the input with this number. */
const verdictOn = (input: number, key: VerdictKey): Judgement =>
  key === 'notCompared'
    ? notCompared(roundOf(input))
    : judgementOf({ round: roundOf(input), verdict: { key } });

const agrees = ({ key }: { readonly key: VerdictKey }): boolean =>
  key === 'match' || key === 'bothFailedAlike';

describe('a tally', () => {
  test('of nothing has no rate', () => {
    const tally = tallyOf();
    expect(tally.rounds).toBe(0);
    expect(tally.distinct).toBe(0);
    expect(tally.parity).toEqual({ rate: NaN, lowerBound: NaN });
    expect(tally.verdicts).toEqual(Object.fromEntries(VERDICT_KEYS.map((key) => [key, 0])));
    expect(tally.witness).toEqual({ checked: 0, contradicted: 0 });
  });

  test.each(VERDICT_KEYS)('counts %s once', (key) => {
    const tally = tallyOf(verdictOn(1, key));
    expect(tally.verdicts).toEqual({ ...tallyOf().verdicts, [key]: 1 });
    expect(tally.rounds).toBe(1);
  });

  test('has a rate over the compared rounds: only match and bothFailedAlike agree', () => {
    const rates = VERDICT_KEYS.map((key) => [
      key,
      tallyOf(verdictOn(1, 'match'), verdictOn(2, key)).parity.rate,
    ]);
    expect(Object.fromEntries(rates)).toEqual({
      match: 1,
      bothFailedAlike: 1,
      notCompared: 1,
      ...Object.fromEntries(
        VERDICT_KEYS.filter((key) => !['match', 'bothFailedAlike', 'notCompared'].includes(key)).map(
          (key) => [key, 0.5],
        ),
      ),
    });
  });

  test('proves nothing by the same input under other ids', () => {
    const again = Array.from({ length: 50 }, (_, index) =>
      judgementOf({ round: roundOf(1, { id: String(index) }) }),
    );
    const tally = tallyOf(...again);
    expect(tally.rounds).toBe(50);
    expect(tally.distinct).toBe(1);
    expect(tally.parity).toEqual({ rate: 1, lowerBound: expect.closeTo(0.05, 12) });
  });

  test('keeps an input that was ever disagreed on among the disagreeing', () => {
    const agreeing = Array.from({ length: 9 }, (_, index) => verdictOn(index + 2, 'match'));
    const tally = tallyOf(
      verdictOn(1, 'match'),
      verdictOn(1, 'mismatch'),
      verdictOn(1, 'match'),
      ...agreeing,
    );
    expect(tally.distinct).toBe(10);
    expect(tally.parity).toEqual({ rate: 11 / 12, lowerBound: lowerBound(9, 10) });
  });

  test('counts matches that depend on the order of the oracles', () => {
    const dependent = { key: 'match', orderDependent: true } as const;
    expect(tallyOf(judgementOf(), judgementOf({ verdict: dependent })).orderDependent).toBe(1);
  });

  test('counts witnesses, beside the verdict', () => {
    const { witness, verdicts } = tallyOf(
      judgementOf(),
      judgementOf({ witness: { legacy: true, loopp: true } }),
      judgementOf({ witness: { legacy: true } }),
      judgementOf({ witness: { legacy: true, loopp: false } }),
      judgementOf({ witness: { legacy: false, loopp: false } }),
    );
    expect(witness).toEqual({ checked: 4, contradicted: 2 });
    expect(verdicts.match).toBe(5);
  });

  test('says when a round has no verdict, or two', () => {
    const tally = new Tally();
    tally.expect();
    expect(() => tally.assertSum()).toThrow('the verdicts add up to 0, expected 1 rounds');
    tally.add(judgementOf());
    tally.assertSum();
    tally.add(judgementOf());
    expect(() => tally.assertSum()).toThrow('the verdicts add up to 2, expected 1 rounds');
  });

  test('tells so many distinct inputs apart, and as many again that are disagreed on', () => {
    const tally = new Tally(2);
    const put = (input: number, key: VerdictKey): void => {
      tally.expect();
      tally.add(verdictOn(input, key));
    };
    for (const input of [1, 2, 3, 1]) put(input, 'match');
    expect(tally.distinct).toBe(2);
    for (const input of [4, 5, 6]) put(input, 'mismatch');
    expect(tally.distinct).toBe(4);
    expect(tally.parity).toEqual({ rate: 4 / 7, lowerBound: lowerBound(2, 4) });
    tally.assertSum();
  });

  test('adds up, whatever came', () => {
    const verdict = fc.record({ input: fc.nat({ max: 6 }), key: fc.constantFrom(...VERDICT_KEYS) });
    fc.assert(
      fc.property(fc.array(verdict), (list) => {
        const tally = tallyOf(...list.map(({ input, key }) => verdictOn(input, key)));
        expect(Object.values(tally.verdicts).reduce((sum, count) => sum + count, 0)).toBe(list.length);
        const compared = list.filter(({ key }) => key !== 'notCompared');
        const inputs = new Set(compared.map(({ input }) => input));
        const disagreeing = new Set(compared.filter((each) => !agrees(each)).map(({ input }) => input));
        expect(tally.distinct).toBe(inputs.size);
        expect(tally.parity).toEqual({
          rate: compared.length === 0 ? NaN : compared.filter(agrees).length / compared.length,
          lowerBound: lowerBound(inputs.size - disagreeing.size, inputs.size),
        });
      }),
    );
  });
});
