import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENCODING, decodeVersioned, encodeVersioned } from '../../../loopp/wire/provider-encoding.ts';
import type { Value } from '../../../loopp/wire/provider-ports.ts';
import {
  LATEST_TRANSMISSION,
  TransmissionValueError,
  packDetails,
  packQuery,
  unpackDetails,
  unpackQuery,
} from '../../../loopp/wire/provider-transmission.ts';

const DIGEST = Buffer.alloc(32, 0xab);
const DETAILS = { configDigest: DIGEST, seqNr: 42n, latestTimestamp: 1_756_000_000_123_456_789n };
const HEX = DIGEST.toString('hex');

const json = (text: string): Value => decodeVersioned({ version: ENCODING.json, data: Buffer.from(text) });

test('the read is what Go joins of contract and read, without an address', () => {
  expect(LATEST_TRANSMISSION).toBe('-SecureMint-LatestTransmittedReportDetails');
});

describe.each(Object.entries(ENCODING))('over %s', (_, version) => {
  const over = (value: Value): Value => decodeVersioned(encodeVersioned(value, version));

  test('the question survives', () => {
    for (const selector of [0n, 1n, 16015286601757825753n, 2n ** 64n - 1n]) {
      expect(unpackQuery(over(packQuery(selector)))).toBe(selector);
    }
  });

  test('the answer survives', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 62n }),
        (digest, seqNr, latestTimestamp) => {
          const read = unpackDetails(over(packDetails({ configDigest: digest, seqNr, latestTimestamp })));
          expect(Buffer.from(read.configDigest)).toEqual(Buffer.from(digest));
          expect([read.seqNr, read.latestTimestamp]).toEqual([seqNr, latestTimestamp]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('what Go programs may answer', () => {
  test.each([
    [
      'a struct whose digest writes itself as text',
      `{"ConfigDigest":"${HEX}","SeqNr":42,"LatestTimestamp":"2025-08-24T01:46:40.123456789Z"}`,
      DETAILS,
    ],
    [
      'a map with names of its own and an array of bytes',
      `{"configdigest":${JSON.stringify([...DIGEST])},"seqNR":42,"latestTimestamp":1756000000}`,
      { ...DETAILS, latestTimestamp: 1_756_000_000_000_000_000n },
    ],
    [
      'bytes in base64, numbers as texts',
      `{"ConfigDigest":"${DIGEST.toString('base64')}","SeqNr":"42","LatestTimestamp":"1756000000"}`,
      { ...DETAILS, latestTimestamp: 1_756_000_000_000_000_000n },
    ],
    [
      'more than is needed, and its own name before another case of it',
      `{"x":1,"seqnr":7,"SeqNr":42,"ConfigDigest":"${HEX}","LatestTimestamp":"2025-08-24T01:46:40.123456789Z"}`,
      DETAILS,
    ],
  ])('%s', (_, text, details) => {
    const read = unpackDetails(json(text));
    expect({ ...read, configDigest: Buffer.from(read.configDigest) }).toEqual(details);
  });

  test.each([
    ['null', 'value: expected a map with ConfigDigest, got nil'],
    ['{}', 'ConfigDigest: expected 32 bytes, got none'],
    ['{"ConfigDigest":"abcd"}', 'ConfigDigest: expected 32 bytes, got string'],
    [`{"ConfigDigest":[256]}`, 'ConfigDigest: expected 32 bytes, got list'],
    [`{"ConfigDigest":"${HEX}"}`, 'SeqNr: expected a whole number below 2^64, got none'],
    [`{"ConfigDigest":"${HEX}","SeqNr":-1}`, 'SeqNr: expected a whole number below 2^64, got int64'],
    [`{"ConfigDigest":"${HEX}","SeqNr":1.5}`, 'SeqNr: expected a whole number below 2^64, got float64'],
    [
      `{"ConfigDigest":"${HEX}","SeqNr":18446744073709551616}`,
      'SeqNr: expected a whole number below 2^64, got bigint',
    ],
    [`{"ConfigDigest":"${HEX}","SeqNr":1}`, 'LatestTimestamp: expected a time, got none'],
    [
      `{"ConfigDigest":"${HEX}","SeqNr":1,"LatestTimestamp":"yesterday"}`,
      'LatestTimestamp: expected a time, got string',
    ],
  ])('but not %s', (text, message) => {
    expect(() => unpackDetails(json(text))).toThrow(TransmissionValueError);
    expect(() => unpackDetails(json(text))).toThrow(message);
  });

  test('nor a question without a chain', () => {
    expect(() => unpackQuery(json('{}'))).toThrow(
      'ChainSelector: expected a whole number below 2^64, got none',
    );
    expect(() => unpackQuery({ kind: 'nil' })).toThrow('value: expected a map with ChainSelector, got nil');
  });
});
