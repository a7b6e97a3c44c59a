import { describe, expect, test } from 'vitest';
import type { Cause } from '../../../harness/groups/cause.ts';
import { parseFilter, passes } from '../../../harness/groups/filter.ts';
import { parseKnown, toleranceOf } from '../../../harness/groups/known.ts';
import type { KnownDifference } from '../../../harness/groups/known.ts';
import { AppError } from '../../../src/errors.ts';

const cause: Cause = {
  verdict: 'mismatch',
  fields: ['encodableOutcome.Reports[].Answer value', 'metadata value'],
  errors: {},
  contradicted: [],
  chain: 'ethereum-mainnet',
  revision: '2025-09',
  feature: 'nothing peculiar',
};
const failing: Cause = {
  ...cause,
  verdict: 'onlyLooppFailed',
  fields: [],
  errors: { loopp: 'no formatter' },
};

const entry = { name: 'a', reason: 'b', expires: '2026-12-31', match: { verdict: 'mismatch' } };
const NOON = (day: string): number => Date.parse(`${day}T12:00:00Z`);

describe('the file of known differences', () => {
  test('is read as it is written', () => {
    expect(parseKnown(JSON.stringify([entry]), 'known.json')).toEqual([entry]);
    expect(parseKnown('[]', 'known.json')).toEqual([]);
  });

  test.each([
    ['{', 'known.json: expected a JSON list of known differences, got invalid JSON'],
    ['{}', 'known.json: expected a JSON list of known differences, got {}'],
    ['[1]', 'known.json: [0]: expected a JSON object, got 1'],
    [[{ ...entry, name: '' }], 'known.json: [0].name: expected a text that is not empty, got ""'],
    [
      [{ ...entry, reason: undefined }],
      'known.json: [0].reason: expected a text that is not empty, got nothing',
    ],
    [
      [{ ...entry, expires: '2026-02-30' }],
      'known.json: [0].expires: expected a day, YYYY-MM-DD, got "2026-02-30"',
    ],
    [[{ ...entry, expires: 'never' }], 'known.json: [0].expires: expected a day, YYYY-MM-DD, got "never"'],
    [
      [{ ...entry, also: 1 }],
      'known.json: [0]: expected no member but name, reason, expires, match, got "also"',
    ],
    [
      [{ ...entry, match: {} }],
      'known.json: [0].match: expected at least one of verdict, contradicted, field, kind, error, chain, revision, feature, got {}',
    ],
    [
      [{ ...entry, match: { path: 'x' } }],
      'known.json: [0].match: expected no member but verdict, contradicted, field, kind, error, chain, revision, feature, got "path"',
    ],
    [[entry, entry], 'known.json: name: expected each name once, got "a"'],
  ])('%j is refused', (content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(() => parseKnown(text, 'known.json')).toThrow(new AppError('INPUT', message));
  });
});

const known = (match: KnownDifference['match'], expires = '2026-12-31'): KnownDifference => ({
  ...entry,
  match,
  expires,
});

const tolerates = (match: KnownDifference['match'], of: Cause = cause): boolean =>
  toleranceOf(of, [known(match)], NOON('2026-11-25')) !== undefined;

describe('a known difference', () => {
  test.each<[KnownDifference['match'], boolean]>([
    [{ verdict: 'mismatch' }, true],
    [{ verdict: 'protocol' }, false],
    [{ chain: 'ethereum-mainnet', revision: '2025-09', feature: 'nothing peculiar' }, true],
    [{ chain: 'ethereum-mainnet', revision: '2025-07' }, false],
    [{ kind: 'value' }, true],
    [{ kind: 'order' }, false],
    [{ error: 'formatter' }, false],
  ])('that matches %j: %s', (match, expected) => {
    expect(tolerates(match)).toBe(expected);
  });

  test('does not hide another field beside the one it names', () => {
    expect(tolerates({ field: 'metadata' })).toBe(false);
    expect(tolerates({ field: 'metadata' }, { ...cause, fields: ['metadata value'] })).toBe(true);
    expect(tolerates({ field: 'metadata' }, { ...cause, fields: [] })).toBe(false);
  });

  test('holds for a part of an error text', () => {
    expect(tolerates({ error: 'formatter' }, failing)).toBe(true);
    expect(tolerates({ error: 'pack' }, failing)).toBe(false);
  });

  test('hides a contradicted answer only when it says so', () => {
    const contradicted: Cause = { ...cause, contradicted: ['loopp'] };
    expect(tolerates({ verdict: 'mismatch' }, contradicted)).toBe(false);
    expect(tolerates({ verdict: 'mismatch', contradicted: 'loopp' }, contradicted)).toBe(true);
    expect(tolerates({ contradicted: 'legacy' }, contradicted)).toBe(false);
    expect(tolerates({ contradicted: 'loopp' })).toBe(false);
  });

  test('holds on its last day, and is expired on the next', () => {
    const list = [known({ verdict: 'mismatch' }, '2026-11-25')];
    expect(toleranceOf(cause, list, NOON('2026-11-25'))).toEqual({ known: list[0], expired: false });
    expect(toleranceOf(cause, list, NOON('2026-11-26'))).toEqual({ known: list[0], expired: true });
  });

  test('in force comes before one that is expired', () => {
    const [old, fresh] = [known({ verdict: 'mismatch' }, '2026-01-01'), known({ verdict: 'mismatch' })];
    expect(toleranceOf(cause, [old, fresh], NOON('2026-11-25'))).toEqual({ known: fresh, expired: false });
  });
});

describe('a filter', () => {
  test.each([
    ['verdict=mismatch', true],
    ['verdict=protocol', false],
    ['field=metadata', true],
    ['field=Answer', false],
    ['kind=value', true],
    ['kind=order', false],
    ['chain=ethereum-mainnet', true],
    ['revision=2025-07', false],
    ['feature=nothing peculiar', true],
    ['contradicted=loopp', false],
    ['error=x', false],
  ])('%s: %s', (text, expected) => {
    expect(passes(cause, [parseFilter(text)])).toBe(expected);
  });

  test('has to hold with all others', () => {
    const filters = ['verdict=onlyLooppFailed', 'error=formatter'].map(parseFilter);
    expect(passes(failing, filters)).toBe(true);
    expect(passes(cause, filters)).toBe(false);
  });

  test.each(['verdict', '=x', 'path=x'])('%j is refused', (text) => {
    expect(() => parseFilter(text)).toThrow(
      new AppError(
        'USAGE',
        `--where: expected NAME=VALUE with one of verdict, contradicted, field, kind, error, chain, revision, feature, got ${JSON.stringify(text)}`,
      ),
    );
  });
});
