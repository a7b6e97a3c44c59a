import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  jsonItems,
  jsonMembers,
  jsonNumber,
  jsonString,
  parseJson,
  plainStringBytes,
} from '../../src/codec/json.ts';
import type { JsonToken } from '../../src/codec/json.ts';
import { arbitraryBrokenJsonText, arbitraryJsonText, arbitraryText } from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
/** One byte for each character: for bytes that are not UTF-8. */
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function valid(bytes: Uint8Array): JsonToken {
  const token = parseJson(bytes);
  if (token === undefined) throw new Error('not valid JSON');
  return token;
}

function textOf(bytes: Uint8Array): string {
  return jsonString(bytes, valid(bytes));
}

/** What `JSON.parse` would make of it, from tokens: numbers stay text, members stay a list. */
function tree(bytes: Uint8Array, token: JsonToken): unknown {
  switch (token.kind) {
    case 'string':
      return jsonString(bytes, token);
    case 'number':
      return Number(jsonNumber(bytes, token));
    case 'array':
      return jsonItems(bytes, token).map((item) => tree(bytes, item));
    case 'object':
      return Object.fromEntries(jsonMembers(bytes, token).map(({ key, value }) => [key, tree(bytes, value)]));
    default:
      return { true: true, false: false, null: null }[token.kind];
  }
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]),
  );
}

function javascriptAccepts(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

describe('agreement with JSON.parse, where Go and JavaScript agree', () => {
  test('on generated documents: validity and value', () => {
    fc.assert(
      fc.property(arbitraryJsonText, (json) => {
        const bytes = utf8(json);
        // Own properties, so that a member called __proto__ is one like any other.
        expect(tree(bytes, valid(bytes))).toEqual(wellFormed(JSON.parse(json)));
      }),
      { numRuns: 500 },
    );
  });

  test('on broken documents: validity', () => {
    fc.assert(
      fc.property(arbitraryBrokenJsonText, (json) => {
        expect(parseJson(utf8(json)) !== undefined).toBe(javascriptAccepts(json));
      }),
      { numRuns: 2000 },
    );
  });

  test('on noise: validity', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[],:"\\u0019.-+eEtrufalsn \n\u0001')) }),
        (json) => {
          expect(parseJson(utf8(json)) !== undefined).toBe(javascriptAccepts(json));
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('on texts', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        expect(textOf(utf8(JSON.stringify(text)))).toBe(text);
      }),
    );
  });
});

// The rows of docs/spec/aggregator.md H.4 that concern tokens.
describe('a whole document', () => {
  test.each(['null', ' null', '7\n', '"text"\t', '[]\r\n', '{} '])(
    '%j is valid, white space around it too',
    (json) => {
      expect(parseJson(utf8(json))).toBeDefined();
    },
  );

  test.each([
    ['empty', ''],
    ['only white space', ' \n'],
    ['a byte order mark', '\uFEFF{}'],
    ['something behind it', '{}x'],
    ['two documents', '{} {}'],
    ['a zero byte behind it', '{}\0'],
    ['a comment', '{/* */}'],
    ['a line comment', '{} // x'],
    ['a comma too many in an object', '{"a":1,}'],
    ['a comma too many in a list', '[1,]'],
    ['a comma too few', '[1 2]'],
    ['no colon', '{"a" 1}'],
    ['a name without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['closed as another', '[1}'],
    ['not closed', '[1'],
    ['another white space', '\u00a0{}'],
    ['a vertical tab', '\v{}'],
    ['another word', 'nil'],
    ['a word in capitals', 'NULL'],
    ['a word that stops', 'tru'],
  ])('%s: rejected', (_, json) => {
    expect(parseJson(utf8(json))).toBeUndefined();
  });

  test.each([
    '01',
    '-01',
    '0x1',
    'NaN',
    'Infinity',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e+',
    '-',
    '1_000',
    '--1',
    '0b1',
  ])('the number %s: rejected', (json) => {
    expect(parseJson(utf8(json))).toBeUndefined();
  });

  test.each(['0', '-0', '1.0', '1e2', '1E+2', '-1.5e-10', '1e400'])(
    'the number %s keeps its spelling',
    (json) => {
      const bytes = utf8(` ${json} `);
      expect(jsonNumber(bytes, valid(bytes))).toBe(json);
    },
  );

  test.each([
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\',
    '"\\"',
    '"a',
    '"\u0001"',
    '"\n"',
    '"\u001f"',
    '"\\u"',
    '"\\U0041"',
  ])('the text %j: rejected', (json) => {
    expect(parseJson(utf8(json))).toBeUndefined();
  });

  test('U+007F, U+2028 and U+2029 may stand in texts', () => {
    expect(textOf(utf8('"\u007f\u2028\u2029"'))).toBe('\u007f\u2028\u2029');
  });
});

const lists = (depth: number): Uint8Array => utf8('['.repeat(depth) + ']'.repeat(depth));
const objects = (depth: number): Uint8Array => utf8(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

describe('nesting', () => {
  test.each([
    ['lists', lists],
    ['objects', objects],
  ])('10,000 %s are read, 10,001 are rejected', (_, make) => {
    expect(parseJson(make(10_000))).toBeDefined();
    expect(parseJson(make(10_001))).toBeUndefined();
  });

  test('a scalar at the deepest level is no level', () => {
    expect(parseJson(utf8(`${'['.repeat(10_000)}1${']'.repeat(10_000)}`))).toBeDefined();
  });

  test('beside each other counts once', () => {
    expect(parseJson(utf8(`[${'[],'.repeat(20_000)}{}]`))).toBeDefined();
  });

  test('a million open brackets are rejected without recursion', () => {
    expect(parseJson(utf8('['.repeat(1_000_000)))).toBeUndefined();
  });
});

describe('numbers', () => {
  test('keep every digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (value) => {
        const bytes = utf8(`[1,${String(value)}]`);
        const [, number] = jsonItems(bytes, valid(bytes));
        expect(number === undefined ? '' : jsonNumber(bytes, number)).toBe(String(value));
      }),
    );
  });

  test('of 10,000 digits are read like others', () => {
    const digits = `-${'7'.repeat(10_000)}`;
    const bytes = utf8(digits);
    expect(jsonNumber(bytes, valid(bytes))).toBe(digits);
  });
});

describe('members', () => {
  test('stay in document order, duplicates included', () => {
    const bytes = utf8('{"a":1, "A":2 ,"a":null,"\\u0061":"x"}');
    const members = jsonMembers(bytes, valid(bytes));
    expect(members.map(({ key, value }) => [key, value.kind])).toEqual([
      ['a', 'number'],
      ['A', 'number'],
      ['a', 'null'],
      ['a', 'string'],
    ]);
  });

  test('and items tell where they stand', () => {
    const bytes = utf8(' [ 12 , {"a": [] } ] ');
    const items = jsonItems(bytes, valid(bytes));
    expect(items.map(({ start, end }) => Buffer.from(bytes.subarray(start, end)).toString())).toEqual([
      '12',
      '{"a": [] }',
    ]);
  });

  test('of empty containers are none', () => {
    for (const json of ['{}', '{ \n}']) expect(jsonMembers(utf8(json), valid(utf8(json)))).toEqual([]);
    for (const json of ['[]', '[\t]']) expect(jsonItems(utf8(json), valid(utf8(json)))).toEqual([]);
  });
});

describe('texts', () => {
  test.each([
    ['each escape', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['hex in either case', '"\\u00e9\\u00E9"', 'éé'],
    ['a pair of surrogates', '"\\ud83d\\ude00"', '\u{1F600}'],
    ['an escaped backslash before u', '"\\\\u0041"', '\\u0041'],
    ['folding letters', '"\u017f\u212a"', '\u017f\u212a'],
    ['a byte order mark', '"\uFEFFa"', '\uFEFFa'],
    ['a long text', `"${'a'.repeat(100)}"`, 'a'.repeat(100)],
  ])('%s', (_, json, text) => {
    expect(textOf(utf8(json))).toBe(text);
  });

  test.each([
    ['a lone high surrogate', '"\\ud800a"', '\uFFFDa'],
    ['a lone low surrogate', '"\\udc00"', '\uFFFD'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"', '\uFFFD\uFFFD'],
    ['a high surrogate before a pair', '"\\ud800\\ud83d\\ude00"', '\uFFFD\u{1F600}'],
  ])('%s becomes U+FFFD', (_, json, text) => {
    expect(textOf(utf8(json))).toBe(text);
  });

  test.each([
    ['a byte that begins nothing', '"\xff"', 1],
    ['a byte that continues nothing', '"\x80"', 1],
    ['a sequence that stops: one for each byte', '"\xe2\x82"', 2],
    ['an overlong sequence', '"\xc0\xaf"', 2],
    ['a surrogate as UTF-8', '"\xed\xa0\x80"', 3],
    ['beyond U+10FFFF', '"\xf4\x90\x80\x80"', 4],
  ])('%s becomes U+FFFD', (_, json, count) => {
    expect(textOf(latin1(json))).toBe('\uFFFD'.repeat(count));
  });

  test('what is valid beside what is not stays', () => {
    expect(textOf(latin1('"\xff\xc3\xa9\xe2\x82x\xef\xbf\xbd"'))).toBe('\uFFFDé\uFFFD\uFFFDx\uFFFD');
  });

  test('are views when they have no escape', () => {
    const plain = utf8('"QUJD"');
    expect(plainStringBytes(plain, valid(plain))?.buffer).toBe(plain.buffer);
    expect(Buffer.from(plainStringBytes(plain, valid(plain)) ?? []).toString()).toBe('QUJD');
    const escaped = utf8('"QU\\u004aD"');
    expect(plainStringBytes(escaped, valid(escaped))).toBeUndefined();
  });
});
