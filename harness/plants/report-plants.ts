import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Value } from '../../src/codec/values.ts';
import {
  aboutAnswer,
  aboutEachReport,
  aboutMember,
  aboutReportBytes,
  aboutReports,
  inReportLists,
  withOtherLastByte,
  withReversedBytes,
} from './edit-outcome.ts';
import type { Plants } from './plant.ts';

/** Lies about what is reported. */
export const REPORT_PLANTS = {
  'block-plus-one': {
    description: 'the block number is one too high',
    tell: aboutAnswer(({ mintable, block }, bits) => mintable | ((block + 1n) << bits)),
  },
  'block-minus-one': {
    description: 'the block number is one too low',
    tell: aboutAnswer(({ mintable, block }, bits) => mintable | ((block - 1n) << bits)),
  },
  'swapped-packing': {
    description: 'block and mintable have changed places in the packed answer',
    tell: aboutAnswer(({ mintable, block }, bits) => block | (mintable << bits)),
  },
  'little-endian-answer': {
    description: 'the bytes of the packed answer are backwards',
    tell: aboutAnswer((_, __, value) => withReversedBytes(value)),
  },
  'float-mintable': {
    description: 'the mintable went through a 64-bit float: above 2^53 it is rounded',
    tell: aboutAnswer(({ mintable, block }, bits) => BigInt(Number(mintable)) | (block << bits)),
  },
  'mintable-64-bits': {
    description: 'the mintable is cut to 64 bits',
    tell: aboutAnswer(({ mintable, block }, bits) => BigInt.asUintN(64, mintable) | (block << bits)),
  },
  'lost-sign': {
    description: 'a negative answer is positive',
    tell: aboutAnswer((_, __, value) => (value < 0n ? -value : value)),
  },
  'truncated-timestamp': {
    description: 'the timestamp is cut to 16 bits',
    tell: aboutMember(
      'timestamp',
      inNumber((value) => BigInt.asUintN(16, value)),
    ),
  },
  'timestamp-in-milliseconds': {
    description: 'the timestamp is a thousand times too high',
    tell: aboutMember(
      'timestamp',
      inNumber((value) => BigInt.asIntN(64, value * 1000n)),
    ),
  },
  'field-type': {
    description: 'the timestamp is a text with the same digits',
    tell: aboutMember('timestamp', (value) =>
      value.kind === 'int64' ? { kind: 'string', value: String(value.value) } : value,
    ),
  },
  'missing-field': {
    description: 'reports have no timestamp',
    tell: aboutEachReport(
      (report) => new Map([...report].filter(([key]) => key.toLowerCase() !== 'timestamp')),
    ),
  },
  'field-spelling': {
    description: 'the keys of reports are in lower case',
    tell: aboutEachReport((report) => new Map([...report].map(([key, value]) => [key.toLowerCase(), value]))),
  },
  'data-id-byte': {
    description: 'one bit of the data id, or of the feed id of 2025-07, is wrong',
    tell: aboutEachReport(
      (report) =>
        new Map([...report].map(([key, value]) => [key, value.kind === 'bytes' ? otherByte(value) : value])),
    ),
  },
  'lost-report': {
    description: 'the outcome says that there is nothing to report',
    tell: aboutReportBytes(() => AggregationOutcome.encode({})),
  },
  'extra-report': {
    description: 'the last report stands twice',
    tell: aboutReports(inReportLists((items) => [...items, ...items.slice(-1)])),
  },
} as const satisfies Plants;

function inNumber(edit: (value: bigint) => bigint): (value: Value) => Value {
  return (value) => (value.kind === 'int64' ? { kind: 'int64', value: edit(value.value) } : value);
}

function otherByte(value: Extract<Value, { kind: 'bytes' }>): Value {
  return { kind: 'bytes', value: withOtherLastByte(value.value) };
}
