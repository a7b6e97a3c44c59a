import * as fc from 'fast-check';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Revision } from '../../src/contract/round.ts';
import { bigint, bool, bytes, float64, int64, list, map, nil, text, uint64, utf8 } from './builders.ts';
import type { Making } from './report.ts';

/** The aggregator's configuration of a round, with the rows of docs/spec/aggregator.md H.2 now and then. */
export function arbitraryConfig(revision: Revision): fc.Arbitrary<Making<Uint8Array>> {
  const entries = revision === '2025-07' ? arbitraryNumberConfig : arbitraryTextConfig;
  return entries.map((make) => (truth) => encodeValueMap(new Map(make(truth))));
}

type Entry = readonly [string, Value];

/** Values that some rows accept and others reject, with their own texts. */
const ODD_VALUES: readonly Value[] = [
  nil,
  ...[5n, 0n, -1n].map(int64),
  ...[7n, 2n ** 63n].map(uint64),
  ...[1.7, -0.5].map(float64),
  bool(true),
  bigint(5n),
  list(),
  map({}),
  ...['', '12'].map(text),
  ...['12', '\u00ff'].map(utf8).map(bytes),
  { kind: 'decimal', coefficient: 5n, exponent: 0 },
  { kind: 'time', seconds: 1n, nanos: 0 },
];
const arbitraryOddValue: fc.Arbitrary<Value> = fc.constantFrom(...ODD_VALUES);

const arbitraryOddSelector = fc.oneof(
  arbitraryOddValue,
  fc
    .constantFrom('-1', '+1', ' 1', '1_000', '0x10', '1e3', '007', '0', 'a"b\n', '\u{1F600}', '\u200b', 'é')
    .map(text),
  fc.constantFrom('18446744073709551615', '18446744073709551616', '99999999999999999999999').map(text),
);

const arbitraryOddDataId = fc.oneof(
  arbitraryOddValue,
  fc
    .constantFrom('0x', '0X01', 'zz', '0', '0xabc', 'g0c', '01c5', 'invalid', '01 2', 'é', '00'.repeat(17))
    .map(text),
);

const arbitraryTextConfig: fc.Arbitrary<Making<readonly Entry[]>> = fc
  .record({
    selectorKey: arbitraryKey('targetChainSelector'),
    dataIdKey: arbitraryKey('dataID'),
    oddSelector: rarely(arbitraryOddSelector),
    oddDataId: rarely(arbitraryOddDataId),
    dataId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    prefix: fc.constantFrom('0x', ''),
    asBytes: fc.constantFrom(false, false, false, true),
    more: arbitraryUnknown(),
  })
  .map(({ selectorKey, dataIdKey, oddSelector, oddDataId, dataId, prefix, asBytes, more }) => (truth) => {
    const write = asBytes ? (value: string): Value => bytes(utf8(value)) : text;
    return [
      [selectorKey, oddSelector ?? write(String(truth.selector))],
      [dataIdKey, oddDataId ?? write(prefix + Buffer.from(dataId).toString('hex'))],
      ...more,
    ];
  });

const arbitraryNumberConfig: fc.Arbitrary<Making<readonly Entry[]>> = fc
  .record({
    key: arbitraryKey('targetChainSelector'),
    odd: rarely(arbitraryOddValue),
    wrap: fc.constantFrom(int64, int64, int64, uint64),
    more: arbitraryUnknown(),
  })
  .map(({ key, odd, wrap, more }) => (truth) => {
    const selector = truth.selector < 2n ** 63n ? wrap(truth.selector) : uint64(truth.selector);
    return [[key, odd ?? selector], ...more];
  });

function rarely(odd: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd });
}

function arbitraryKey(name: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant(name) },
    { weight: 4, arbitrary: fc.constantFrom(name.toLowerCase(), name.toUpperCase()) },
    { weight: 1, arbitrary: fc.constant(`${name}s`) },
  );
}

/** Keys that the aggregator does not know. */
function arbitraryUnknown(): fc.Arbitrary<readonly Entry[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant<readonly Entry[]>([]) },
    { weight: 1, arbitrary: fc.constant<readonly Entry[]>([['solana.remaining_accounts', list()]]) },
  );
}
