import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregate, aggregateRound } from '../../legacy/aggregate.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { Revision, Round } from '../../src/contract/round.ts';
import {
  DATA_ID,
  SELECTORS,
  bool,
  bytes,
  int64,
  list,
  nil,
  plainRound,
  previousOutcome,
  repeatByte,
  reportJson,
  text,
  uint64,
} from '../helpers/arbitraries/builders.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

/** A map whose fields may be spelt twice: each field is any one of its spellings. */
type Spelt = readonly (readonly [name: string, values: readonly [spelling: string, value: Value][]])[];

const field = (name: string, values: fc.Arbitrary<Value>): fc.Arbitrary<Spelt[number]> =>
  fc
    .array(values, { minLength: 1, maxLength: 2 })
    .map((found) => [name, found.map((value, index) => [spelling(name, index), value])]);

const spelling = (name: string, index: number): string =>
  index === 0 ? name.toLowerCase() : name.toUpperCase();

const asMap = (entries: readonly (readonly [string, Value])[]): Value => ({
  kind: 'map',
  entries: new Map(entries),
});

/** Every map with one spelling of each field. */
function choices(spelt: Spelt): readonly Value[] {
  let chosen: readonly (readonly [string, Value][])[] = [[]];
  for (const [, values] of spelt) {
    chosen = chosen.flatMap((entries) => values.map((entry): [string, Value][] => [...entries, entry]));
  }
  return chosen.map(asMap);
}

const whole = (spelt: Spelt): Value => asMap(spelt.flatMap(([, values]) => values));

/** What may be read in one way only, and in several. */
interface Message {
  readonly whole: Value;
  readonly readings: readonly Value[];
}

const event: fc.Arbitrary<Message> = fc
  .tuple(
    field('SeqNr', fc.constantFrom<Value>(uint64(3n), uint64(30n), bool(true))),
    field(
      'Report',
      fc.constantFrom<Value>(
        bytes(reportJson({ block: 1n })),
        bytes(reportJson({ block: 2n })),
        bytes(reportJson({ selector: SELECTORS.base })),
        text('{'),
      ),
    ),
    field('ConfigDigest', fc.constantFrom<Value>(nil, nil, bool(false))),
    field('Sigs', fc.constantFrom<Value>(list(), list(), list(int64(1n)))),
  )
  .map((spelt) => ({ whole: whole(spelt), readings: choices(spelt) }));

const account: fc.Arbitrary<Message> = field(
  'PublicKey',
  fc.constantFrom<Value>(bytes(repeatByte(1, 32)), bytes(repeatByte(2, 32)), bytes(repeatByte(3, 31))),
).map((spelt) => ({ whole: whole([spelt]), readings: choices([spelt]) }));

const wrapped: fc.Arbitrary<Message> = fc
  .tuple(event, fc.array(account, { maxLength: 1 }))
  .map(([inner, accounts]) => ({
    whole: asMap([
      ['event', inner.whole],
      ['solana', list(...accounts.map((each) => each.whole))],
    ]),
    readings: inner.readings.flatMap((chosen) =>
      (accounts[0]?.readings ?? [undefined]).map((key) =>
        asMap([
          ['event', chosen],
          ['solana', list(...(key === undefined ? [] : [key]))],
        ]),
      ),
    ),
  }));

const config = (revision: Revision): fc.Arbitrary<Message> => {
  const selectors = [SELECTORS.ethereum, SELECTORS.base].map((selector) =>
    revision === '2025-07' ? int64(selector & 0x7fff_ffff_ffff_ffffn) : text(String(selector)),
  );
  return fc
    .tuple(
      field('targetChainSelector', fc.constantFrom(...selectors)),
      field('dataID', fc.constantFrom(text(DATA_ID), text(DATA_ID), text('0x'))),
    )
    .map((spelt) => ({ whole: whole(spelt), readings: choices(spelt) }));
};

/** A round that can be read in several ways, and each of these ways as a round that can be read in one. */
interface Case {
  readonly round: Round;
  readonly ways: readonly Round[];
}

const cases = fc.constantFrom(...REVISIONS).chain((revision) => {
  const observation = revision === '2025-07' ? event : wrapped;
  return fc
    .tuple(
      config(revision),
      fc.array(fc.array(observation, { maxLength: 2 }), { minLength: 1, maxLength: 2 }),
    )
    .map(([settings, oracles]) => caseOf(revision, settings, oracles))
    .filter(({ ways }) => ways.length <= 3000);
});

function caseOf(revision: Revision, settings: Message, oracles: readonly (readonly Message[])[]): Case {
  const roundOf = (configuration: Value, values: readonly (readonly Value[])[]): Round => ({
    ...plainRound({ revision }),
    config: configuration.kind === 'map' ? encodeValueMap(configuration.entries) : new Uint8Array(),
    previousOutcome: previousOutcome(10n),
    observations: values.map((each, oracle) => ({ oracle, values: each.map(encodeValue) })),
  });
  let ways: readonly (readonly (readonly Value[])[])[] = [[]];
  for (const events of oracles) {
    const lists = product(events.map(({ readings }) => readings));
    ways = ways.flatMap((before) => lists.map((values) => [...before, values]));
  }
  return {
    round: roundOf(
      settings.whole,
      oracles.map((events) => events.map((each) => each.whole)),
    ),
    ways: settings.readings.flatMap((configuration) =>
      ways.flatMap((values) => [roundOf(configuration, values), roundOf(configuration, values.toReversed())]),
    ),
  };
}

function product<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  let all: readonly (readonly T[])[] = [[]];
  for (const items of lists) all = all.flatMap((before) => items.map((item) => [...before, item]));
  return all;
}

const shown = (outcome: Outcome): string =>
  outcome.kind === 'error' ? outcome.error : Buffer.from(outcome.outcome).toString('hex');

describe('possible outcomes', () => {
  test('are those of every spelling of every name and every order of the oracles, and no others', () =>
    fc.assert(
      fc.property(cases, ({ round, ways }) => {
        const expected = new Set(ways.map((way) => shown(aggregate(way))));
        const possible = aggregateRound(round).possible().map(shown);
        expect(new Set(possible)).toEqual(expected);
        expect(possible.length).toBe(expected.size);
      }),
      { numRuns: 150 },
    ));

  test('of a round with more spellings than can be looked at are the answer alone', () => {
    const twice: Spelt = [
      ['PublicKey', [1, 2].map((byte) => [spelling('PublicKey', byte - 1), bytes(repeatByte(byte, 32))])],
    ];
    const observation = asMap([
      ['event', nil],
      ['solana', list(...Array.from({ length: 13 }, () => whole(twice)))],
    ]);
    const round = plainRound({
      round: { observations: [{ oracle: 0, values: [encodeValue(observation)] }] },
    });
    expect(aggregateRound(round).possible()).toEqual([aggregate(round)]);
  });
});
