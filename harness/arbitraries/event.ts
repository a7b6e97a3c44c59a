import * as fc from 'fast-check';
import { encodeValue } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Revision } from '../../src/contract/round.ts';
import {
  accountValue,
  bigint,
  bool,
  bytes,
  eventValue,
  float64,
  int64,
  list,
  nil,
  observationValue,
  repeatByte,
  reportJson,
  text,
  uint64,
  wrappedUint64,
} from './builders.ts';
import { arbitraryReport } from './report.ts';
import type { Making } from './report.ts';
import { arbitraryScalar, arbitraryValue } from './values.ts';

type Entries = readonly (readonly [string, Value])[];
type EntriesEdit = (entries: Entries) => Entries;

/** Keys are matched without regard to case (G.2). */
const KEY_SPELLINGS: readonly ((key: string) => string)[] = [
  (key) => key,
  (key) => key.charAt(0).toLowerCase() + key.slice(1),
  (key) => key.toUpperCase(),
  (key) => key.toLowerCase(),
  (key) => key.toLowerCase().replaceAll('s', '\u017f'),
];

const arbitraryKeySpelling: fc.Arbitrary<(key: string) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KEY_SPELLINGS.slice(0, 2)) },
  { weight: 2, arbitrary: fc.constantFrom(...KEY_SPELLINGS.slice(2)) },
);

/** The rows of G.1 "UnwrapTo" for one member of an event. */
const ODD_MEMBERS: readonly Value[] = [
  nil,
  ...[1.7, -1.5, Number.NaN, 2 ** 64, -(2 ** 63)].map(float64),
  ...[5n, -5n, 2n ** 64n - 1n, 2n ** 64n].map(bigint),
  int64(-1n),
  uint64(2n ** 64n - 1n),
  ...['12', ''].map(text),
  bool(true),
  ...[31, 33].map((length) => bytes(repeatByte(1, length))),
  list(),
  list(int64(123n), uint64(125n)),
  ...[int64(256n), int64(-1n), nil, float64(1), text('a')].map((item) => list(item)),
];
const arbitraryMemberValue: fc.Arbitrary<Value> = fc.oneof(fc.constantFrom(...ODD_MEMBERS), arbitraryScalar);

const EVENT_KEYS = ['ConfigDigest', 'SeqNr', 'Report', 'Sigs'] as const;
const arbitraryEventKey = fc.constantFrom(...EVENT_KEYS);

const arbitraryEventEdit: fc.Arbitrary<EntriesEdit> = fc.oneof(
  fc.tuple(arbitraryEventKey, arbitraryMemberValue).map(([key, value]) => replaceEntry(key, value)),
  fc.constant(reportAsOtherBytes('string')),
  fc.constant(reportAsOtherBytes('list')),
  arbitraryEventKey.map(
    (key): EntriesEdit =>
      (entries) =>
        entries.filter(([name]) => name !== key),
  ),
  arbitraryValue.map((value): EntriesEdit => (entries) => [...entries, ['Unknown', value]]),
  arbitrarySignatures().map((value) => replaceEntry('Sigs', value)),
);

function replaceEntry(key: string, value: Value): EntriesEdit {
  return (entries) => entries.map(([name, before]) => [name, name === key ? value : before]);
}

/** Strings and lists of numbers are taken for bytes. */
function reportAsOtherBytes(kind: 'string' | 'list'): EntriesEdit {
  return (entries) =>
    entries.map(([name, value]) => {
      if (name !== 'Report' || value.kind !== 'bytes') return [name, value];
      const other =
        kind === 'string'
          ? text(Buffer.from(value.value).toString('utf8'))
          : list(...Array.from(value.value, (byte) => int64(BigInt(byte))));
      return [name, other];
    });
}

function arbitrarySignatures(): fc.Arbitrary<Value> {
  const signature = fc.tuple(arbitraryMemberValue, arbitraryMemberValue).map(([value, signer]) =>
    mapOf([
      ['Signature', value],
      ['Signer', signer],
    ]),
  );
  return fc.array(fc.oneof(signature, arbitraryMemberValue), { maxLength: 2 }).map((items) => list(...items));
}

/** The map of an event. Its keys are spelt in one way, an edit may replace a member. */
function arbitraryEvent(
  revision: Revision,
  report: fc.Arbitrary<Making<Uint8Array>>,
): fc.Arbitrary<Making<Value>> {
  const edit = fc.oneof(
    { weight: 8, arbitrary: fc.constant<EntriesEdit>((entries) => entries) },
    { weight: 1, arbitrary: arbitraryEventEdit },
  );
  return fc.tuple(report, edit, arbitraryKeySpelling).map(([makeReport, change, spell]) => (truth) => {
    const entries: Entries = [
      ['ConfigDigest', bytes(new Uint8Array(Buffer.from(truth.configDigest, 'hex')))],
      ['SeqNr', wrappedUint64(revision, truth.seqNr)],
      ['Report', bytes(makeReport(truth))],
      [
        'Sigs',
        list(
          mapOf([
            ['Signature', bytes(repeatByte(1, 4))],
            ['Signer', int64(0n)],
          ]),
        ),
      ],
    ];
    return mapOf(change(entries).map(([key, value]) => [spell(key), value]));
  });
}

/** What stands beside the event in 2025-09: the accounts of Solana, the short key that crashes Go included. */
const arbitraryAccounts: fc.Arbitrary<Making<Value>> = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Making<Value>>((truth) => list(...truth.accounts.map(accountValue))) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Value[]>(
        nil,
        text('accounts'),
        list(nil),
        list(text('account')),
        list(accountValue(repeatByte(7, 33))),
        list(accountValue(repeatByte(7, 31))),
        list(mapOf([['publickey', list(...Array.from({ length: 32 }, (_, at) => int64(BigInt(at))))]])),
        list(mapOf([['PublicKey', list(int64(1n))]])),
        list(
          mapOf([
            ['PublicKey', nil],
            ['IsSigner', text('no')],
          ]),
        ),
      )
      .map((value) => () => value),
  },
);

/** A whole observation in place of an event. */
const arbitraryNoEvent: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(nil, list(), text('event'), mapOf([])),
  arbitraryValue,
);

function arbitraryWrapped(event: fc.Arbitrary<Making<Value>>): fc.Arbitrary<Making<Value>> {
  return fc.tuple(event, arbitraryAccounts, fc.constantFrom(true, true, true, false)).map(
    ([makeEvent, makeAccounts, exact]) =>
      (truth) =>
        mapOf([
          [exact ? 'event' : 'Event', makeEvent(truth)],
          [exact ? 'solana' : 'SOLANA', makeAccounts(truth)],
        ]),
  );
}

/** One serialised observation: honest, for another chain, or an edge. */
export function arbitraryObservation(revision: Revision): fc.Arbitrary<Making<Uint8Array>> {
  return fc
    .oneof(
      { weight: 8, arbitrary: inWrapper(revision, arbitraryEvent(revision, honest)) },
      { weight: 3, arbitrary: inWrapper(revision, arbitraryEvent(revision, foreign)) },
      { weight: 6, arbitrary: inWrapper(revision, arbitraryEvent(revision, arbitraryReport)) },
      { weight: 1, arbitrary: arbitraryNoEvent.map((value) => () => value) },
    )
    .map((make) => (truth) => encodeValue(make(truth)));
}

/** What an honest oracle observes: the event of the target chain, or of another one. */
export function arbitraryHonestObservation(revision: Revision): fc.Arbitrary<Making<Uint8Array>> {
  return fc
    .oneof({ weight: 3, arbitrary: honest }, { weight: 1, arbitrary: foreign })
    .map((makeReport) => (truth) => {
      const event = eventValue({ revision, report: makeReport(truth), seqNr: truth.seqNr });
      return encodeValue(observationValue(revision, event, truth.accounts.map(accountValue)));
    });
}

function inWrapper(revision: Revision, event: fc.Arbitrary<Making<Value>>): fc.Arbitrary<Making<Value>> {
  return revision === '2025-07' ? event : arbitraryWrapped(event);
}

const honest = fc.constant<Making<Uint8Array>>((truth) => reportJson(truth));

const foreign = fc.bigInt({ min: 1n, max: 1000n }).map(
  (offset): Making<Uint8Array> =>
    (truth) =>
      reportJson({ ...truth, selector: foreignSelector(truth.selector, offset) }),
);

/** Another selector of the same width, so that 2025-07 can read it where it can read the target's. */
function foreignSelector(selector: bigint, offset: bigint): bigint {
  return selector > offset ? selector - offset : selector + offset;
}

function mapOf(entries: Entries): Value {
  return { kind: 'map', entries: new Map(entries) };
}
