import { describe, expect, test } from 'vitest';
import {
  METADATA_LENGTH,
  decodeMetadata,
  decodePackedAnswer,
  decodeReport,
  decodeReportBody,
  encodeMetadata,
  encodeReport,
  encodeReportBody,
  reportAbi,
} from '../../src/codec/dfcache.ts';
import type { ReportMetadata } from '../../src/codec/dfcache.ts';
import { decodeValueMap } from '../../src/codec/values.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import { bigint, bytes, int64, list, map, repeatByte, text, uint64 } from '../helpers/arbitraries.ts';

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const unhex = (value: string): Uint8Array => new Uint8Array(Buffer.from(value.replaceAll(/\s/g, ''), 'hex'));

const METADATA: ReportMetadata = {
  version: 1,
  executionId: '11'.repeat(32),
  timestamp: 0x6543_2100,
  donId: 7,
  donConfigVersion: 0xffff_ffff,
  workflowId: '22'.repeat(32),
  workflowName: '33445566778899aabbcc',
  workflowOwner: '44'.repeat(20),
  reportId: '0001',
};
// Offsets: version 0, execution id 1, timestamp 33, DON id 37, its configuration 41, workflow id 45, name 77, owner 87,
// report id 107; 109 bytes.
const METADATA_BYTES = [
  '01',
  '11'.repeat(32),
  '65432100',
  '00000007',
  'ffffffff',
  '22'.repeat(32),
  '33445566778899aabbcc',
  '44'.repeat(20),
  '0001',
].join('');

describe('the 109 bytes of metadata', () => {
  test('stand in their order, numbers big-endian', () => {
    expect(METADATA_LENGTH).toBe(109);
    expect(hex(encodeMetadata(METADATA))).toBe(METADATA_BYTES);
    expect(decodeMetadata(unhex(METADATA_BYTES))).toEqual(METADATA);
  });

  test('a short workflow name is padded on the right', () => {
    const encoded = encodeMetadata({ ...METADATA, workflowName: 'abcd' });
    expect(hex(encoded.subarray(77, 87))).toBe('abcd0000000000000000');
  });

  test('hex in either case is read, lower case is answered', () => {
    const upper = { ...METADATA, executionId: 'AB'.repeat(32) };
    expect(decodeMetadata(encodeMetadata(upper)).executionId).toBe('ab'.repeat(32));
  });

  test.each([
    [{ version: 256 }, 'version: expected an unsigned 8-bit integer, got 256'],
    [{ timestamp: -1 }, 'timestamp: expected an unsigned 32-bit integer, got -1'],
    [{ donId: 2 ** 32 }, 'donId: expected an unsigned 32-bit integer, got 4294967296'],
    [{ donConfigVersion: 0.5 }, 'donConfigVersion: expected an unsigned 32-bit integer, got 0.5'],
    [{ executionId: '0x11' }, 'executionId: expected 64 hex digits, got "0x11"'],
    [{ workflowName: 'g' }, 'workflowName: expected 20 hex digits, got "g0000000000000000000"'],
    [{ workflowName: '0'.repeat(22) }, 'workflowName: expected 20 hex digits, got "0000000000000000000000"'],
    [{ reportId: '000' }, 'reportId: expected 4 hex digits, got "000"'],
  ])('%j is refused', (change, message) => {
    expect(() => encodeMetadata({ ...METADATA, ...change })).toThrow(message);
  });

  test('fewer bytes are refused', () => {
    expect(() => decodeMetadata(new Uint8Array(108))).toThrow('metadata: expected 109 bytes, got 108 bytes');
  });
});

// The map of docs/spec/aggregator.md G.4: block 1000, mintable 99, timestamp 10.
const GOLDEN_EVM = decodeValueMap(
  unhex(
    '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e80000000000000000000000000000006310010a1c' +
      '0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a',
  ),
);
const word = (tail: string): string => tail.padStart(64, '0');
const ROW_2025_09 = [
  `01c5${'00'.repeat(30)}`, // bytes16, left-aligned
  word('0a'), // uint32
  word(`00000000000003e8${'00'.repeat(15)}63`), // uint224: block in bits 128 to 191, mintable below
].join('');

describe('the body of 2025-09', () => {
  test('is one dynamic array of static rows', async () => {
    const body = [word('20'), word('01'), ROW_2025_09].join('');
    expect(hex(await encodeReportBody('2025-09', GOLDEN_EVM))).toBe(body);
    expect(await decodeReportBody('2025-09', unhex(body))).toEqual([
      {
        dataId: Buffer.from(`01c5${'00'.repeat(14)}`, 'hex'),
        timestamp: 10,
        answer: (1000n << 128n) + 99n,
      },
    ]);
  });

  test('may hold no row and several rows', async () => {
    const none = new Map([['Reports', list()]]);
    expect(hex(await encodeReportBody('2025-09', none))).toBe([word('20'), word('00')].join(''));
    const golden = GOLDEN_EVM.get('Reports');
    const [row = golden] = golden?.kind === 'list' ? golden.items : [];
    const two = new Map([['Reports', list(...(row === undefined ? [] : [row, row]))]]);
    expect(hex(await encodeReportBody('2025-09', two))).toBe(
      [word('20'), word('02'), ROW_2025_09, ROW_2025_09].join(''),
    );
  });

  test('follows the metadata', async () => {
    const report = await encodeReport('2025-09', METADATA, GOLDEN_EVM);
    expect(hex(report)).toBe([METADATA_BYTES, word('20'), word('01'), ROW_2025_09].join(''));
    const decoded = await decodeReport('2025-09', report);
    expect(decoded.metadata).toEqual(METADATA);
    expect(decoded.rows.map(({ answer }) => answer)).toEqual([(1000n << 128n) + 99n]);
  });

  test('has the ABI of the encoder configuration', () => {
    expect(reportAbi('2025-09')).toBe('(bytes16 dataId, uint32 timestamp, uint224 answer)[] Reports');
    expect(reportAbi('2025-07')).toBe('(bytes32 FeedID, uint224 Price, uint32 Timestamp)[] Reports');
  });
});

describe('the body of 2025-07', () => {
  test('has feed id, price and timestamp', async () => {
    const feedId = unhex(`04${'4584480000000000'.padStart(16, '0')}${'00'.repeat(23)}`);
    const outcome = new Map([
      [
        'Reports',
        list(map({ FeedID: bytes(feedId), Price: bigint((7n << 128n) + 5n), Timestamp: int64(7n) })),
      ],
    ]);
    const body = [
      word('20'),
      word('01'),
      hex(feedId),
      word(`0000000000000007${'00'.repeat(15)}05`),
      word('07'),
    ].join('');
    expect(hex(await encodeReportBody('2025-07', outcome))).toBe(body);
    expect(await decodeReportBody('2025-07', unhex(body))).toEqual([
      { dataId: Buffer.from(feedId), answer: (7n << 128n) + 5n, timestamp: 7 },
    ]);
  });
});

const GOOD_ROW = { DataID: bytes(repeatByte(1, 16)), Answer: bigint(5n), Timestamp: int64(1n) };
const outcomeOf = (row: Readonly<Record<string, Value>>): ValueMap => new Map([['Reports', list(map(row))]]);

describe('what Go takes', () => {
  test('keys in any case, keys beside, integers of any kind', async () => {
    const expected = await encodeReportBody('2025-09', outcomeOf(GOOD_ROW));
    const other = new Map<string, Value>([
      [
        'REPORTS',
        list(
          map({
            dataId: GOOD_ROW.DataID,
            answer: int64(5n),
            TIMESTAMP: uint64(1n),
            more: text('ignored'),
          }),
        ),
      ],
      ['INTERNAL_METADATA', map({})],
    ]);
    expect(await encodeReportBody('2025-09', other)).toEqual(expected);
  });

  test('the largest numbers', async () => {
    const row = { ...GOOD_ROW, Answer: bigint(2n ** 224n - 1n), Timestamp: int64(2n ** 32n - 1n) };
    const [decoded] = await decodeReportBody('2025-09', await encodeReportBody('2025-09', outcomeOf(row)));
    expect(decoded).toMatchObject({ answer: 2n ** 224n - 1n, timestamp: 2 ** 32 - 1 });
  });
});

describe('what Go refuses', () => {
  test.each<[Readonly<Record<string, Value>>, string]>([
    [{ Answer: bigint(-5n) }, 'Reports[0].Answer: expected an unsigned 224-bit integer, got -5'],
    [
      { Answer: bigint(2n ** 224n) },
      `Reports[0].Answer: expected an unsigned 224-bit integer, got ${String(2n ** 224n)}`,
    ],
    [{ Answer: text('5') }, 'Reports[0].Answer: expected an unsigned 224-bit integer, got string'],
    [{ Timestamp: int64(-1n) }, 'Reports[0].Timestamp: expected an unsigned 32-bit integer, got -1'],
    [
      { Timestamp: int64(2n ** 32n) },
      'Reports[0].Timestamp: expected an unsigned 32-bit integer, got 4294967296',
    ],
    [{ DataID: bytes(repeatByte(1, 15)) }, 'Reports[0].DataId: expected 16 bytes, got 15 bytes'],
    [{ DataID: bytes(repeatByte(1, 32)) }, 'Reports[0].DataId: expected 16 bytes, got 32 bytes'],
    [{ DataID: text('0123456789abcdef') }, 'Reports[0].DataId: expected 16 bytes, got string'],
  ])('%#: %o', async (change, message) => {
    await expect(encodeReportBody('2025-09', outcomeOf({ ...GOOD_ROW, ...change }))).rejects.toThrow(message);
  });

  test('a missing key, and two spellings of which it would take either', async () => {
    const { Answer: _, ...missing } = GOOD_ROW;
    await expect(encodeReportBody('2025-09', outcomeOf(missing))).rejects.toThrow(
      'Reports[0]: expected one key Answer, got none',
    );
    await expect(
      encodeReportBody('2025-09', outcomeOf({ ...missing, answer: bigint(1n), ANSWER: bigint(2n) })),
    ).rejects.toThrow('Reports[0]: expected one key Answer, got 2');
    await expect(encodeReportBody('2025-09', new Map())).rejects.toThrow(
      'encodableOutcome: expected one key Reports, got none',
    );
  });

  test('reports that are no list of maps', async () => {
    await expect(encodeReportBody('2025-09', new Map([['Reports', int64(1n)]]))).rejects.toThrow(
      'Reports: expected a list, got int64',
    );
    await expect(encodeReportBody('2025-09', new Map([['Reports', list(int64(1n))]]))).rejects.toThrow(
      'Reports[0]: expected a map, got int64',
    );
  });
});

describe('bytes that are not the standard encoding', () => {
  const body = [word('20'), word('01'), ROW_2025_09].join('');

  test.each([
    ['nothing', ''],
    ['cut short', body.slice(0, -2)],
    ['more rows announced than there are', body.replace(word('01'), word('02'))],
    ['a length beyond memory', body.replace(word('01'), 'f'.repeat(64))],
  ])('%s', async (_, bad) => {
    await expect(decodeReportBody('2025-09', unhex(bad))).rejects.toThrow(
      `report: expected (bytes16 dataId, uint32 timestamp, uint224 answer)[] Reports, ` +
        `got ${String(bad.length / 2)} bytes that are not`,
    );
  });

  test.each([
    ['bytes behind the last row', `${body}00`],
    ['a timestamp wider than its type', body.replace(word('0a'), `01${word('0a').slice(2)}`)],
    ['a data id with bytes behind it', body.replace(`01c5${'00'.repeat(30)}`, `01c5${'00'.repeat(29)}01`)],
  ])('%s', async (_, bad) => {
    await expect(decodeReportBody('2025-09', unhex(bad))).rejects.toThrow(
      'report: expected the standard ABI encoding, got other bytes for the same rows',
    );
  });
});

describe('a packed answer', () => {
  test('of EVM has the mintable in bits 0 to 127 and the block above', () => {
    expect(decodePackedAnswer('uint224', (1000n << 128n) | 99n)).toEqual({ block: 1000n, mintable: 99n });
    expect(decodePackedAnswer('uint224', 2n ** 192n - 1n)).toEqual({
      block: 2n ** 64n - 1n,
      mintable: 2n ** 128n - 1n,
    });
  });

  test('of Solana has the mintable in bits 0 to 90 and the block above', () => {
    expect(decodePackedAnswer('u128', (1000n << 91n) | 99n)).toEqual({ block: 1000n, mintable: 99n });
    expect(decodePackedAnswer('u128', 2n ** 127n - 1n)).toEqual({
      block: 2n ** 36n - 1n,
      mintable: 2n ** 91n - 1n,
    });
  });

  test('that packing cannot give has no parts', () => {
    expect(decodePackedAnswer('uint224', -5n)).toBeUndefined();
    expect(decodePackedAnswer('uint224', 2n ** 192n)).toBeUndefined();
    expect(decodePackedAnswer('u128', 2n ** 127n)).toBeUndefined();
  });
});
