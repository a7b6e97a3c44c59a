import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isGoDuration,
  isGoRequestUri,
  isGoUint32,
  isGoUrl,
  parseGoBool,
  parseGoInt,
} from '../../../loopp/plugin/go-values.ts';
import { configureSeed } from '../../helpers/seed.ts';

configureSeed();

// What Go 1.23 answers to each of these texts.

describe('strconv.ParseBool', () => {
  test('takes twelve spellings and nothing else', () => {
    for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) expect(parseGoBool(text)).toBe(true);
    for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) expect(parseGoBool(text)).toBe(false);
    for (const text of ['', 'yes', 'on', 'tRUE', ' true', '01', 'y'])
      expect(parseGoBool(text)).toBeUndefined();
  });
});

describe('strconv.Atoi', () => {
  test.each<[string, number | undefined]>([
    ['0', 0],
    ['+1', 1],
    ['-17', -17],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9223372036854775807', 2 ** 63],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', -(2 ** 63)],
    ['-9223372036854775809', undefined],
    ['1_000', undefined],
    [' 1', undefined],
    ['0x1', undefined],
    ['1.0', undefined],
    ['', undefined],
    ['-', undefined],
  ])('%j', (text, value) => {
    expect(parseGoInt(text)).toBe(value);
  });

  test('reads back every number it could have come from', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(parseGoInt(String(value))).toBe(value);
      }),
    );
  });
});

test.each([
  ['0', true],
  ['4294967295', true],
  ['4294967296', false],
  ['-0', false],
  ['+1', false],
  ['', false],
])('strconv.ParseUint of 32 bits: %j %s', (text, accepted) => {
  expect(isGoUint32(text)).toBe(accepted);
});

test.each([
  ['1m0s', true],
  ['0', true],
  ['-0', true],
  ['-1.5h', true],
  ['+5s', true],
  ['.5s', true],
  ['1.s', true],
  ['0s', true],
  ['1\u00b5s', true],
  ['1\u03bcs', true],
  ['2562047h', true],
  ['2562048h', false],
  ['2562047h60m', false],
  ['1', false],
  ['00', false],
  ['0.0', false],
  ['1 s', false],
  ['s', false],
  ['.s', false],
  ['-', false],
  ['1d', false],
  ['1m30', false],
  ['', false],
])('time.ParseDuration: %j %s', (text, accepted) => {
  expect(isGoDuration(text)).toBe(accepted);
});

test.each([
  ['postgres://u:p@h:5432/db?sslmode=disable', true, true],
  ['localhost:4317', true, true],
  ['otel-collector:4317', true, true],
  ['127.0.0.1:4317', false, false],
  ['http://[::1]:9/', true, true],
  ['dns:///x:1', true, true],
  ['http://h:/', true, true],
  ['http://\u00e9/', true, true],
  ['/x', true, true],
  ['*', true, true],
  ['x', true, false],
  ['host=localhost user=x', true, false],
  ['', true, false],
  ['//h:x/', false, true],
  ['///h:x/', true, true],
  ['http://a:b', false, false],
  ['http://a:80:90/', false, false],
  ['http://a b/', false, false],
  ['http://h|x/', false, false],
  ['http://[::1', false, false],
  ['http://u%z@h/', false, false],
  ['http://u s@h/', false, false],
  ['http://h/%zz', false, false],
  ['a%zz', false, false],
  ['x#%zz', false, false],
  [':x', false, false],
  ['1a:b', false, false],
  ['a b:c', false, false],
  ['\u0001', false, false],
])('url.Parse and url.ParseRequestURI: %j %s %s', (text, parsed, parsedAsRequest) => {
  expect([isGoUrl(text), isGoRequestUri(text)]).toEqual([parsed, parsedAsRequest]);
});
