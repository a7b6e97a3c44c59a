import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contradictedLanes, isSameOutcome, judge } from '../../harness/verdict.ts';
import { LANE_ERROR_KINDS } from '../../src/contract/lane.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import type { LaneObservation, Verdict } from '../../src/contract/verdict.ts';
import { configureSeed } from '../helpers/seed.ts';
import { answered, errorOf, failed, judgementOf, outcomeOf } from './fakes.ts';

configureSeed();

const A = outcomeOf({ lastSeenAt: 1n });
const B = outcomeOf({ lastSeenAt: 2n });
const C = outcomeOf({ lastSeenAt: 3n });
const X = errorOf('x');
const Y = errorOf('y');
const GARBAGE: Outcome = { kind: 'outcome', outcome: Uint8Array.of(0xff) };

const verdictOn = (legacy: Outcome, loopp: Outcome, possible: readonly Outcome[] = []): Verdict =>
  judge(answered(legacy), answered(loopp), () => possible);

const unasked = (): never => {
  throw new Error('nothing depends on the possible outcomes');
};

describe('two answers', () => {
  const differences = [{ path: 'lastSeenAt', kind: 'value', legacy: '1', loopp: '2' }] as const;

  test.each<[string, Outcome, Outcome, readonly Outcome[], Verdict]>([
    ['equal bytes', A, A, [A], { key: 'match' }],
    ['equal bytes, of which Go gives no other', A, A, [A, A, A], { key: 'match' }],
    ['equal bytes, where Go may answer otherwise', A, A, [A, B], { key: 'match', orderDependent: true }],
    ['equal bytes, where Go may fail', A, A, [A, X], { key: 'match', orderDependent: true }],
    ['other bytes', A, B, [], { key: 'mismatch', differences }],
    ['other bytes, of which Go gives only one', A, B, [A], { key: 'mismatch', differences }],
    ['other bytes, of which Go gives only the other', A, B, [B, C], { key: 'mismatch', differences }],
    ['other bytes that Go may both give', A, B, [C, B, A], { key: 'ambiguous', differences }],
    ['equal errors', X, X, [X], { key: 'bothFailedAlike' }],
    ['other errors', X, Y, [X], { key: 'bothFailedDifferently' }],
    ['other errors that Go may both give', X, Y, [X, Y], { key: 'ambiguous' }],
    ['an error of legacy alone', X, A, [X], { key: 'onlyLegacyFailed' }],
    ['an error of loopp alone', A, X, [A], { key: 'onlyLooppFailed' }],
    ['an outcome and an error that Go may both give', A, X, [A, X], { key: 'ambiguous' }],
    ['bytes that are no outcome', A, GARBAGE, [], { key: 'protocol' }],
    ['bytes that are no outcome, of legacy', GARBAGE, A, [], { key: 'protocol' }],
    ['bytes that are no outcome against an error', X, GARBAGE, [X], { key: 'protocol' }],
    ['bytes that are no outcome, of legacy, against an error', GARBAGE, X, [], { key: 'protocol' }],
    ['the same bytes that are no outcome', GARBAGE, GARBAGE, [], { key: 'match' }],
  ])('%s', (_, legacy, loopp, possible, expected) => {
    expect(verdictOn(legacy, loopp, possible)).toEqual(expected);
  });

  test('with equal errors are judged without the rules', () => {
    expect(judge(answered(X), answered(X), unasked)).toEqual({ key: 'bothFailedAlike' });
  });

  test('take as long as they take', () => {
    expect(judge(answered(A, 1), answered(A, 1e12), () => [])).toEqual({ key: 'match' });
  });
});

describe('a lane error', () => {
  test.each(LANE_ERROR_KINDS)('%s names the verdict, whatever the other lane answered', (kind) => {
    const others: readonly LaneObservation[] = [answered(A), answered(X)];
    for (const other of others) {
      expect(judge(failed(kind), other, unasked)).toEqual({ key: kind });
      expect(judge(other, failed(kind), unasked)).toEqual({ key: kind });
    }
  });

  test("of both lanes: loopp's names the verdict", () => {
    for (const legacy of LANE_ERROR_KINDS) {
      for (const loopp of LANE_ERROR_KINDS) {
        expect(judge(failed(legacy), failed(loopp), unasked)).toEqual({ key: loopp });
      }
    }
  });
});

const arbitraryOutcome = fc.constantFrom(A, B, C, X, Y, GARBAGE);
const arbitraryObservation = fc.oneof(
  arbitraryOutcome.map((outcome) => answered(outcome)),
  fc.constantFrom(...LANE_ERROR_KINDS).map((kind) => failed(kind)),
);

describe('any two observations', () => {
  test('have one verdict, with differences exactly for a mismatch and two outcomes that Go may give', () => {
    fc.assert(
      fc.property(
        arbitraryObservation,
        arbitraryObservation,
        fc.array(arbitraryOutcome, { maxLength: 4 }),
        (legacy, loopp, possible) => {
          const { key, differences, orderDependent } = judge(legacy, loopp, () => possible);
          expect(VERDICT_KEYS).toContain(key);
          expect(key).not.toBe('notCompared');
          if (key === 'mismatch') expect(differences?.length).toBeGreaterThan(0);
          if (key !== 'mismatch' && key !== 'ambiguous') expect(differences).toBeUndefined();
          if (orderDependent === true) expect(key).toBe('match');
        },
      ),
    );
  });

  test('that change places change sides', () => {
    const mirrored = { onlyLegacyFailed: 'onlyLooppFailed', onlyLooppFailed: 'onlyLegacyFailed' } as const;
    const mirror = (key: Verdict['key']): string =>
      key === 'onlyLegacyFailed' || key === 'onlyLooppFailed' ? mirrored[key] : key;
    fc.assert(
      fc.property(arbitraryOutcome, arbitraryOutcome, fc.array(arbitraryOutcome), (a, b, possible) => {
        expect(verdictOn(b, a, possible).key).toBe(mirror(verdictOn(a, b, possible).key));
      }),
    );
  });
});

const dumped = (pointer: string): Outcome =>
  errorOf(`failed to parse config (&{Underlying:map[dataID:${pointer}]}): dataID is required`);

describe('the same outcome', () => {
  test('has the same bytes or the same text', () => {
    const all = [A, B, X, Y, GARBAGE];
    for (const a of all) for (const b of all) expect(isSameOutcome(a, b)).toBe(a === b);
    expect(isSameOutcome(outcomeOf({ lastSeenAt: 1n }), A)).toBe(true);
  });

  test('may have another dump in its text', () => {
    expect(isSameOutcome(dumped('0xc0001'), dumped('0xc0002'))).toBe(true);
    expect(isSameOutcome(dumped('0xc0001'), errorOf('failed to parse config: dataID is required'))).toBe(
      true,
    );
  });
});

describe('contradicted lanes', () => {
  test.each([
    [undefined, []],
    [{}, []],
    [{ legacy: true, loopp: true }, []],
    [{ legacy: true, loopp: false }, ['loopp']],
    [{ legacy: false }, ['legacy']],
    [{ legacy: false, loopp: false }, ['legacy', 'loopp']],
  ])('%j: %j', (witness, lanes) => {
    expect(contradictedLanes(judgementOf(witness === undefined ? {} : { witness }))).toEqual(lanes);
  });
});
