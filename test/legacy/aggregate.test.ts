import { REVISIONS } from '../../src/contract/round.ts';
import { describe, expect, test } from 'vitest';
import { aggregate, aggregateRound } from '../../legacy/aggregate.ts';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Round } from '../../src/contract/round.ts';
import {
  SELECTORS,
  accountValue,
  bigint,
  bytes,
  configOf,
  eventValue,
  evmConfig,
  int64,
  list,
  map,
  nil,
  observation,
  observationValue,
  plainRound,
  previousOutcome,
  repeatByte,
  reportJson,
  uint64,
} from '../helpers/arbitraries.ts';
import type { ReportFields } from '../helpers/arbitraries.ts';
import { concat, toHex, unhex } from '../helpers/wire.ts';

const DATA_ID = concat(unhex('01c5'), new Uint8Array(14));
const NO_REPORT = AggregationOutcome.decode(new Uint8Array());

function outcomeOf(round: Round): AggregationOutcome {
  const answer = aggregate(round);
  if (answer.kind === 'error') throw new Error(answer.error);
  return AggregationOutcome.decode(answer.outcome);
}

function errorOf(round: Round): string {
  const answer = aggregate(round);
  return answer.kind === 'error' ? answer.error : 'none';
}

/** Oracles 0, 1, ... with one observation each. */
function oraclesWith(revision: Round['revision'], ...reports: readonly ReportFields[]): Partial<Round> {
  return {
    observations: reports.map((fields, oracle) => ({
      oracle,
      values: [observation(revision, { selector: SELECTORS.ethereum, ...fields })],
    })),
  };
}

// docs/spec/aggregator.md H.3 and H.6.
describe('2025-09', () => {
  test('an EVM report', () => {
    const round = plainRound({ fields: { seqNr: 2n ** 32n + 300n, block: 1000n, mintable: 99n } });
    expect(outcomeOf(round)).toEqual({
      ...NO_REPORT,
      encodableOutcome: new Map([
        [
          'Reports',
          list(
            map({ DataID: bytes(DATA_ID), Answer: bigint((1000n << 128n) + 99n), Timestamp: int64(300n) }),
          ),
        ],
      ]),
      metadata: Uint8Array.of(300 % 256),
      shouldReport: true,
      lastSeenAt: 2n ** 32n + 300n,
    });
  });

  test('is, in bytes, the golden vector around it', () => {
    const golden =
      '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e80000000000000000000000000000006310010a1c' +
      '0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a';
    const answer = aggregate(plainRound());
    // Fields 1 encodableOutcome (102 bytes), 2 metadata, 3 shouldReport, 4 lastSeenAt.
    const expected = `0a66${golden}12010a1801200a`;
    expect(answer.kind === 'outcome' && toHex(answer.outcome)).toBe(expected);
  });

  test('a Solana report, with the accounts of the chosen observation', () => {
    const report = reportJson({ selector: SELECTORS.solana });
    const value = observationValue('2025-09', eventValue({ report }), [accountValue(new Uint8Array(32))]);
    const round = plainRound({
      fields: { selector: SELECTORS.solana },
      round: { observations: [{ oracle: 0, values: [encodeValue(value)] }] },
    });
    expect(outcomeOf(round).encodableOutcome).toEqual(
      new Map([
        // head -c 32 /dev/zero | sha256sum
        [
          'account_context_hash',
          bytes(unhex('66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925')),
        ],
        [
          'payload',
          list(map({ answer: bigint((1000n << 91n) + 99n), dataId: bytes(DATA_ID), timestamp: int64(10n) })),
        ],
      ]),
    );
  });

  test.each<[string, Partial<Round>]>([
    ['no matching event', oraclesWith('2025-09', { selector: SELECTORS.base })],
    ['oracles without observations', { observations: [{ oracle: 0, values: [] }] }],
    ['matching events that do not decode', oraclesWith('2025-09', { configDigest: 'short' })],
  ])('%s: the empty outcome, nothing carried over', (_, change) => {
    const round = plainRound({ round: { ...change, previousOutcome: previousOutcome(5n) } });
    expect(aggregate(round)).toEqual({ kind: 'outcome', outcome: new Uint8Array() });
  });

  test('no oracles is an error', () => {
    expect(errorOf(plainRound({ oracles: 0 }))).toBe('no observations');
  });

  test('a bad configuration comes first', () => {
    const round = plainRound({ oracles: 0, round: { config: new Uint8Array() } });
    expect(errorOf(round)).toBe('failed to parse config: targetChainSelector is required');
  });

  test('the first report of the first oracle wins, even when it cannot be packed', () => {
    const round = plainRound({ round: oraclesWith('2025-09', { mintable: null }, { mintable: 5n }) });
    expect(errorOf(round)).toBe(
      'failed to create outcome: encountered issue generating report in createOutcome ' +
        'failed to pack secure mint report for evm into uint224: mintable cannot be nil',
    );
    expect(
      aggregateRound(round)
        .possible()
        .map(({ kind }) => kind),
    ).toEqual(['error', 'outcome']);
  });

  test.each([
    [
      SELECTORS.solana,
      { mintable: 2n ** 91n },
      'encountered issue generating report in createOutcome failed to pack secure mint report for solana into u128: ' +
        'mintable amount 2475880078570760549798248448 exceeds maximum 91-bit value 2475880078570760549798248447',
    ],
    [
      SELECTORS.solana,
      { seqNr: 2n ** 32n },
      'encountered issue generating report in createOutcome timestamp exceeds u32 bounds: 4294967296',
    ],
    [
      SELECTORS.aptos,
      { mintable: null },
      `encountered issue fetching report formatter in createOutcome no formatter registered for chain selector: ${String(SELECTORS.aptos)}`,
    ],
    [
      0n,
      {},
      'encountered issue fetching report formatter in createOutcome no formatter registered for chain selector: 0',
    ],
  ])('selector %d with %o fails', (selector, fields, message) => {
    expect(errorOf(plainRound({ fields: { ...fields, selector } }))).toBe(
      `failed to create outcome: ${message}`,
    );
  });

  test('an older sequence number than the previous is no matter', () => {
    const round = plainRound({ round: { previousOutcome: previousOutcome(2n ** 63n) } });
    expect(outcomeOf(round).shouldReport).toBe(true);
  });

  test.each([0, 1, 3])('a nil observation crashes Go wherever it stands (oracle %d)', (at) => {
    const { observations, ...round } = plainRound();
    const crashing = observations.map((entry) =>
      entry.oracle === at ? { ...entry, values: [...entry.values, encodeValue(nil)] } : entry,
    );
    expect(errorOf({ ...round, observations: crashing })).toBe(
      'the Go aggregator crashes on this round: runtime error: invalid memory address or nil pointer dereference',
    );
  });
});

const stale = (number: bigint): string =>
  'failed to extract and validate reports: sequence number too low: ' +
  `all reports had sequence numbers <= ${String(number)}`;

// docs/spec/aggregator.md H.3a.
describe('2025-07', () => {
  const fields = { selector: SELECTORS.ethereum, seqNr: 300n, block: 1000n, mintable: 99n };

  test('a report: the selector in the feed id, the block as timestamp', () => {
    const feedId = concat(
      unhex('04'),
      unhex(SELECTORS.ethereum.toString(16).padStart(16, '0')),
      new Uint8Array(23),
    );
    expect(outcomeOf(plainRound({ revision: '2025-07', fields }))).toEqual({
      ...NO_REPORT,
      encodableOutcome: new Map([
        [
          'Reports',
          list(map({ FeedID: bytes(feedId), Price: bigint((1000n << 128n) + 99n), Timestamp: int64(1000n) })),
        ],
      ]),
      metadata: Uint8Array.of(300 % 256),
      shouldReport: true,
      lastSeenAt: 300n,
    });
  });

  test('every chain is packed as EVM', () => {
    const solana = plainRound({ revision: '2025-07', fields: { ...fields, selector: SELECTORS.solana } });
    expect(outcomeOf(solana).encodableOutcome?.has('Reports')).toBe(true);
    const unpackable = { ...fields, selector: 5n, mintable: null };
    expect(errorOf(plainRound({ revision: '2025-07', fields: unpackable }))).toBe(
      'failed to create outcome: failed to pack secure mint report for into uint224: mintable cannot be nil',
    );
  });

  test('a block above 2^63-1 becomes a negative timestamp', () => {
    const round = plainRound({ revision: '2025-07', fields: { ...fields, block: 2n ** 64n - 1n } });
    const reports = outcomeOf(round).encodableOutcome?.get('Reports');
    const [row] = reports?.kind === 'list' ? reports.items : [];
    expect(row?.kind === 'map' && row.entries.get('Timestamp')).toEqual(int64(-1n));
  });

  test.each<[string, Partial<Round>, bigint]>([
    ['as old as the previous', { previousOutcome: previousOutcome(300n) }, 300n],
    ['older than the previous', { previousOutcome: previousOutcome(301n) }, 301n],
    ['0 without a previous', oraclesWith('2025-07', { seqNr: 0n }), 0n],
    ['0 beside a good one', oraclesWith('2025-07', { seqNr: 0n }, { seqNr: 5n }), 0n],
    ['0 behind a good one', oraclesWith('2025-07', { seqNr: 5n }, { seqNr: 0n }), 0n],
    [
      '0 before one that cannot be packed',
      oraclesWith('2025-07', { seqNr: 5n, mintable: null }, { seqNr: 0n }),
      0n,
    ],
    [
      '0 and an inner report that does not decode',
      oraclesWith('2025-07', { seqNr: 0n, configDigest: '' }),
      0n,
    ],
  ])('%s is stale', (_, change, number) => {
    expect(errorOf(plainRound({ revision: '2025-07', fields, round: change }))).toBe(stale(number));
  });

  test('one newer than the previous is not', () => {
    const round = plainRound({
      revision: '2025-07',
      fields,
      round: { previousOutcome: previousOutcome(299n) },
    });
    expect(outcomeOf(round).lastSeenAt).toBe(300n);
  });

  test('a stale event for another chain is no matter', () => {
    const change = oraclesWith('2025-07', fields, { seqNr: 0n, selector: SELECTORS.arbitrum });
    expect(outcomeOf(plainRound({ revision: '2025-07', fields, round: change })).lastSeenAt).toBe(300n);
  });

  test('a selector above 2^63-1 fits neither report nor configuration', () => {
    const round = plainRound({ revision: '2025-07', fields: { selector: SELECTORS.sepolia } });
    expect(aggregate({ ...round, config: configOf('2025-07', 5n) })).toEqual({
      kind: 'outcome',
      outcome: new Uint8Array(),
    });
    const config = encodeValueMap(new Map([['targetChainSelector', uint64(SELECTORS.sepolia)]]));
    expect(errorOf({ ...round, config })).toBe(
      'failed to parse config: failed to unwrap config: decoding failed due to the following error(s):\n\n' +
        "'targetChainSelector' expected type 'datafeeds.chainSelector', got unconvertible type '*values.Uint64'",
    );
  });
});

describe('every order of the oracles', () => {
  test('gives what the first report of each oracle gives', () => {
    const round = plainRound({
      round: oraclesWith('2025-09', { mintable: 1n }, { mintable: 2n }, { mintable: 1n }),
    });
    const answers = aggregateRound(round).possible();
    // The third oracle says what the first says.
    expect(answers.length).toBe(2);
    expect(answers[0]).toEqual(aggregate(round));
    expect(answers[1]).not.toEqual(answers[0]);
  });

  test('is one answer where nothing can be chosen', () => {
    expect(aggregateRound(plainRound({ oracles: 0 })).possible()).toEqual([
      { kind: 'error', error: 'no observations' },
    ]);
    expect(
      aggregateRound(plainRound({ round: oraclesWith('2025-09', { selector: 5n }) })).possible(),
    ).toEqual([{ kind: 'outcome', outcome: new Uint8Array() }]);
  });
});

describe('bytes that are not protobuf', () => {
  const torn = repeatByte(0x0a, 1);
  test.each<[string, Partial<Round>]>([
    ['configuration', { config: torn }],
    ['observation', { observations: [{ oracle: 0, values: [torn] }] }],
  ])('in the %s are no answer', (_, change) => {
    expect(() => aggregate(plainRound({ round: change }))).toThrow(ProtobufError);
  });

  test.each(REVISIONS)('in the previous outcome, also where nobody asks for its number: %s', (revision) => {
    expect(() => aggregate(plainRound({ revision, round: { previousOutcome: torn } }))).toThrow(
      ProtobufError,
    );
  });

  test('come before a configuration that is refused', () => {
    const round = plainRound({ round: { config: new Uint8Array(), previousOutcome: torn } });
    expect(() => aggregate(round)).toThrow(ProtobufError);
  });

  test('the configuration of a plain round is the golden one', () => {
    expect(plainRound().config).toEqual(evmConfig(SELECTORS.ethereum));
  });
});
