import { describe, expect, test } from 'vitest';
import { GoPanic, accountContextHash, bareEvent, wrappedEvent } from '../../legacy/event.ts';
import type { TriggerEvent } from '../../legacy/event.ts';
import type { Value } from '../../src/codec/values.ts';
import {
  accountValue,
  bool,
  bytes,
  eventValue,
  int64,
  list,
  map,
  nil,
  observationValue,
  repeatByte,
  text,
  uint64,
  utf8,
} from '../helpers/arbitraries.ts';
import { toHex } from '../helpers/wire.ts';

const REPORT = utf8('{"Info":5}');
const EVENT = { SeqNr: uint64(7n), Report: bytes(REPORT), ConfigDigest: nil, Sigs: nil };
const READ = { seqNr: 7n, report: REPORT, accounts: [] };
const KEY = repeatByte(7, 32);

const wrapped = (solana: Value): TriggerEvent | undefined => wrappedEvent(map({ event: map(EVENT), solana }));

// docs/spec/aggregator.md G.1 and G.2.
describe('a bare event', () => {
  test.each<[string, Value]>([
    ['as the struct is wrapped', eventValue({ report: REPORT, seqNr: 7n })],
    ['as the transmitter writes it', eventValue({ report: REPORT, seqNr: 7n, keys: 'lowerCamel' })],
    ['as 2025-07 wraps a uint64', eventValue({ report: REPORT, seqNr: 7n, revision: '2025-07' })],
    ['with unknown keys', map({ ...EVENT, more: list() })],
    ['without what is never looked at', map({ SeqNr: uint64(7n), Report: bytes(REPORT) })],
    ['with a nil signature', map({ ...EVENT, Sigs: list(nil) })],
    [
      'with a signature of other shapes',
      map({ ...EVENT, Sigs: list(map({ signature: list(int64(1n)), SIGNER: uint64(1n) })) }),
    ],
  ])('%s', (_, value) => {
    expect(bareEvent(value)).toEqual(READ);
  });

  test('without members is zero', () => {
    expect(bareEvent(map({}))).toEqual({ seqNr: 0n, report: new Uint8Array(), accounts: [] });
  });

  test.each<[string, Value]>([
    ['a number that is a text', map({ ...EVENT, SeqNr: text('7') })],
    ['a negative number', map({ ...EVENT, SeqNr: int64(-1n) })],
    ['a report that is a number', map({ ...EVENT, Report: int64(7n) })],
    ['a digest that is a number', map({ ...EVENT, ConfigDigest: int64(7n) })],
    ['signatures that are a text', map({ ...EVENT, Sigs: text('no') })],
    ['a signature that is a text', map({ ...EVENT, Sigs: list(text('no')) })],
    ['a signer beyond uint32', map({ ...EVENT, Sigs: list(map({ Signer: int64(2n ** 32n) })) })],
    ['no map at all', list(map(EVENT))],
    ['a text', text('event')],
  ])('with %s is skipped', (_, value) => {
    expect(bareEvent(value)).toBeUndefined();
  });

  test('that is nil crashes Go', () => {
    expect(() => bareEvent(nil)).toThrow(
      new GoPanic('runtime error: invalid memory address or nil pointer dereference'),
    );
  });
});

describe('an event with accounts', () => {
  test('is read with its accounts in list order', () => {
    const other = repeatByte(9, 32);
    const value = observationValue('2025-09', map(EVENT), [accountValue(other), accountValue(KEY)]);
    expect(wrappedEvent(value)).toEqual({ ...READ, accounts: [other, KEY] });
  });

  test.each<[string, Value, readonly Uint8Array[]]>([
    ['nil', nil, []],
    ['empty', list(), []],
    ['a nil account', list(nil), [new Uint8Array(32)]],
    ['an account without a key', list(map({})), [new Uint8Array(32)]],
    ['a key in another case', list(map({ publickey: bytes(KEY) })), [KEY]],
    ['a key of 33 bytes is cut', list(accountValue(repeatByte(7, 33))), [KEY]],
    ['a key of 32 numbers', list(map({ PublicKey: list(...Array.from(KEY, () => int64(7n))) })), [KEY]],
    ['nil flags', list(map({ PublicKey: bytes(KEY), IsSigner: nil })), [KEY]],
  ])('accounts: %s', (_, solana, accounts) => {
    expect(wrapped(solana)?.accounts).toEqual(accounts);
  });

  test.each<[string, Value]>([
    ['a text', text('accounts')],
    ['a list of texts', list(text('account'))],
    ['a key of 31 numbers', list(map({ PublicKey: list(...Array.from({ length: 31 }, () => int64(7n))) }))],
    ['a key that is a text', list(map({ PublicKey: text('x'.repeat(32)) }))],
    ['a flag that is a number', list(map({ PublicKey: bytes(KEY), IsWritable: int64(1n) }))],
  ])('accounts that are %s: the observation is skipped', (_, solana) => {
    expect(wrapped(solana)).toBeUndefined();
  });

  test('a short key crashes Go, wherever the list goes wrong behind it', () => {
    const message = 'reflect: cannot convert slice with length 31 to array with length 32';
    const short = accountValue(repeatByte(7, 31));
    expect(() => wrapped(list(short))).toThrow(new GoPanic(message));
    expect(() => wrapped(list(short, text('x')))).toThrow(new GoPanic(message));
    expect(wrapped(list(text('x'), short))).toBeUndefined();
  });

  test.each<[string, Value]>([
    ['no event', map({ solana: list() })],
    ['an event that is no map', map({ event: text('x') })],
    ['a bare event', map(EVENT)],
    ['no map at all', list()],
  ])('%s is skipped', (_, value) => {
    expect(wrappedEvent(value)).toBeUndefined();
  });

  test('an event of which a field is rejected is skipped, good accounts or not', () => {
    const event = map({ ...EVENT, SeqNr: bool(true) });
    expect(wrappedEvent(observationValue('2025-09', event, [accountValue(KEY)]))).toBeUndefined();
  });

  test('a nil observation crashes Go', () => {
    expect(() => wrappedEvent(nil)).toThrow(GoPanic);
  });
});

describe('the hash of the accounts', () => {
  test('is SHA-256 over the keys in order', () => {
    expect(toHex(accountContextHash([]))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    // printf '\x07%.0s' {1..32} | sha256sum
    expect(toHex(accountContextHash([KEY]))).toBe(
      '4bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e0',
    );
    expect(toHex(accountContextHash([KEY, repeatByte(9, 32)]))).not.toBe(
      toHex(accountContextHash([repeatByte(9, 32), KEY])),
    );
  });
});
