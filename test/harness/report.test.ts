import { describe, expect, test } from 'vitest';
import { FAILING, LANE_TROUBLE, Summary, objections } from '../../harness/report.ts';
import type { Report } from '../../harness/report.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import type { VerdictKey } from '../../src/contract/verdict.ts';
import { answered, failed, judgementOf, notCompared, outcomeOf, roundOf } from './fakes.ts';

function summaryOf(...judgements: readonly Judgement[]): Summary {
  const summary = new Summary();
  for (const judgement of judgements) {
    summary.tally.expect();
    summary.add(judgement);
  }
  return summary;
}

const reportOf = (...judgements: readonly Judgement[]): Report =>
  summaryOf(...judgements).report({ concurrency: 16, seed: 5, versions: { product: '1.2.3' } });
const withVerdict = (key: VerdictKey): Judgement =>
  key === 'notCompared' ? notCompared() : judgementOf({ verdict: { key } });

describe('a report', () => {
  test('of nothing is JSON all the same: what is not known is null', () => {
    const none = { count: 0, p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null };
    const report = reportOf();
    expect(report).toEqual({
      rounds: 0,
      distinct: 0,
      verdicts: Object.fromEntries(VERDICT_KEYS.map((key) => [key, 0])),
      orderDependent: 0,
      parity: { rate: null, lowerBound: null },
      witness: { checked: 0, contradicted: 0 },
      latency: {
        legacy: none,
        loopp: none,
        paired: { count: 0, medianMs: null, meanMs: null, lowMs: null, highMs: null },
      },
      refused: 0,
      concurrency: 16,
      seed: 5,
      versions: { product: '1.2.3' },
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('has latencies in milliseconds of the lanes that answered', () => {
    const slow = answered(outcomeOf(), 5e6);
    const fast = answered(outcomeOf(), 2e6);
    const { latency } = reportOf(
      judgementOf({ legacy: fast, loopp: slow }),
      judgementOf({ legacy: fast, loopp: failed('timeout', 'too slow', 9e9) }),
      notCompared(),
    );
    expect(latency.legacy).toEqual({ count: 2, p50Ms: 2, p90Ms: 2, p99Ms: 2, maxMs: 2 });
    expect(latency.loopp).toEqual({ count: 1, p50Ms: 5, p90Ms: 5, p99Ms: 5, maxMs: 5 });
    expect(latency.paired).toMatchObject({ count: 1, meanMs: 3, medianMs: expect.closeTo(3, 1) });
  });

  test('counts refused lines', () => {
    const summary = summaryOf();
    summary.refuse();
    summary.refuse();
    expect(summary.refused).toBe(2);
    expect(summary.report({ concurrency: 16, seed: 1, versions: {} }).refused).toBe(2);
  });
});

describe('findings', () => {
  test('are the rounds that need attention', () => {
    const found = VERDICT_KEYS.filter((key) => summaryOf(withVerdict(key)).findingCount === 1);
    expect(found).toEqual(VERDICT_KEYS.filter((key) => FAILING.has(key) || LANE_TROUBLE.has(key)));
    expect(found).toEqual([
      'mismatch',
      'bothFailedDifferently',
      'onlyLegacyFailed',
      'onlyLooppFailed',
      'timeout',
      'unavailable',
      'protocol',
    ]);
  });

  test('are rounds that a witness contradicts', () => {
    expect(summaryOf(judgementOf({ witness: { legacy: true, loopp: true } })).findingCount).toBe(0);
    expect(summaryOf(judgementOf({ witness: { legacy: false } })).findingCount).toBe(1);
    expect(summaryOf(judgementOf({ witness: { legacy: true, loopp: false } })).findingCount).toBe(1);
  });

  test('are kept in part and counted in full', () => {
    const rounds = Array.from({ length: 8 }, (_, index) => roundOf(index));
    const summary = summaryOf(...rounds.map((round) => judgementOf({ round, verdict: { key: 'protocol' } })));
    expect(summary.findingCount).toBe(8);
    expect(summary.findings.map(({ round }) => round)).toEqual(rounds.slice(0, 5));
  });
});

describe('objections', () => {
  test.each(VERDICT_KEYS)('to %s', (key) => {
    const reasons = objections(reportOf(withVerdict(key), judgementOf()), 0);
    const expected = FAILING.has(key)
      ? [`${key}: 1`]
      : LANE_TROUBLE.has(key)
        ? ['timeout and unavailable: 1, at most 0 allowed']
        : [];
    expect(reasons).toEqual(expected);
  });

  test('to lane errors begin above the limit, together', () => {
    const trouble = [withVerdict('timeout'), withVerdict('unavailable'), withVerdict('unavailable')];
    const report = reportOf(...trouble, judgementOf());
    expect(objections(report, 3)).toEqual([]);
    expect(objections(report, 2)).toEqual(['timeout and unavailable: 3, at most 2 allowed']);
  });

  test('to a contradicted witness, though the lanes agree', () => {
    const report = reportOf(judgementOf({ witness: { legacy: false, loopp: false } }));
    expect(objections(report, 0)).toEqual(['witness contradicted: 1']);
  });

  test.each([
    ['lacks an answer, though so many may', ['timeout', 'unavailable'] as const],
    ['was not to be compared', ['notCompared', 'notCompared'] as const],
    ['is one or the other', ['timeout', 'notCompared'] as const],
  ])('to a comparison in which every round %s', (_, keys) => {
    expect(objections(reportOf(...keys.map(withVerdict)), 2)).toEqual(['no round was compared']);
    expect(objections(reportOf(...keys.map(withVerdict), judgementOf()), 2)).toEqual([]);
  });

  test('to a comparison without rounds', () => {
    expect(objections(reportOf(), 0)).toEqual(['no round was compared']);
  });

  test('are listed together', () => {
    const report = reportOf(...VERDICT_KEYS.map(withVerdict), judgementOf({ witness: { loopp: false } }));
    expect(objections(report, 0)).toEqual([
      'mismatch: 1',
      'bothFailedDifferently: 1',
      'onlyLegacyFailed: 1',
      'onlyLooppFailed: 1',
      'protocol: 1',
      'timeout and unavailable: 2, at most 0 allowed',
      'witness contradicted: 1',
    ]);
  });
});
