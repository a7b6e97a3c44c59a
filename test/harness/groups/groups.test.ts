import { describe, expect, test } from 'vitest';
import {
  causeOf,
  differenceKey,
  errorClass,
  findingOf,
  groupKey,
  isFinding,
} from '../../../harness/groups/cause.ts';
import { featureOf } from '../../../harness/groups/feature.ts';
import { Groups, needsWork } from '../../../harness/groups/groups.ts';
import type { Group, GroupsOptions } from '../../../harness/groups/groups.ts';
import { Inputs, InputMemory } from '../../../harness/groups/inputs.ts';
import { findingLines, groupLines } from '../../../harness/groups/text.ts';
import { roundLines } from '../../../harness/groups/round-text.ts';
import { rejudged } from '../../../harness/groups/rejudge.ts';
import { parseEntry } from '../../../harness/journal-entry.ts';
import type { JournalEntry } from '../../../harness/journal-entry.ts';
import { journalLine } from '../../../harness/journal.ts';
import type { Judgement } from '../../../src/contract/judgement.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import type { Round } from '../../../src/contract/round.ts';
import { encodeValue } from '../../../src/codec/values-encode.ts';
import {
  SELECTORS,
  accountValue,
  eventValue,
  list,
  nil,
  observation,
  observationValue,
  plainRound,
  repeatByte,
  utf8,
} from '../../helpers/arbitraries.ts';
import type { ReportFields } from '../../helpers/arbitraries.ts';
import { answered, errorOf, failed, judgementOf, outcomeOf, roundOf } from '../fakes.ts';

const options: GroupsOptions = { known: [], now: Date.parse('2026-11-25'), seed: 1, sampleSize: 2 };
const plain = (text: string): string => text;
const paint = { good: plain, bad: plain, dim: plain, bold: plain };

function grouped(judgements: readonly Judgement[], more: Partial<GroupsOptions> = {}): readonly Group[] {
  const groups = new Groups({ ...options, ...more });
  for (const [index, judgement] of judgements.entries()) {
    const entry = parseEntry(JSON.stringify(journalLine(judgement, 1_000_000 + index * 1000)));
    groups.add({ entry, round: judgement.round });
  }
  expect(groups.beyond).toBe(0);
  return groups.list();
}

const loopp = answered(outcomeOf({ lastSeenAt: 2n }));
const mismatch = (number: number, changes: Partial<Round> = {}): Judgement =>
  judgementOf({ round: roundOf(number, changes), loopp });

/** One oracle with one observation for Ethereum. */
const roundWith = (...values: readonly Uint8Array[]): Round =>
  roundOf(1, { observations: [{ oracle: 0, values }], previousOutcome: Buffer.from([]) });
const reporting = (fields: ReportFields): Round => roundWith(observation('2025-09', fields));

describe('groups', () => {
  test('hold findings with one cause, the largest first', () => {
    const other = judgementOf({ round: roundOf(9), loopp: failed('protocol', 'no frame 7') });
    const [first, second, ...others] = grouped([other, mismatch(1), mismatch(2), mismatch(3)]);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      number: 1,
      count: 3,
      inputs: 3,
      inputsAtLeast: false,
      firstSeen: 1_001_000,
      lastSeen: 1_003_000,
      cause: { verdict: 'mismatch', fields: ['lastSeenAt value'], errors: {} },
    });
    expect(first?.sample).toHaveLength(2);
    expect(second).toMatchObject({
      number: 2,
      count: 1,
      cause: { verdict: 'protocol', errors: { loopp: 'protocol: no frame N' } },
    });
  });

  test('are apart by chain, revision, feature and contradicted lane', () => {
    const { config } = plainRound({ fields: { selector: SELECTORS.solana } });
    const several = roundOf(3).observations.map((each) => ({
      ...each,
      values: [...each.values, ...each.values],
    }));
    const groups = grouped([
      mismatch(1),
      mismatch(2, { config }),
      mismatch(3, { observations: several }),
      mismatch(4, { revision: '2025-07' }),
      judgementOf({ round: roundOf(5), loopp, witness: { legacy: true, loopp: false } }),
    ]);
    expect(groups.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1]);
  });

  test('name the shortest round, and how many inputs are distinct', () => {
    const long = roundOf(1, { observations: [...roundOf(1).observations, { oracle: 9, values: [] }] });
    const [group] = grouped([
      judgementOf({ round: { ...long, id: 'long', previousOutcome: utf8('') }, loopp }),
      judgementOf({ round: { ...roundOf(2), id: 'b', previousOutcome: utf8('') }, loopp }),
      judgementOf({ round: { ...roundOf(2), id: 'c', previousOutcome: utf8('') }, loopp }),
    ]);
    expect(group).toMatchObject({ count: 3, inputs: 2, shortest: { id: 'long' } });
  });

  test('of a known difference need no work until it expires', () => {
    const known = { name: 'seen', reason: 'why', expires: '2026-11-25', match: { field: 'lastSeenAt' } };
    const [tolerated] = grouped([mismatch(1)], { known: [known] });
    expect(tolerated?.count).toBe(1);
    expect(tolerated !== undefined && needsWork(tolerated)).toBe(false);
    const [expired] = grouped([mismatch(1)], { known: [known], now: Date.parse('2026-11-26') });
    expect(expired !== undefined && needsWork(expired)).toBe(true);
    expect(expired?.tolerance?.expired).toBe(true);
  });

  test('beyond the limit are counted together', () => {
    const groups = new Groups(options);
    for (let index = 0; index < 510; index++) {
      const reason = `cause ${String.fromCodePoint(0x4e00 + index)}`;
      const judgement = judgementOf({ loopp: failed('protocol', reason) });
      const entry = parseEntry(JSON.stringify(journalLine(judgement)));
      groups.add({ entry, round: judgement.round });
    }
    expect(groups.list()).toHaveLength(500);
    expect(groups.beyond).toBe(10);
  });

  test('are told in a few lines, also with how they differ', () => {
    const known = { name: 'seen', reason: 'why', expires: '2026-11-24', match: { field: 'lastSeenAt' } };
    const [group] = grouped([mismatch(1), mismatch(1)], { known: [known] });
    if (group?.sample[0] === undefined) throw new Error('no group');
    expect([...groupLines(group, paint), ...findingLines(group.sample[0], paint)].join('\n'))
      .toMatchInlineSnapshot(`
      "  1          2  mismatch, ethereum-mainnet, 2025-09, no previous outcome
                      lastSeenAt value
                      1 distinct input; first 1970-01-01 00:16:40 UTC, last 1970-01-01 00:16:41 UTC; shortest: round round-1, 628 bytes
                      known as seen (expired, was tolerated to 2026-11-24): why
        round round-1, 1970-01-01 00:16:40 UTC
          lastSeenAt: another value
            legacy  0
            loopp   2"
    `);
  });
});

const entryOf = (judgement: Judgement): JournalEntry =>
  parseEntry(JSON.stringify(journalLine({ ...judgement, verdict: { key: 'protocol' } }, 5)));
const nothing = (): readonly Outcome[] => [];
const both = (): readonly Outcome[] => [outcomeOf(), outcomeOf({ lastSeenAt: 2n })];

describe('judging again', () => {
  test('gives the verdict of today, and what differs', () => {
    const recorded = entryOf(mismatch(1));
    expect(recorded.verdict).toBe('protocol');
    expect(rejudged(recorded, roundOf(1), nothing)).toEqual({
      id: 'round-1',
      revision: '2025-09',
      input: recorded.input,
      at: 5,
      answers: recorded.answers,
      verdict: 'mismatch',
      differences: [{ path: 'lastSeenAt', kind: 'value', legacy: '0', loopp: '2' }],
    });
  });

  test('knows what Go may answer, and what the witness says', () => {
    const round = roundOf(1, { witness: { answers: [{ kind: 'outcome', outcome: Buffer.alloc(0) }] } });
    expect(rejudged(entryOf(mismatch(1)), round, both)).toMatchObject({
      verdict: 'ambiguous',
      witness: { legacy: true, loopp: false },
    });
  });

  test('keeps lane errors, and leaves out what has digests alone', () => {
    const late = entryOf(judgementOf({ loopp: failed('timeout', 'slow') }));
    expect(rejudged(late, roundOf(1), nothing)?.verdict).toBe('timeout');
    const match = parseEntry(JSON.stringify(journalLine(judgementOf())));
    expect(rejudged(match, roundOf(1), nothing)).toBeUndefined();
  });
});

describe('distinct inputs', () => {
  test('are a lower bound once there are too many to remember', () => {
    const memory = new InputMemory();
    memory.left = 2;
    const inputs = new Inputs(memory);
    for (const input of ['a', 'a', 'b']) inputs.add(input);
    expect(inputs.facts()).toEqual({ inputs: 2, inputsAtLeast: false });
    for (const input of ['b', 'c', 'c']) inputs.add(input);
    expect(inputs.facts()).toEqual({ inputs: 2, inputsAtLeast: true });
  });
});

describe('a cause', () => {
  test.each([
    ['invalid dataID: "a\\"b" got 17 bytes', 'invalid dataID: "…" got N bytes'],
    ['mintable amount -5 exceeds 340282366920938463463374607431768211455', 'mintable amount N exceeds N'],
    ['at 0xAB12 of deadbeefdeadbeef', 'at HEX of HEX'],
    ['bad\n\u001b[31m', String.raw`bad\n\u{1b}[31m`],
  ])('has the class of %j', (text, expected) => {
    expect(errorClass(text)).toBe(expected);
  });

  test('of an error text stays short and linear in time', () => {
    expect(errorClass('"'.repeat(1_000_000)).length).toBeLessThan(300);
  });

  test('has each field once, without positions, and no number of those left out', () => {
    const finding = {
      verdict: 'mismatch' as const,
      answers: {},
      differences: [
        { path: 'a[1].b', kind: 'value' as const },
        { path: 'a[2].b', kind: 'value' as const },
        { path: 'a', kind: 'order' as const },
        { path: '(7 more differences)', kind: 'value' as const },
      ],
    };
    expect(causeOf(finding, roundOf(1)).fields).toEqual(['(more)', 'a order', 'a[].b value']);
  });

  test("'s difference is the same whatever the feature and the witness", () => {
    const finding = findingOf(judgementOf({ loopp: answered(errorOf('x 1')) }));
    const cause = causeOf(finding, roundOf(1));
    const other = causeOf({ ...finding, witness: { loopp: false } }, { ...roundOf(1), observations: [] });
    expect(cause.feature).not.toBe(other.feature);
    expect(differenceKey(cause)).toBe(differenceKey(other));
    expect(groupKey(cause)).not.toBe(groupKey(other));
  });

  test.each([
    ['mismatch', undefined, true],
    ['timeout', undefined, true],
    ['ambiguous', undefined, false],
    ['bothFailedAlike', undefined, false],
    ['match', { legacy: true, loopp: true }, false],
    ['match', { legacy: true, loopp: false }, true],
  ] as const)('%s with witness %j is a finding: %s', (verdict, witness, expected) => {
    expect(isFinding({ verdict, ...(witness === undefined ? {} : { witness }) })).toBe(expected);
  });
});

describe('the feature of a round', () => {
  const event = observation('2025-09');
  test.each<[string, Round]>([
    ['an observation that is no event', roundWith(event, encodeValue(nil))],
    ['an observation that is no event', roundWith(Buffer.from([0xff]))],
    ['a report that is no JSON object', roundWith(encodeValue(eventValue({ report: utf8('{') })))],
    ['a mintable that is no number', reporting({ mintable: null })],
    ['a negative mintable', reporting({ mintable: -5n })],
    ['a mintable above 128 bits', reporting({ mintable: 1n << 128n })],
    ['a number above 2^53', reporting({ block: 2n ** 53n + 1n })],
    ['oracles disagree', roundWith(event, observation('2025-09', { mintable: 7n }))],
    ['several events of an oracle', roundWith(event, event)],
    ['no event for the chain', reporting({ selector: SELECTORS.sepolia })],
    ['no event for the chain', roundWith()],
    ['no previous outcome', { ...roundWith(event), previousOutcome: null }],
    ['nothing peculiar', roundWith(event)],
    [
      'nothing peculiar',
      { ...roundWith(encodeValue(eventValue({ keys: 'lowerCamel' }))), revision: '2025-07' },
    ],
  ])('is %s', (feature, round) => {
    expect(featureOf(round)).toBe(feature);
  });
});

describe('a round in words', () => {
  test('has names, selectors and amounts', () => {
    const accounts = [accountValue(repeatByte(3, 32))];
    const values = [
      encodeValue(observationValue('2025-09', eventValue(), accounts)),
      observation('2025-09', { selector: SELECTORS.solana, block: 5n, mintable: null }),
      encodeValue(list()),
      encodeValue(eventValue({ report: utf8('{"Info": 1}\u001b') })),
    ];
    const round = roundOf(1, {
      workflow: 'wf',
      note: 'a note',
      consensusSeqNr: 7,
      observations: [
        { oracle: 0, values },
        { oracle: 3, values: [] },
      ],
      witness: { answers: [{ kind: 'error', error: 'no' }] },
    });
    expect(roundLines(round).join('\n')).toMatchInlineSnapshot(`
      "round round-1 (a note)
        workflow  wf
        revision  2025-09
        f         1, 2 oracles, 4 events
        consensus sequence number 7
        config
          dataID: "0x01c50000000000000000000000000000"
          targetChainSelector: "5009297550715157269"
          target chain: ethereum-mainnet (5009297550715157269)
        previous outcome
          none
        oracle 0
          event 0: sequence number 10, 2 signatures, config digest 0xabababababababababababababababababababababababababababababababab
            report for ethereum-mainnet (5009297550715157269): block 1000, mintable 99, sequence number 10
            JSON {"Report":"eyJDb25maWdEaWdlc3QiOiJhYjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTAyIiwiU2VxTnIiOjEwLCJCbG9jayI6MTAwMCwiTWludGFibGUiOjk5fQ==","Info":5009297550715157269}
            account 0x0303030303030303030303030303030303030303030303030303030303030303
          event 1: sequence number 10, 2 signatures, config digest 0xabababababababababababababababababababababababababababababababab
            report for solana-mainnet (124615329519749607): block 5, mintable null, sequence number 10
            JSON {"Report":"eyJDb25maWdEaWdlc3QiOiJhYjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTAyIiwiU2VxTnIiOjEwLCJCbG9jayI6NSwiTWludGFibGUiOm51bGx9","Info":124615329519749607}
          event 2: a list, not a map: 0x2a00
          event 3: sequence number 10, 2 signatures, config digest 0xabababababababababababababababababababababababababababababababab
            report for no chain, no JSON object: {"Info": 1}\\u{1b}
        oracle 3: no events
        the Go node answered error: no"
    `);
  });
});
