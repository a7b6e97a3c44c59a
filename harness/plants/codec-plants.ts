import { AggregationOutcome } from '../../src/codec/capability.ts';
import { aboutMember, aboutReportBytes, aboutReports } from './edit-outcome.ts';
import { withEachList } from './edit-round.ts';
import type { Plants } from './plant.ts';
import { REPORT_PLANTS } from './report-plants.ts';

/** shouldReport once more, with the value that it has. */
const SHOULD_REPORT_AGAIN = Uint8Array.of((3 << 3) | 0, 1);

/** Faults of the codec that both lanes stand on: they agree, and only a witness says that both are wrong. */
export const CODEC_PLANTS = {
  'codec-zigzag': {
    description: 'both lanes write 64-bit integers zigzag',
    lanes: 'both',
    tell: aboutMember('timestamp', (value) =>
      value.kind === 'int64'
        ? { kind: 'int64', value: BigInt.asIntN(64, (value.value << 1n) ^ (value.value >> 63n)) }
        : value,
    ),
  },
  'codec-little-endian': {
    description: 'both lanes write big integers from their last byte',
    lanes: 'both',
    tell: REPORT_PLANTS['little-endian-answer'].tell,
  },
  'codec-float': {
    description: 'both lanes read numbers of JSON as 64-bit floats',
    lanes: 'both',
    tell: REPORT_PLANTS['float-mintable'].tell,
  },
  'codec-hex-bytes': {
    description: 'both lanes write the metadata as hexadecimal text',
    lanes: 'both',
    tell: aboutReports((outcome) => ({
      ...outcome,
      metadata: Buffer.from(Buffer.from(outcome.metadata).toString('hex'), 'latin1'),
    })),
  },
  'codec-field-order': {
    description: 'both lanes write the fields of an outcome in another order',
    lanes: 'both',
    tell: aboutReportBytes(({ metadata, ...rest }) =>
      Buffer.concat([AggregationOutcome.encode({ metadata }), AggregationOutcome.encode(rest)]),
    ),
  },
  'codec-field-twice': {
    description: 'both lanes write a field twice, with the same value',
    lanes: 'both',
    tell: aboutReportBytes((_, bytes) => Buffer.concat([bytes, SHOULD_REPORT_AGAIN])),
  },
  'codec-short-lists': {
    description: "both lanes lose the last item of an oracle's list when it has several",
    lanes: 'both',
    ask: (round) => withEachList(round, (values) => (values.length > 1 ? values.slice(0, -1) : values)),
  },
} as const satisfies Plants;
