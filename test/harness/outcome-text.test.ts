import { describe, expect, test } from 'vitest';
import { answerInWords, oneLine, outcomeInWords } from '../../harness/outcome-text.ts';
import { errorOf, outcomeOf } from './fakes.ts';

describe('an outcome on one line', () => {
  test('has its fields', () => {
    expect(outcomeInWords(outcomeOf({ shouldReport: true, lastSeenAt: 41n }))).toBe(
      'shouldReport true; lastSeenAt 41',
    );
    expect(outcomeInWords(outcomeOf())).toBe('shouldReport false');
  });

  test('that is an error has its text', () => {
    expect(outcomeInWords(errorOf('no\nobservations \u001b[31m'))).toBe(
      String.raw`error: no\nobservations \u{1b}[31m`,
    );
  });

  test('that is none has its bytes', () => {
    expect(outcomeInWords({ kind: 'outcome', outcome: Uint8Array.of(0xff, 1) })).toBe(
      'no AggregationOutcome: 0xff01',
    );
  });
});

describe("a Go node's answer on one line", () => {
  test.each([
    [{ kind: 'error', error: 'why' } as const, 'error: why'],
    [{ kind: 'outcome', outcome: new Uint8Array() } as const, 'shouldReport false'],
    [
      { kind: 'panic', panic: 'nil\ndereference' } as const,
      String.raw`any error (Go crashes: nil\ndereference)`,
    ],
  ])('%j', (answer, text) => {
    expect(answerInWords(answer)).toBe(text);
  });
});

test('a text of any length and origin fits on a line', () => {
  expect(oneLine('a\r\nb\u2028c\u202e')).toBe(String.raw`a\r\nb\u{2028}c\u{202e}`);
  expect(oneLine('x'.repeat(100_000))).toBe(`${'x'.repeat(500)}…${'x'.repeat(500)} (100000 characters)`);
});
