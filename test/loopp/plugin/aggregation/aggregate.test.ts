import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import type { AggregationInput } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { AggregationOutcome } from '../../../../src/codec/capability.ts';
import { ProtobufError } from '../../../../src/codec/protobuf.ts';
import { encodeValueMap } from '../../../../src/codec/values-encode.ts';
import type { Value } from '../../../../src/codec/values.ts';
import { GO_CRASHES } from '../../../../src/contract/texts.ts';
import { B, BIG, I, LIST, MAP, NIL, S, U, mapBytes, reportJson, valueBytes } from './values.ts';

const SEPOLIA = 16015286601757825753n;
const SOLANA = 124615329519749607n;
const APTOS = 4741433654826277614n;
const DATA_ID = '01c50000000000000000000000000000';
const NIL_PANIC = 'runtime error: invalid memory address or nil pointer dereference';

type Event = { seqNr?: bigint; eventSeqNr?: bigint; block?: bigint; mintable?: bigint | null; for?: bigint };

function event(members: Event): Value {
  const { seqNr = 10n, eventSeqNr = seqNr, block = 1000n, mintable = 99n, for: info = SEPOLIA } = members;
  const inner = `{"SeqNr":${String(seqNr)},"Block":${String(block)},"Mintable":${String(mintable)}}`;
  return MAP({ SeqNr: U(eventSeqNr), Report: B(reportJson(inner, info)) });
}

const observed = (members: Event, ...keys: readonly Value[]): Value =>
  MAP({ event: event(members), solana: LIST(...keys.map((PublicKey) => MAP({ PublicKey }))) });

const config = (selector: bigint): Uint8Array =>
  mapBytes({ targetChainSelector: S(String(selector)), dataID: S(DATA_ID) });

/** 2025-09; one list of observations for each oracle. */
function run(oracles: readonly (readonly Value[])[], changes: Partial<AggregationInput> = {}): unknown {
  const outcome = aggregate({
    revision: '2025-09',
    config: config(SEPOLIA),
    previousOutcome: undefined,
    observations: oracles.map((values, oracle) => ({ oracle, values: values.map(valueBytes) })),
    ...changes,
  });
  return outcome.kind === 'error' ? outcome.error : AggregationOutcome.decode(outcome.outcome);
}

const july = (selector: bigint, lastSeenAt?: bigint): Partial<AggregationInput> => ({
  revision: '2025-07',
  config: mapBytes({ targetChainSelector: I(selector) }),
  previousOutcome: lastSeenAt === undefined ? undefined : AggregationOutcome.encode({ lastSeenAt }),
});

/** A bare event for chain 77. */
const numbered = (SeqNr: Value): Value => MAP({ SeqNr, Report: B(reportJson('{"Mintable":1}', 77n)) });

const withReport = (report: string): Value => MAP({ event: MAP({ Report: B(report) }) });

const NOTHING = AggregationOutcome.decode(new Uint8Array());
const seqNrOf = (outcome: unknown): unknown =>
  typeof outcome === 'object' && outcome !== null && 'lastSeenAt' in outcome ? outcome.lastSeenAt : outcome;

describe('the outcome', () => {
  // docs/spec/aggregator.md G.4: bytes that real Go wrote.
  test('for EVM, byte for byte', () => {
    const outcome = run([[observed({ seqNr: 10n, block: 1000n, mintable: 99n })]]);
    expect(outcome).toMatchObject({
      metadata: Uint8Array.of(10),
      shouldReport: true,
      lastSeenAt: 10n,
      timestamp: undefined,
      encoderName: '',
    });
    expect(encodable(outcome)).toBe(
      '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e80000000000000000000000000000006310010a1c0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a',
    );
  });

  test('for Solana, byte for byte but for the account hash', () => {
    const outcome = run([[observed({ seqNr: 0n, block: 0n, mintable: 0n, for: SOLANA })]], {
      config: config(SOLANA),
    });
    const noAccounts = createHash('sha256').digest('hex');
    expect(encodable(outcome)).toBe(
      `0a3a0a146163636f756e745f636f6e746578745f6861736812221a20${noAccounts}0a4e0a077061796c6f616412432a41123f223d0a0c0a06616e7377657212024a000a1c0a0664617461496412121a1001c500000000000000000000000000000a0f0a0974696d657374616d7012023800`,
    );
  });

  test('for 2025-07: feed id, price, the block as time', () => {
    expect(run([[event({ for: 77n, block: 2n ** 63n })]], july(77n))).toMatchObject({
      encodableOutcome: new Map([
        [
          'Reports',
          LIST(
            MAP({
              FeedID: B(Buffer.from(`04000000000000004d${'00'.repeat(23)}`, 'hex')),
              Price: BIG(99n | ((2n ** 63n) << 128n)),
              Timestamp: I(-(2n ** 63n)),
            }),
          ),
        ],
      ]),
      metadata: Uint8Array.of(10),
      lastSeenAt: 10n,
    });
  });

  test('metadata is the number modulo 256, time on EVM modulo 2^32', () => {
    const outcome = run([[observed({ seqNr: 2n ** 32n + 300n })]]);
    expect(outcome).toMatchObject({ metadata: Uint8Array.of(44), lastSeenAt: 2n ** 32n + 300n });
    expect(encodable(outcome)).toContain(Buffer.from('Timestamp').toString('hex') + '120338ac02');
  });

  test('the account hash is over the public keys in list order', () => {
    const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const outcome = run([[observed({ for: SOLANA }, ...keys.map((key) => B(key)))]], {
      config: config(SOLANA),
    });
    const hash = createHash('sha256').update(Buffer.concat(keys)).digest('hex');
    expect(encodable(outcome)).toContain(`1a20${hash}`);
  });

  test('carries nothing over from the previous one', () => {
    const previousOutcome = AggregationOutcome.encode({
      lastSeenAt: 99n,
      encoderName: 'EVM',
      shouldReport: true,
    });
    expect(run([[]], { previousOutcome })).toEqual(NOTHING);
  });
});

describe('the choice', () => {
  test('the lowest oracle, then list order', () => {
    expect(
      seqNrOf(
        run([
          [],
          [observed({ for: 5n }), observed({ seqNr: 2n }), observed({ seqNr: 3n })],
          [observed({ seqNr: 1n })],
        ]),
      ),
    ).toBe(2n);
  });

  test.each<[string, Value]>([
    ['for another chain', observed({ for: 5n })],
    ['not a map', I(1n)],
    ['empty', MAP({})],
    ['a bare event', event({})],
    ['event nested once more', MAP({ event: MAP({ OCRTriggerEvent: event({}) }) })],
    ['a bad SeqNr', MAP({ event: MAP({ SeqNr: S('10'), Report: B(reportJson('null', SEPOLIA)) }) })],
    ['bad signatures', MAP({ event: MAP({ Sigs: I(1n), Report: B(reportJson('null', SEPOLIA)) }) })],
    ['bad accounts', MAP({ event: event({}), solana: S('x') })],
    ['an outer report that is not JSON', MAP({ event: MAP({ Report: B('{') }) })],
    ['an inner report that is not JSON', MAP({ event: MAP({ Report: B(reportJson('{', SEPOLIA)) }) })],
    ['no inner report', MAP({ event: MAP({ Report: B(`{"Info":${String(SEPOLIA)}}`) }) })],
  ])('skips what is %s', (_, value) => {
    expect(run([[value]])).toEqual(NOTHING);
    expect(seqNrOf(run([[value, observed({ seqNr: 3n })]]))).toBe(3n);
  });

  test('without oracles there are no observations, with empty ones there is nothing to report', () => {
    expect(run([])).toBe('no observations');
    expect(run([[], []])).toEqual(NOTHING);
  });

  test('a config error comes before all', () => {
    expect(run([], { config: mapBytes({}) })).toBe('failed to parse config: targetChainSelector is required');
  });

  // 2025-07 only (H.3a).
  describe('stale events in 2025-07', () => {
    const STALE =
      'failed to extract and validate reports: sequence number too low: all reports had sequence numbers <= ';

    test.each([
      [9n, 10n],
      [0n, 1n],
    ])('newer than %d is taken', (lastSeenAt, seqNr) => {
      expect(seqNrOf(run([[event({ for: 77n, seqNr })]], july(77n, lastSeenAt)))).toBe(seqNr);
    });

    test('one not newer fails the call, good ones or not', () => {
      const oracles = [[event({ for: 77n, seqNr: 12n })], [event({ for: 77n, seqNr: 10n })]];
      expect(run(oracles, july(77n, 10n))).toBe(`${STALE}10`);
    });

    test('without a previous outcome, event number 0 is stale', () => {
      expect(run([[event({ for: 77n, eventSeqNr: 0n })]], july(77n))).toBe(`${STALE}0`);
    });

    test("it is the event's number, not the report's", () => {
      expect(seqNrOf(run([[event({ for: 77n, seqNr: 1n, eventSeqNr: 11n })]], july(77n, 10n)))).toBe(1n);
    });

    test('another chain is never stale; a bad inner report is, and fails before packing', () => {
      expect(run([[event({ for: 78n, seqNr: 1n })]], july(77n, 10n))).toEqual(NOTHING);
      const bad = MAP({ SeqNr: U(1n), Report: B(reportJson('{', 77n)) });
      expect(run([[event({ for: 77n, seqNr: 11n, mintable: null }), bad]], july(77n, 10n))).toBe(
        `${STALE}10`,
      );
    });

    test('uint64, int64 and big numbers are all the same', () => {
      for (const value of [U(10n), I(10n), BIG(10n), BIG(-10n)]) {
        expect(run([[numbered(value)]], july(77n, 10n))).toBe(`${STALE}10`);
        expect(seqNrOf(run([[numbered(value)]], july(77n, 9n)))).toBe(0n);
      }
    });

    test('2025-09 does not look', () => {
      const previousOutcome = AggregationOutcome.encode({ lastSeenAt: 99n });
      expect(seqNrOf(run([[observed({ seqNr: 10n })]], { previousOutcome }))).toBe(10n);
    });
  });
});

describe('errors of the outcome', () => {
  const CREATE = 'failed to create outcome: ';
  const GENERATE = `${CREATE}encountered issue generating report in createOutcome `;

  test.each([APTOS, 5n, 0n])('no formatter for chain %d', (selector) => {
    expect(run([[observed({ for: selector, mintable: null })]], { config: config(selector) })).toBe(
      `${CREATE}encountered issue fetching report formatter in createOutcome no formatter registered for chain selector: ${String(selector)}`,
    );
  });

  test('2025-07 packs for any chain', () => {
    expect(seqNrOf(run([[event({ for: APTOS })]], july(APTOS)))).toBe(10n);
  });

  test('the first report is taken though it cannot be packed', () => {
    expect(run([[observed({ mintable: null }), observed({})]])).toBe(
      `${GENERATE}failed to pack secure mint report for evm into uint224: mintable cannot be nil`,
    );
  });

  test('without the context in 2025-07', () => {
    expect(run([[event({ for: 77n, mintable: null })]], july(77n))).toBe(
      `${CREATE}failed to pack secure mint report for into uint224: mintable cannot be nil`,
    );
  });

  test('a number above 32 bits on Solana, after amount and block', () => {
    const solana = { config: config(SOLANA) };
    expect(run([[observed({ for: SOLANA, seqNr: 2n ** 32n })]], solana)).toBe(
      `${GENERATE}timestamp exceeds u32 bounds: 4294967296`,
    );
    expect(run([[observed({ for: SOLANA, seqNr: 2n ** 32n, block: 2n ** 36n })]], solana)).toBe(
      `${GENERATE}failed to pack secure mint report for solana into u128: block number 68719476736 exceeds maximum 36-bit value 68719476735`,
    );
    expect(seqNrOf(run([[observed({ for: SOLANA, seqNr: 2n ** 32n - 1n })]], solana))).toBe(2n ** 32n - 1n);
  });
});

describe('where Go crashes the answer is an error, whichever observation it is', () => {
  const short = observed({}, B('x'.repeat(31)));
  const good = observed({ seqNr: 3n });

  test.each<[string, readonly (readonly Value[])[], string]>([
    ['a nil observation', [[NIL]], NIL_PANIC],
    ['a nil observation behind a good report', [[good], [], [good, NIL]], NIL_PANIC],
    [
      'a short public key behind a good report',
      [[good], [short]],
      'reflect: cannot convert slice with length 31 to array with length 32',
    ],
    ['the first of two', [[NIL], [short]], NIL_PANIC],
    [
      'a short public key beside an event that is none, or for another chain',
      [[MAP({ event: I(1n), solana: LIST(MAP({ publicKey: B('') })) })]],
      'reflect: cannot convert slice with length 0 to array with length 32',
    ],
  ])('%s', (_, oracles, cause) => {
    expect(run(oracles)).toBe(GO_CRASHES + cause);
  });

  test('before a stale event is reported', () => {
    expect(run([[event({ for: 77n, seqNr: 1n }), NIL]], july(77n, 10n))).toBe(GO_CRASHES + NIL_PANIC);
  });

  test('2025-07 has no accounts that could crash it', () => {
    const value = MAP({ ...membersOf(event({ for: 77n })), solana: LIST(MAP({ PublicKey: B('x') })) });
    expect(seqNrOf(run([[value]], july(77n)))).toBe(10n);
  });

  test('a config error comes first', () => {
    expect(run([[NIL]], { config: mapBytes({}) })).toMatch(/^failed to parse config/);
  });
});

describe('bytes that are not protobuf are no answer', () => {
  const bad = Uint8Array.of(0x0a, 0xff);

  test.each<[string, Partial<AggregationInput>]>([
    ['config', { config: bad }],
    ['previous outcome', { previousOutcome: bad }],
    ['an observation', { observations: [{ oracle: 0, values: [bad] }] }],
    // Go's proto.Unmarshal refuses a string field that is not UTF-8 wherever it stands.
    ['a text that is not UTF-8', { observations: [{ oracle: 0, values: [Uint8Array.of(0x0a, 1, 0xff)] }] }],
  ])('%s', (_, changes) => {
    expect(() => run([], changes)).toThrow(ProtobufError);
  });
});

describe('hostile input stays bounded', () => {
  test('an integer of 10,000 digits', () => {
    const digits = '9'.repeat(10_000);
    expect(run([[withReport(reportJson(`{"Mintable":${digits}}`, SEPOLIA))]])).toContain(
      `amount ${digits} exceeds`,
    );
    expect(seqNrOf(run([[withReport(reportJson(`{"Mintable":-${digits}}`, SEPOLIA))]]))).toBe(0n);
    expect(run([[withReport(reportJson(`{"SeqNr":${digits}}`, SEPOLIA))]])).toEqual(NOTHING);
  });

  test('JSON nested 10,001 deep', () => {
    expect(run([[withReport(`{"x":${'['.repeat(10_001)}${']'.repeat(10_001)}}`)]])).toEqual(NOTHING);
  });

  test('a value nested 10,001 deep', () => {
    let value = I(1n);
    for (let depth = 0; depth < 10_001; depth++) value = LIST(value);
    expect(() => run([[value]])).toThrow(ProtobufError);
  });

  test('5 MB of one member repeated, into a buffer of 500,000 bytes', () => {
    const members = `"Report":[${'1,'.repeat(499_999)}1]${',"Report":[0]'.repeat(300_000)}`;
    expect(run([[withReport(`{${members}}`)]])).toEqual(NOTHING);
  });
});

function encodable(outcome: unknown): string {
  const { encodableOutcome } = outcome as AggregationOutcome;
  return Buffer.from(encodeValueMap(encodableOutcome ?? new Map())).toString('hex');
}

function membersOf(value: Value): Record<string, Value> {
  return value.kind === 'map' ? Object.fromEntries(value.entries) : {};
}
