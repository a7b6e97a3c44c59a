import { describe, expect, test } from 'vitest';
import { Summary } from '../../harness/report.ts';
import { counted, grouped, reportLines } from '../../harness/report-text.ts';
import type { Paint } from '../../harness/report-text.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { VerdictKey } from '../../src/contract/verdict.ts';
import type { WitnessAnswer } from '../../src/contract/round.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { answered, errorOf, failed, judgementOf, notCompared, outcomeOf, roundOf } from './fakes.ts';

const plain = (text: string): string => text;
const PLAIN: Paint = { good: plain, bad: plain, dim: plain, bold: plain };
const TAGGED: Paint = {
  good: (text) => `<good>${text}</>`,
  bad: (text) => `<bad>${text}</>`,
  dim: (text) => `<dim>${text}</>`,
  bold: (text) => `<bold>${text}</>`,
};

function linesOf(judgements: readonly Judgement[], paint = PLAIN): readonly string[] {
  const summary = new Summary();
  for (const judgement of judgements) {
    summary.tally.expect();
    summary.add(judgement);
  }
  return reportLines(summary.report({ concurrency: 16, seed: 1, versions: {} }), summary, paint);
}

const textOf = (...judgements: readonly Judgement[]): string => linesOf(judgements).join('\n');
const findingsOf = (...judgements: readonly Judgement[]): readonly string[] => {
  const lines = linesOf(judgements);
  return lines.slice(lines.findIndex((line) => line.includes('finding')));
};
const lineOf = (start: string, ...judgements: readonly Judgement[]): string =>
  linesOf(judgements).find((line) => line.startsWith(start)) ?? 'none';
const matches = (count: number): readonly Judgement[] =>
  Array.from({ length: count }, (_, index) => judgementOf({ round: roundOf(index) }));

const one = (key: VerdictKey, index: number): Judgement => {
  const round = roundOf(index);
  return key === 'notCompared' ? notCompared(round) : judgementOf({ round, verdict: { key } });
};

describe('the tables', () => {
  test('of nothing', () => {
    expect(textOf()).toMatchInlineSnapshot(`
      "verdict
        match                           0
        mismatch                        0
        ambiguous                       0
        bothFailedAlike                 0
        bothFailedDifferently           0
        onlyLegacyFailed                0
        onlyLooppFailed                 0
        timeout                         0
        unavailable                     0
        protocol                        0
        notCompared                     0
        rounds                          0   0 distinct inputs

      parity  no data: no round was compared

      latency            p50       p90       p99       max   16 rounds in progress
        legacy             -         -         -         -
        loopp              -         -         -         -"
    `);
  });

  test('of one round of each kind', () => {
    const text = textOf(...VERDICT_KEYS.map(one));
    expect(text.slice(0, text.indexOf('\n\nthe first'))).toMatchInlineSnapshot(`
      "verdict
        match                           1
        mismatch                        1
        ambiguous                       1
        bothFailedAlike                 1
        bothFailedDifferently           1
        onlyLegacyFailed                1
        onlyLooppFailed                 1
        timeout                         1
        unavailable                     1
        protocol                        1
        notCompared                     1
        rounds                         11   10 distinct inputs

      parity  20 %, at least 3.6771 % with 95 % confidence over 10 distinct inputs

      latency            p50       p90       p99       max   16 rounds in progress
        legacy      1.000 ms  1.000 ms  1.000 ms  1.000 ms
        loopp       1.000 ms  1.000 ms  1.000 ms  1.000 ms
        paired    loopp minus legacy: median +0.000 ms, mean +0.000 ms, 95 % interval +0.000 ms to +0.000 ms"
    `);
  });

  test('are coloured by what they say', () => {
    const mismatch = judgementOf({ round: roundOf(9), verdict: { key: 'mismatch' } });
    const good = linesOf(matches(2), TAGGED).join('\n');
    expect(good).toContain('<bold>verdict</>\n<good>  match                           2</>\n<dim>  mismatch');
    expect(good).toContain('<bold>parity</>  <good>100 %, at least 22.3606 %');
    expect(good).not.toContain('<bad>');
    const bad = linesOf([...matches(2), mismatch], TAGGED).join('\n');
    expect(bad).toContain('<bad>  mismatch                        1</>');
    expect(bad).toContain('<bold>parity</>  <bad>66.6666 %');
    expect(bad).toContain('<bad>mismatch</>: round round-9');
  });
});

describe('parity', () => {
  test('says how many inputs would show more, until they do', () => {
    expect(lineOf('parity', ...matches(3))).toBe(
      'parity  100 %, at least 36.8403 % with 95 % confidence over 3 distinct inputs (29,956 would show 99.99 %)',
    );
    const report = new Summary().report({ concurrency: 16, seed: 1, versions: {} });
    const shown = { ...report, distinct: 29_956, parity: { rate: 1, lowerBound: 0.9999 } };
    const none = { findings: [], findingCount: 0 };
    expect(reportLines(shown, none, PLAIN).find((line) => line.startsWith('parity'))).toBe(
      'parity  100 %, at least 99.99 % with 95 % confidence over 29,956 distinct inputs',
    );
  });

  test('is cut and never rounded up', () => {
    const report = new Summary().report({ concurrency: 16, seed: 1, versions: {} });
    const shown = { ...report, distinct: 9_999_999, parity: { rate: 0.9999999, lowerBound: 0.9999995 } };
    const line = reportLines(shown, { findings: [], findingCount: 0 }, PLAIN)[14];
    expect(line).toBe(
      'parity  99.9999 %, at least 99.9999 % with 95 % confidence over 9,999,999 distinct inputs',
    );
  });
});

describe('the witness', () => {
  test('has a line only when there is one', () => {
    expect(lineOf('witness', judgementOf())).toBe('none');
    expect(lineOf('witness', judgementOf({ witness: { legacy: true, loopp: true } }))).toBe(
      "witness every lane agrees with the Go node's answer on 1 round",
    );
    expect(
      lineOf(
        'witness',
        judgementOf({ witness: { legacy: true, loopp: true } }),
        judgementOf({ witness: { legacy: true, loopp: false } }),
      ),
    ).toBe("witness 1 of 2 rounds contradicts the Go node's answer");
  });
});

describe('latencies', () => {
  test('keep three digits or so, whatever their size', () => {
    const times = [0, 999, 12_345, 1_234_567, 12_345_678, 123_456_789, 1_234_567_890];
    const cells = times.map((ns) => {
      const legacy = answered(outcomeOf(), ns);
      return /legacy.* (\S+ ms)$/.exec(lineOf('  legacy', judgementOf({ legacy })))?.[1];
    });
    expect(cells).toEqual(['0.000 ms', '0.001 ms', '0.012 ms', '1.235 ms', '12.3 ms', '123 ms', '1235 ms']);
  });

  test('are compared on the same rounds, with a sign', () => {
    const faster = [1, 2, 3].map((number) =>
      judgementOf({
        round: roundOf(number),
        legacy: answered(outcomeOf(), 4e6),
        loopp: answered(outcomeOf(), 1e6 * number),
      }),
    );
    // The median is within 1 %.
    expect(lineOf('  paired', ...faster).replace(/-2\.0\d\d ms,/, '-2.0 ms,')).toBe(
      '  paired    loopp minus legacy: median -2.0 ms, mean -2.000 ms, 95 % interval -4.484 ms to +0.484 ms',
    );
    expect(lineOf('  paired', ...faster.slice(0, 1))).toMatch(
      /^ {2}paired {4}loopp minus legacy: median -(3\.0|2\.9)\d\d ms, mean -3\.000 ms$/,
    );
  });
});

describe('findings', () => {
  const A = outcomeOf({ lastSeenAt: 1n });
  const B = outcomeOf({ lastSeenAt: 2n, shouldReport: true });
  const right: WitnessAnswer = { kind: 'error', error: 'why' };

  test('show how two outcomes differ', () => {
    const round = roundOf(1, { note: 'a note' });
    expect(findingsOf(judgementOf({ round, legacy: answered(A), loopp: answered(B) }))).toEqual([
      'findings',
      '  mismatch: round round-1 (a note), ethereum-mainnet, 2025-09',
      '    shouldReport: another value',
      '      legacy   false',
      '      loopp    true',
      '    lastSeenAt: another value',
      '      legacy   1',
      '      loopp    2',
    ]);
  });

  test('say which kind of difference it is, and how many are not shown', () => {
    const differences = [
      { path: 'a', kind: 'missing', legacy: '1' },
      { path: 'b', kind: 'extra', loopp: '2' },
      { path: 'c', kind: 'type', legacy: 'int64 1', loopp: 'string "1"' },
      { path: 'd', kind: 'order', legacy: 'items 0, 1', loopp: 'items 1, 0' },
      { path: '(3 more differences)', kind: 'value' },
    ] as const;
    expect(findingsOf(judgementOf({ verdict: { key: 'mismatch', differences } })).slice(2)).toEqual([
      '    a: only legacy has it',
      '      legacy   1',
      '    b: only loopp has it',
      '      loopp    2',
      '    c: another type',
      '      legacy   int64 1',
      '      loopp    string "1"',
      '    d: another order',
      '      legacy   items 0, 1',
      '      loopp    items 1, 0',
      '    (3 more differences)',
    ]);
  });

  test.each([
    [answered(errorOf('x')), answered(errorOf('y')), ['bothFailedDifferently', 'error: x', 'error: y']],
    [
      answered(A),
      answered(errorOf('y')),
      ['onlyLooppFailed', 'shouldReport false; lastSeenAt 1', 'error: y'],
    ],
    [
      answered(A),
      failed('timeout', 'no answer\nwithin 2000 ms'),
      ['timeout', 'shouldReport false; lastSeenAt 1', String.raw`timeout: no answer\nwithin 2000 ms`],
    ],
    [
      answered(errorOf('x')),
      answered({ kind: 'outcome', outcome: Uint8Array.of(0xff) }),
      ['protocol', 'error: x', 'no AggregationOutcome: 0xff'],
    ],
  ] as const)('show both answers where there are no fields to compare', (legacy, loopp, [key, ...texts]) => {
    expect(findingsOf(judgementOf({ legacy, loopp }))).toEqual([
      'findings',
      `  ${key}: round round-1, ethereum-mainnet, 2025-09`,
      `      legacy   ${texts[0]}`,
      `      loopp    ${texts[1]}`,
    ]);
  });

  test('say which lane the Go node agrees with', () => {
    const judgement = judgementOf({
      legacy: answered(A),
      loopp: answered(B),
      witness: { legacy: true, loopp: false },
    });
    const lines = findingsOf(judgement);
    expect(lines[1]).toBe('  mismatch, witness contradicted: round round-1, ethereum-mainnet, 2025-09');
    expect(lines.at(-1)).toBe('    the Go node answered as legacy did');
  });

  test('show what the Go node answered when no lane agrees with it', () => {
    const witness = { answers: [right, { kind: 'panic', panic: 'nil' }, right, right, right] as const };
    const round = roundOf(1, { witness });
    expect(findingsOf(judgementOf({ round, witness: { legacy: false, loopp: false } }))).toEqual([
      'findings',
      '  match, witness contradicted: round round-1, ethereum-mainnet, 2025-09',
      '      legacy   shouldReport false',
      '      loopp    shouldReport false',
      '    the Go node answered otherwise',
      '      Go node  error: why',
      '      Go node  any error (Go crashes: nil)',
      '      Go node  error: why',
      '      or one of 2 more',
    ]);
  });

  test('are cut to the first five', () => {
    const many = Array.from({ length: 1200 }, (_, index) =>
      judgementOf({ round: roundOf(index), verdict: { key: 'protocol' } }),
    );
    const lines = findingsOf(...many);
    expect(lines[0]).toBe('the first 5 of 1,200 findings (the journal has all)');
    expect(lines.filter((line) => line.startsWith('  protocol'))).toHaveLength(5);
  });

  test('move no cursor, whatever a round is called', () => {
    const round = roundOf(1, { id: 'a\u001b[2J', note: 'b\r\nc' });
    expect(findingsOf(judgementOf({ round, verdict: { key: 'protocol' } }))[1]).toBe(
      String.raw`  protocol: round a\u{1b}[2J (b\r\nc), ethereum-mainnet, 2025-09`,
    );
  });
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('%d', (count, text) => {
    expect(grouped(count)).toBe(text);
  });

  test('with a noun', () => {
    expect([0, 1, 2, 1000].map((count) => counted(count, 'round'))).toEqual([
      '0 rounds',
      '1 round',
      '2 rounds',
      '1,000 rounds',
    ]);
  });
});
