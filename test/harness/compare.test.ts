import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DIFFERENCES, compareOutcomes } from '../../harness/compare.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import { ProtobufError, ReverseWriter } from '../../src/codec/protobuf.ts';
import { encodeValue } from '../../src/codec/values-encode.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { DifferenceKind, FieldDifference } from '../../src/contract/verdict.ts';
import {
  arbitraryText,
  arbitraryValue,
  bigint,
  bytes,
  float64,
  int64,
  list,
  map,
  nil,
  text,
  uint64,
} from '../helpers/arbitraries.ts';
import { CAPTURES, VECTORS, loadRounds } from '../helpers/conformance.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

type Fields = Parameters<typeof AggregationOutcome.encode>[0];

const report = (answer: bigint): Value =>
  map({ Answer: bigint(answer), DataID: bytes(new Uint8Array(16).fill(1)), Timestamp: int64(10n) });
const reports = (...items: readonly Value[]): ValueMap => new Map([['Reports', list(...items)]]);
const FIELDS: Fields = {
  encodableOutcome: reports(report((1000n << 128n) | 99n)),
  metadata: Uint8Array.of(10),
  shouldReport: true,
  lastSeenAt: 10n,
};

function compare(legacy: Fields, loopp: Fields): readonly FieldDifference[] {
  return compareOutcomes(AggregationOutcome.encode(legacy), AggregationOutcome.encode(loopp));
}

/** The same outcome with one value inside it replaced. */
const holding = (value: Value): Fields => ({ ...FIELDS, encodableOutcome: new Map([['a', value]]) });
const deepList = (inner: Value, depth: number): Value => {
  let value = inner;
  for (let i = 0; i < depth; i++) value = list(value);
  return value;
};

const many = (count: number, value: bigint): Fields =>
  holding(list(...Array.from({ length: count }, () => int64(value))));
const letters = (word: string): Fields => holding(list(...Array.from(word, text)));
describe('equal outcomes', () => {
  test('do not differ', () => {
    expect(compare(FIELDS, FIELDS)).toEqual([]);
    expect(compare({}, {})).toEqual([]);
    expect(compareOutcomes(new Uint8Array(), new Uint8Array())).toEqual([]);
  });

  test('are those whose bytes are equal, and no others', () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, (a, b) => {
        const [legacy, loopp] = [
          AggregationOutcome.encode(holding(a)),
          AggregationOutcome.encode(holding(b)),
        ];
        expect(compareOutcomes(legacy, loopp).length === 0).toBe(Buffer.compare(legacy, loopp) === 0);
      }),
    );
  });
});

describe('one field differs', () => {
  test.each<[string, Fields, FieldDifference]>([
    [
      'the amount',
      { encodableOutcome: reports(report((1000n << 128n) | 100n)) },
      {
        path: 'encodableOutcome.Reports[0].Answer',
        kind: 'value',
        legacy: 'block 1000, mintable 99',
        loopp: 'block 1000, mintable 100',
      },
    ],
    [
      'metadata',
      { metadata: Uint8Array.of(11) },
      { path: 'metadata', kind: 'value', legacy: '0x0a', loopp: '0x0b' },
    ],
    [
      'no metadata',
      { metadata: new Uint8Array() },
      { path: 'metadata', kind: 'value', legacy: '0x0a', loopp: 'no bytes' },
    ],
    [
      'shouldReport',
      { shouldReport: false },
      { path: 'shouldReport', kind: 'value', legacy: 'true', loopp: 'false' },
    ],
    ['lastSeenAt', { lastSeenAt: 11n }, { path: 'lastSeenAt', kind: 'value', legacy: '10', loopp: '11' }],
    [
      'timestamp',
      { timestamp: { seconds: 1n, nanos: 2 } },
      { path: 'timestamp', kind: 'extra', loopp: '1 s 2 ns' },
    ],
    [
      'encoder name',
      { encoderName: 'EVM' },
      { path: 'encoderName', kind: 'value', legacy: '""', loopp: '"EVM"' },
    ],
    [
      'encoder config',
      { encoderConfig: new Map([['abi', text('x')]]) },
      { path: 'encoderConfig', kind: 'extra', loopp: 'abi: "x"' },
    ],
    [
      'an empty encoder config',
      { encoderConfig: new Map() },
      { path: 'encoderConfig', kind: 'extra', loopp: 'empty map' },
    ],
  ])('%s', (_, changes, difference) => {
    expect(compare(FIELDS, { ...FIELDS, ...changes })).toEqual([difference]);
  });

  test.each<[string, Value, Value, Partial<FieldDifference>]>([
    ['a type', int64(10n), uint64(10n), { path: 'a', kind: 'type', legacy: 'int64 10', loopp: 'uint64 10' }],
    [
      'a value that became nil',
      int64(10n),
      nil,
      { path: 'a', kind: 'type', legacy: 'int64 10', loopp: 'nil' },
    ],
    [
      'a list that became a map',
      list(),
      map({}),
      { path: 'a', kind: 'type', legacy: 'list (empty list)', loopp: 'map (empty map)' },
    ],
    ['zero and minus zero', float64(0), float64(-0), { path: 'a', kind: 'value', legacy: '0', loopp: '-0' }],
    [
      'one amount in two decimals',
      { kind: 'decimal', coefficient: 10n, exponent: 0 },
      { kind: 'decimal', coefficient: 1n, exponent: 1 },
      { path: 'a', kind: 'value', legacy: '10e0', loopp: '1e1' },
    ],
    [
      'an entry that loopp lacks',
      map({ x: nil, y: int64(1n) }),
      map({ x: nil }),
      { path: 'a.y', kind: 'missing', legacy: '1' },
    ],
    ['an entry that only loopp has', map({}), map({ y: nil }), { path: 'a.y', kind: 'extra', loopp: 'nil' }],
    [
      'a key in another case',
      map({ Y: nil }),
      map({ Y: nil, y: nil }),
      { path: 'a.y', kind: 'extra', loopp: 'nil' },
    ],
  ])('%s', (_, legacy, loopp, difference) => {
    expect(compare(holding(legacy), holding(loopp))).toEqual([
      { ...difference, path: `encodableOutcome.${difference.path ?? ''}` },
    ]);
  });

  test('a whole report is shown with what it holds', () => {
    expect(compare(FIELDS, { ...FIELDS, encodableOutcome: new Map() })).toEqual([
      {
        path: 'encodableOutcome.Reports',
        kind: 'missing',
        legacy: `[0].Answer: block 1000, mintable 99; [0].DataID: 0x${'01'.repeat(16)}; [0].Timestamp: 10`,
      },
    ]);
  });
});

describe('several fields differ', () => {
  test('in the order of the message', () => {
    const paths = compare(FIELDS, { timestamp: { seconds: 0n, nanos: 0 } }).map(({ path, kind }) => [
      path,
      kind,
    ]);
    expect(paths).toEqual([
      ['encodableOutcome', 'missing'],
      ['metadata', 'value'],
      ['shouldReport', 'value'],
      ['lastSeenAt', 'value'],
      ['timestamp', 'extra'],
    ]);
  });

  test('up to a bound, and then their number', () => {
    expect(compare(many(MAX_DIFFERENCES, 1n), many(MAX_DIFFERENCES, 2n))).toHaveLength(MAX_DIFFERENCES);
    const oneMore = compare(many(MAX_DIFFERENCES + 1, 1n), many(MAX_DIFFERENCES + 1, 2n));
    expect(oneMore).toHaveLength(MAX_DIFFERENCES + 1);
    expect(oneMore.at(-1)).toEqual({ path: '(1 more difference)', kind: 'value' });
    const thousands = compare(many(5_000, 1n), many(5_000, 2n));
    expect(thousands).toHaveLength(MAX_DIFFERENCES + 1);
    expect(thousands.at(-1)).toEqual({ path: '(4968 more differences)', kind: 'value' });
  });
});

const kinds = (legacy: string, loopp: string): readonly string[] =>
  compare(letters(legacy), letters(loopp)).map(
    ({ path, kind }) => `${kind} ${path.replace('encodableOutcome.a', '')}`,
  );

describe('lists', () => {
  test.each<[string, string, readonly string[]]>([
    ['abcd', 'abdc', ['order ']],
    ['aab', 'aba', ['order ']],
    ['abcd', 'dcba', ['order ']],
    ['abcd', 'bcd', ['missing [0]']],
    ['abcd', 'abd', ['missing [2]']],
    ['abd', 'abcd', ['extra [2]']],
    ['ab', 'abcd', ['extra [2]', 'extra [3]']],
    ['aab', 'abb', ['value [1]']],
    ['abcd', 'axcy', ['value [1]', 'value [3]']],
    ['abcd', 'axc', ['value [1]', 'missing [3]']],
    ['', 'a', ['extra [0]']],
  ])('%j and %j: %j', (legacy, loopp, expected) => {
    expect(kinds(legacy, loopp)).toEqual(expected);
  });

  test('whose items moved are shown in their positions', () => {
    expect(compare(letters('abcde'), letters('adcbe'))).toEqual([
      { path: 'encodableOutcome.a', kind: 'order', legacy: 'items 1, 2, 3', loopp: 'items 3, 2, 1' },
    ]);
    expect(compare(letters('aab'), letters('baa'))).toEqual([
      { path: 'encodableOutcome.a', kind: 'order', legacy: 'items 0, 1, 2', loopp: 'items 2, 0, 1' },
    ]);
  });

  test('of reports are told apart by what they hold', () => {
    const [a, b] = [report(1n), report(2n)];
    const [difference] = compare({ encodableOutcome: reports(a, b) }, { encodableOutcome: reports(b, a) });
    expect(difference).toMatchObject({ path: 'encodableOutcome.Reports', kind: 'order' });
  });

  test('that are shuffled differ in order alone, or not at all', () => {
    const shuffled = fc
      .array(arbitraryValue, { maxLength: 8 })
      .chain((items) =>
        fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
      );
    fc.assert(
      fc.property(shuffled, ([before, after]) => {
        const [legacy, loopp] = [list(...before), list(...after)];
        const differences = compare(holding(legacy), holding(loopp));
        const same = Buffer.compare(encodeValue(legacy), encodeValue(loopp)) === 0;
        expect(differences.map(({ kind }) => kind)).toEqual(same ? [] : ['order']);
      }),
    );
  });
});

const entry = (key: string, value: Value): Uint8Array => {
  const writer = new ReverseWriter();
  writer.bytes(2, encodeValue(value));
  writer.string(1, key);
  return writer.finish();
};
const message = (...parts: readonly (readonly [field: number, bytes: Uint8Array])[]): Uint8Array => {
  const writer = new ReverseWriter();
  for (const [field, part] of parts.toReversed()) writer.bytes(field, part);
  return writer.finish();
};

/** An outcome whose entries stand in the given order. */
const written = (entries: readonly (readonly [string, Value])[]): Uint8Array =>
  message([1, message(...entries.map(([key, value]) => [1, entry(key, value)] as const))]);

const writtenMap = (...entries: readonly Uint8Array[]): Uint8Array =>
  message([4, message(...entries.map((each) => [1, each] as const))]);

/** An outcome with a list of ready values. */
const writtenList = (...items: readonly Uint8Array[]): Uint8Array => {
  const values = message([5, message(...items.map((each) => [2, each] as const))]);
  return message([1, message([1, message([1, Buffer.from('x')], [2, values])])]);
};

describe('bytes differ and no field does', () => {
  const encoded = AggregationOutcome.encode(FIELDS);
  test('map entries in the order of a Go map', () => {
    const [a, b] = [entry('a', int64(1n)), entry('b', int64(2n))];
    const legacy = message([1, message([1, a], [1, b])]);
    const loopp = message([1, message([1, b], [1, a])]);
    expect(compareOutcomes(legacy, loopp)).toEqual([
      {
        path: 'bytes',
        kind: 'order',
        legacy: '0x61120238010a070a016212023802 (from byte 6 of 20)',
        loopp: '0x62120238020a070a016112023801 (from byte 6 of 20)',
      },
    ]);
  });

  test('map entries deep inside', () => {
    const [a, b] = [entry('a', bigint(-5n)), entry('b', text('a'))];
    const [difference] = compareOutcomes(
      writtenList(writtenMap(a, b), encodeValue(int64(7n))),
      writtenList(writtenMap(b, a), encodeValue(int64(7n))),
    );
    expect(difference).toMatchObject({ path: 'bytes', kind: 'order' });
  });

  test('unless items moved too: then that is the difference', () => {
    const [a, b] = [entry('a', int64(1n)), entry('b', int64(2n))];
    expect(
      compareOutcomes(
        writtenList(writtenMap(a, b), writtenMap(a)),
        writtenList(writtenMap(a), writtenMap(b, a)),
      ),
    ).toMatchObject([{ path: 'encodableOutcome.x', kind: 'order' }]);
  });

  test('an entry whose value stands before its key', () => {
    const keyFirst = message([1, message([1, message([1, Buffer.from('k')], [2, encodeValue(int64(1n))])])]);
    const valueFirst = message([
      1,
      message([1, message([2, encodeValue(int64(1n))], [1, Buffer.from('k')])]),
    ]);
    expect(compareOutcomes(keyFirst, valueFirst)).toMatchObject([{ path: 'bytes', kind: 'order' }]);
  });

  test('fields in another order', () => {
    const legacy = Uint8Array.of(0x18, 1, 0x20, 10);
    const loopp = Uint8Array.of(0x20, 10, 0x18, 1);
    expect(compareOutcomes(legacy, loopp)).toEqual([
      {
        path: 'bytes',
        kind: 'order',
        legacy: '0x1801200a (from byte 0 of 4)',
        loopp: '0x200a1801 (from byte 0 of 4)',
      },
    ]);
  });

  test.each<[string, readonly number[], readonly number[]]>([
    ['an unknown field', [0x18, 1], [0x18, 1, 0x78, 5]],
    ['unknown fields of the same bytes', [0x7a, 2, 1, 2], [0x7a, 2, 2, 1]],
    ['a number that is not minimal', [0x20, 10], [0x20, 0x8a, 0]],
    ['a default that is written', [0x18, 1], [0x18, 1, 0x20, 0]],
    ['a field written twice', [0x18, 1], [0x18, 1, 0x18, 1]],
    ['a boolean above 1', [0x18, 1], [0x18, 2]],
    ['a map in two parts', [0x0a, 0], [0x0a, 0, 0x0a, 0]],
  ])('%s', (_, legacy, loopp) => {
    const differences = compareOutcomes(Uint8Array.from(legacy), Uint8Array.from(loopp));
    expect(differences).toMatchObject([{ path: 'bytes', kind: 'value' }]);
    expect(differences[0]?.legacy).not.toBe(differences[0]?.loopp);
  });

  test('where one outcome is the beginning of the other', () => {
    expect(compareOutcomes(encoded, Buffer.concat([encoded, Uint8Array.of(0x78, 5)]))).toEqual([
      {
        path: 'bytes',
        kind: 'value',
        legacy: `nothing (from byte ${String(encoded.length)} of ${String(encoded.length)})`,
        loopp: `0x7805 (from byte ${String(encoded.length)} of ${String(encoded.length + 2)})`,
      },
    ]);
  });

  test('never passes for equality, whatever the order of entries', () => {
    const pairs = fc.uniqueArray(fc.tuple(arbitraryText, arbitraryValue), {
      selector: ([key]) => key,
      minLength: 2,
      maxLength: 5,
    });
    const orders = pairs.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([before, after]) => {
        const same = before.every(([key], index) => key === after[index]?.[0]);
        const differences = compareOutcomes(written(before), written(after));
        expect(differences.map(({ path, kind }) => `${kind} ${path}`)).toEqual(same ? [] : ['order bytes']);
      }),
    );
  });
});

describe('any two outcomes', () => {
  const MIRRORED: Readonly<Record<DifferenceKind, DifferenceKind>> = {
    missing: 'extra',
    extra: 'missing',
    type: 'type',
    value: 'value',
    order: 'order',
  };
  const values = fc.oneof(
    fc.tuple(arbitraryValue, arbitraryValue),
    fc
      .tuple(
        fc.array(arbitraryValue, { maxLength: 6 }),
        fc.array(arbitraryValue, { maxLength: 3 }),
        fc.nat(6),
      )
      .map(
        ([items, more, at]) =>
          [list(...items), list(...items.slice(0, at), ...more, ...items.slice(at + 1))] as const,
      ),
  );

  test('differ in mirrored ways when the lanes change places', () => {
    fc.assert(
      fc.property(values, ([a, b]) => {
        const there = compare(holding(a), holding(b));
        const back = compare(holding(b), holding(a));
        fc.pre(there.length <= MAX_DIFFERENCES);
        expect(back.map(({ path, kind }) => `${kind} ${path}`).toSorted()).toEqual(
          there.map(({ path, kind }) => `${MIRRORED[kind]} ${path}`).toSorted(),
        );
      }),
    );
  });

  test('never show the same words on both sides', () => {
    fc.assert(
      fc.property(values, ([a, b]) => {
        for (const { path, legacy, loopp } of compare(holding(a), holding(b))) {
          if (!path.startsWith('(')) expect(legacy, path).not.toBe(loopp);
        }
      }),
    );
  });

  test('are told by one side where the other has nothing', () => {
    fc.assert(
      fc.property(values, ([a, b]) => {
        for (const { path, kind, legacy, loopp } of compare(holding(a), holding(b))) {
          if (path.startsWith('(')) continue;
          expect([legacy !== undefined, loopp !== undefined]).toEqual([kind !== 'extra', kind !== 'missing']);
        }
      }),
    );
  });

  test('of the recorded answers, one with the next: amounts in words, nothing alike', async () => {
    const rounds = await loadRounds(...VECTORS, ...CAPTURES);
    const outcomes = rounds
      .flatMap((round) => round.witness?.answers ?? [])
      .flatMap((answer) => (answer.kind === 'outcome' ? [answer.outcome] : []));
    expect(outcomes.length).toBeGreaterThan(2_000);
    for (const [index, outcome] of outcomes.entries()) {
      const next = outcomes[index + 1] ?? outcome;
      const differences = compareOutcomes(outcome, next);
      expect(differences.length === 0).toBe(Buffer.compare(outcome, next) === 0);
      expect(differences.filter(({ path }) => path === 'bytes')).toEqual([]);
    }
  });
});

describe('deep trees', () => {
  test('are compared without recursion', () => {
    const path = `encodableOutcome.a${'[0]'.repeat(4_990)}`;
    const [difference, ...more] = compare(
      holding(deepList(int64(1n), 4_990)),
      holding(deepList(int64(2n), 4_990)),
    );
    expect(more).toEqual([]);
    expect(difference).toMatchObject({ kind: 'value', legacy: '1', loopp: '2' });
    expect(difference?.path).toBe(
      `${path.slice(0, 200)}…${path.slice(-200)} (${String(path.length)} characters)`,
    );
  });

  test('also maps, missing branches and orders of fields', () => {
    let deep: Value = int64(1n);
    for (let depth = 0; depth < 4_990; depth++) deep = map({ k: deep });
    expect(compare(holding(deep), holding(nil))).toMatchObject([
      { path: 'encodableOutcome.a', kind: 'type' },
    ]);
    expect(compare(holding(deep), { ...FIELDS, encodableOutcome: new Map() })).toMatchObject([
      { kind: 'missing' },
    ]);
    const encoded = AggregationOutcome.encode(holding(deep));
    const withUnknown = Buffer.concat([encoded, Uint8Array.of(0x78, 5)]);
    const unknownFirst = Buffer.concat([Uint8Array.of(0x78, 5), encoded]);
    expect(compareOutcomes(unknownFirst, withUnknown)).toMatchObject([{ path: 'bytes', kind: 'order' }]);
  });
});

describe('bytes that are no outcome', () => {
  test.each<[string, readonly number[]]>([
    ['cut off', [0x0a, 0x05]],
    ['an unknown wire type', [0x0f]],
    ['text that is not UTF-8', [0x32, 1, 0xff]],
  ])('%s', (_, broken) => {
    const [good, bad] = [AggregationOutcome.encode(FIELDS), Uint8Array.from(broken)];
    expect(() => compareOutcomes(good, bad)).toThrow(ProtobufError);
    expect(() => compareOutcomes(bad, good)).toThrow(ProtobufError);
  });
});
