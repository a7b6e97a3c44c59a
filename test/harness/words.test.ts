import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROOT, entryPlace, itemPlace } from '../../harness/tree.ts';
import type { Place } from '../../harness/tree.ts';
import { describeOutcome, pairInWords, typedInWords, valueInWords } from '../../harness/words.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import {
  arbitraryText,
  bigint,
  bool,
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

const at = (...keys: readonly string[]): Place => keys.reduce(entryPlace, ROOT);
const packedEvm = (block: bigint, mintable: bigint): Value => bigint((block << 128n) | mintable);
const packedSolana = (block: bigint, mintable: bigint): Value => bigint((block << 91n) | mintable);
const nils = (length: number): readonly Value[] => Array.from({ length }, () => nil);
const dataId = Uint8Array.from({ length: 16 }, (_, i) => i);
const feedId = (selector: bigint): Uint8Array => {
  const id = new Uint8Array(32);
  id[0] = 4;
  new DataView(id.buffer).setBigUint64(1, selector);
  return id;
};
const outcome = (message: Parameters<typeof AggregationOutcome.encode>[0]): Outcome => ({
  kind: 'outcome',
  outcome: AggregationOutcome.encode(message),
});

describe('an outcome in words', () => {
  test('2025-09, EVM', () => {
    const golden =
      '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e80000000000000000000000000000006310010a1c0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a';
    expect(
      describeOutcome({ kind: 'outcome', outcome: Buffer.from(`0a66${golden}12010a1801200a`, 'hex') }),
    ).toEqual([
      { path: 'encodableOutcome.Reports[0].Answer', text: 'block 1000, mintable 99' },
      { path: 'encodableOutcome.Reports[0].DataID', text: '0x01c50000000000000000000000000000' },
      { path: 'encodableOutcome.Reports[0].Timestamp', text: '10' },
      { path: 'metadata', text: '0x0a' },
      { path: 'shouldReport', text: 'true' },
      { path: 'lastSeenAt', text: '10' },
    ]);
  });

  test('2025-09, Solana', () => {
    const payload = map({ answer: packedSolana(7n, 5n), dataId: bytes(dataId), timestamp: int64(9n) });
    const encodableOutcome = new Map([
      ['account_context_hash', bytes(new Uint8Array(32).fill(5))],
      ['payload', list(payload)],
    ]);
    expect(describeOutcome(outcome({ encodableOutcome, shouldReport: true }))).toEqual([
      { path: 'encodableOutcome.account_context_hash', text: `0x${'05'.repeat(32)}` },
      { path: 'encodableOutcome.payload[0].answer', text: 'block 7, mintable 5' },
      { path: 'encodableOutcome.payload[0].dataId', text: '0x000102030405060708090a0b0c0d0e0f' },
      { path: 'encodableOutcome.payload[0].timestamp', text: '9' },
      { path: 'shouldReport', text: 'true' },
    ]);
  });

  test('2025-07: the data id names its chain', () => {
    const report = map({ FeedID: bytes(feedId(5009297550715157269n)), Price: packedEvm(2n, 3n) });
    expect(describeOutcome(outcome({ encodableOutcome: new Map([['Reports', list(report)]]) }))).toEqual([
      {
        path: 'encodableOutcome.Reports[0].FeedID',
        text: `0x0445849994fc9c7b15${'00'.repeat(23)} (ethereum-mainnet)`,
      },
      { path: 'encodableOutcome.Reports[0].Price', text: 'block 2, mintable 3' },
      { path: 'shouldReport', text: 'false' },
    ]);
  });

  test('without a report', () => {
    expect(describeOutcome({ kind: 'outcome', outcome: new Uint8Array() })).toEqual([
      { path: 'shouldReport', text: 'false' },
    ]);
  });

  test('with everything that a capability may add', () => {
    const all = outcome({
      timestamp: { seconds: 1_757_000_000n, nanos: 5 },
      encoderName: 'EVM',
      encoderConfig: new Map([['abi', text('(bytes32 FeedID)[] Reports')]]),
    });
    expect(describeOutcome(all)).toEqual([
      { path: 'shouldReport', text: 'false' },
      { path: 'timestamp', text: '1757000000 s 5 ns' },
      { path: 'encoderName', text: '"EVM"' },
      { path: 'encoderConfig.abi', text: '"(bytes32 FeedID)[] Reports"' },
    ]);
  });

  test('an error is its text, on one line and without anything that moves a cursor', () => {
    expect(describeOutcome({ kind: 'error', error: 'failed:\n\n\u001b[31mred\u202e' })).toEqual([
      { path: 'error', text: String.raw`failed:\n\n\u{1b}[31mred\u{202e}` },
    ]);
    const [long] = describeOutcome({ kind: 'error', error: 'x'.repeat(5_000) });
    expect(long?.text).toBe(`${'x'.repeat(500)}…${'x'.repeat(500)} (5000 characters)`);
  });

  test('is bounded', () => {
    const many = outcome({ encodableOutcome: new Map([['list', list(...nils(100))]]) });
    const fields = describeOutcome(many);
    expect(fields).toHaveLength(65);
    expect(fields.at(-1)).toEqual({ path: '(37 more fields)', text: '' });
  });

  test('may be as deep as a decoder goes', () => {
    let deep: Value = int64(5n);
    for (let depth = 0; depth < 4_990; depth++) deep = list(deep);
    const [field] = describeOutcome(outcome({ encodableOutcome: new Map([['deep', deep]]) }));
    expect(field?.path).toMatch(/^encodableOutcome\.deep\[0\].*….*\[0\] \(14991 characters\)$/);
    expect(field?.text).toBe('5');
  });

  test('must be an outcome', () => {
    expect(() => describeOutcome({ kind: 'outcome', outcome: Uint8Array.of(0x0a, 0x05) })).toThrow(
      ProtobufError,
    );
  });

  test('is found for every recorded answer, with amounts split', async () => {
    const rounds = await loadRounds(...VECTORS, ...CAPTURES);
    const texts = rounds
      .flatMap((round) => round.witness?.answers ?? [])
      .flatMap((answer) => (answer.kind === 'panic' ? [] : [describeOutcome(answer)]))
      .flat()
      .filter(({ path }) => /\.(Answer|Price|answer)$/.test(path))
      .map((field) => field.text);
    expect(texts.length).toBeGreaterThan(1_000);
    expect(
      texts.filter((each) => !/^(block \d+, mintable \d+|mintable -\d+, block lost)$/.test(each)),
    ).toEqual([]);
  });
});

describe('a value in words', () => {
  test.each<[Value, string]>([
    [nil, 'nil'],
    [bool(true), 'true'],
    [int64(-5n), '-5'],
    [uint64(2n ** 64n - 1n), '18446744073709551615'],
    [bigint(-(2n ** 70n)), '-1180591620717411303424'],
    [float64(1.5), '1.5'],
    [float64(-0), '-0'],
    [{ kind: 'decimal', coefficient: 12_345n, exponent: -2 }, '12345e-2'],
    [{ kind: 'time', seconds: -1n, nanos: 7 }, '-1 s 7 ns'],
    [text('say "hi"\n'), String.raw`"say \"hi\"\n"`],
    [text('\u{1F600} ü'), '"\u{1F600} ü"'],
    [text('a'.repeat(65)), `"${'a'.repeat(32)}"…"${'a'.repeat(32)}" (65 characters)`],
    [bytes(new Uint8Array()), 'no bytes'],
    [bytes(new Uint8Array(32)), `0x${'00'.repeat(32)}`],
    [bytes(new Uint8Array(33)), `0x${'00'.repeat(16)}…${'00'.repeat(16)} (33 bytes)`],
    [list(), 'empty list'],
    [map({}), 'empty map'],
    [map({ a: int64(1n), metadata: bytes(new Uint8Array()) }), 'a: 1; metadata: no bytes'],
    [list(int64(1n), list(text('x'))), '[0]: 1; [1][0]: "x"'],
    [list(...nils(10)), `${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `[${String(i)}]: nil`).join('; ')}; 2 more`],
  ])('%o: %s', (value, expected) => {
    expect(valueInWords(value, at('anything'))).toBe(expected);
  });

  test.each<[string, readonly string[], bigint, string]>([
    ['EVM', ['Reports', 'Answer'], (1000n << 128n) | 99n, 'block 1000, mintable 99'],
    ['EVM of 2025-07', ['Reports', 'Price'], (1000n << 128n) | 99n, 'block 1000, mintable 99'],
    ['Solana', ['payload', 'answer'], (1000n << 91n) | 99n, 'block 1000, mintable 99'],
    [
      'the largest EVM',
      ['Answer'],
      2n ** 192n - 1n,
      `block ${String(2n ** 64n - 1n)}, mintable ${String(2n ** 128n - 1n)}`,
    ],
    [
      'the largest Solana',
      ['payload', 'answer'],
      2n ** 127n - 1n,
      `block ${String(2n ** 36n - 1n)}, mintable ${String(2n ** 91n - 1n)}`,
    ],
    [
      'a block that EVM has no room for',
      ['Answer'],
      2n ** 192n + 7n,
      `block ${String(2n ** 64n)} (beyond 64 bits), mintable 7`,
    ],
    [
      'the largest uint224',
      ['Price'],
      2n ** 224n - 1n,
      `block ${String(2n ** 96n - 1n)} (beyond 64 bits), mintable ${String(2n ** 128n - 1n)}`,
    ],
    ['what is no uint224', ['Answer'], 2n ** 224n, `${String(2n ** 224n)}, beyond uint224`],
    [
      'a block that Solana has no room for',
      ['payload', 'answer'],
      2n ** 127n + 7n,
      `block ${String(2n ** 36n)} (beyond 36 bits), mintable 7`,
    ],
    ['what is no u128', ['payload', 'answer'], 2n ** 128n, `${String(2n ** 128n)}, beyond u128`],
    ['nothing', ['Answer'], 0n, 'block 0, mintable 0'],
    ['negative', ['Answer'], -5n, 'mintable -5, block lost'],
    ['not packed', ['answer'], 2n ** 100n, String(2n ** 100n)],
    ['not packed either', ['Amount'], 2n ** 130n, String(2n ** 130n)],
  ])('an amount, %s', (_, keys, amount, expected) => {
    expect(valueInWords(bigint(amount), at(...keys))).toBe(expected);
  });

  test.each([
    ['a known chain', feedId(16015286601757825753n), ' (ethereum-testnet-sepolia)'],
    ['an unknown one', feedId(77n), ' (chain selector 77)'],
    ['another first byte', feedId(77n).map((byte, i) => (i === 0 ? 1 : byte)), ''],
    ['more behind the selector', feedId(77n).map((byte, i) => (i === 31 ? 1 : byte)), ''],
    ['another length', feedId(77n).subarray(0, 31), ''],
  ])('a feed id of %s', (_, id, chain) => {
    expect(valueInWords(bytes(id), at('FeedID'))).toBe(`0x${Buffer.from(id).toString('hex')}${chain}`);
    expect(valueInWords(bytes(id), at('DataID'))).toBe(`0x${Buffer.from(id).toString('hex')}`);
  });

  test('has its type where types differ', () => {
    expect(typedInWords(int64(10n), at('Timestamp'))).toBe('int64 10');
    expect(typedInWords(bigint(10n), at('Answer'))).toBe('bigint block 0, mintable 10');
    expect(typedInWords(nil, at('Answer'))).toBe('nil');
    expect(typedInWords(list(map({ Answer: bigint(10n) })), at('Reports'))).toBe(
      'list ([0].Answer: block 0, mintable 10)',
    );
    expect(typedInWords(map({}), at('Reports'))).toBe('map (empty map)');
  });

  test('takes bounded room, however large it is', () => {
    expect(valueInWords(bigint(2n ** 4_000_000n), at('Answer')).length).toBeLessThan(130);
    expect(valueInWords(text('\u0000'.repeat(1_000_000)), at('x')).length).toBeLessThan(450);
  });
});

const middle = (length: number, byte: number): Uint8Array =>
  new Uint8Array(length).map((_, i) => (i === 50 ? byte : 0));
const around = (inner: string): Value => text('a'.repeat(60) + inner + 'a'.repeat(60));

describe('two values that differ are never shown alike', () => {
  test('bytes that differ in the part that is cut', () => {
    expect(pairInWords(bytes(middle(100, 1)), bytes(middle(100, 2)), at('x'))).toEqual([
      `0x01${'00'.repeat(15)}… (from byte 50 of 100)`,
      `0x02${'00'.repeat(15)}… (from byte 50 of 100)`,
    ]);
  });

  test('texts that do', () => {
    expect(pairInWords(around('b'), around('"'), at('x'))).toEqual([
      `"b${'a'.repeat(31)}"… (from character 60 of 121)`,
      `"\\"${'a'.repeat(31)}"… (from character 60 of 121)`,
    ]);
  });

  test('numbers that do', () => {
    const [legacy, loopp] = pairInWords(bigint(10n ** 200n), bigint(10n ** 200n + 10n ** 100n), at('x'));
    expect(legacy).toBe(`${'0'.repeat(32)}… (from character 100 of 201)`);
    expect(loopp).toBe(`1${'0'.repeat(31)}… (from character 100 of 201)`);
    const huge = pairInWords(bigint(-(2n ** 5000n)), bigint(-(2n ** 5000n) - 2n ** 2000n), at('x'));
    expect(huge[0]).not.toBe(huge[1]);
  });

  test('any texts', () => {
    const long = arbitraryText.map((inner) => 'a'.repeat(40) + inner + 'a'.repeat(40));
    fc.assert(
      fc.property(fc.oneof(arbitraryText, long), fc.oneof(arbitraryText, long), (a, b) => {
        fc.pre(a !== b);
        const [legacy, loopp] = pairInWords(text(a), text(b), at('x'));
        expect(legacy).not.toBe(loopp);
      }),
    );
  });
});

describe('a path', () => {
  test('has one meaning', () => {
    expect(itemPlace(at('encodableOutcome', 'Reports'), 3).path).toBe('encodableOutcome.Reports[3]');
    expect(at('a.b', 'c').path).toBe('["a.b"].c');
    expect(at('a', '', '"]').path).toBe(String.raw`a[""]["\"]"]`);
    expect(at('a', '0').path).toBe('a["0"]');
  });
});
