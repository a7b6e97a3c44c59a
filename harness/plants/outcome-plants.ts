import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import { aboutReportBytes, aboutReports, decoded, inMap, withOtherLastByte } from './edit-outcome.ts';
import type { Plants, Tell } from './plant.ts';

/** An unknown field 15, a varint of 1, after the fields that the message has. */
const UNKNOWN_FIELD = Uint8Array.of((15 << 3) | 0, 1);

/** Lies about the outcome around the reports, and about errors. */
export const OUTCOME_PLANTS = {
  'metadata-byte': {
    description: 'one bit of the metadata is wrong',
    tell: aboutReports((outcome) => ({ ...outcome, metadata: withOtherLastByte(outcome.metadata) })),
  },
  'lost-metadata': {
    description: 'the metadata is empty',
    tell: aboutReports((outcome) => ({ ...outcome, metadata: new Uint8Array(0) })),
  },
  'wrong-should-report': {
    description: 'shouldReport is false beside a report',
    tell: aboutReports((outcome) => ({ ...outcome, shouldReport: false })),
  },
  'invented-report': {
    description: 'shouldReport is true where there is no report',
    tell: (truth) => {
      const outcome = decoded(truth);
      if (outcome === undefined) return truth;
      return encoded(AggregationOutcome.encode({ ...outcome, shouldReport: true }));
    },
  },
  'last-seen-behind': {
    description: 'lastSeenAt is one too low',
    tell: aboutReports((outcome) => ({
      ...outcome,
      lastSeenAt: BigInt.asUintN(64, outcome.lastSeenAt - 1n),
    })),
  },
  'account-hash-byte': {
    description: "one bit of the hash of Solana's accounts is wrong",
    tell: aboutReports(
      inMap((key, value) =>
        key === 'account_context_hash' && value.kind === 'bytes'
          ? { kind: 'bytes', value: withOtherLastByte(value.value) }
          : value,
      ),
    ),
  },
  'encoder-named': {
    description: 'the outcome names an encoder that nobody asked for',
    tell: aboutReports((outcome) => ({ ...outcome, encoderName: `${outcome.encoderName}EVM` })),
  },
  'unknown-field': {
    description: 'an unknown field follows the known ones',
    tell: aboutReportBytes((_, bytes) => Buffer.concat([bytes, UNKNOWN_FIELD])),
  },
  'error-text-changed': {
    description: 'error texts end with a full stop',
    tell: aboutErrors((text) => ({ kind: 'error', error: `${text}.` })),
  },
  'error-swallowed': {
    description: 'an empty outcome stands for an error',
    tell: aboutErrors(() => encoded(AggregationOutcome.encode({}))),
  },
  'false-error': {
    description: 'an error stands for every report',
    tell: (truth) =>
      decoded(truth)?.shouldReport === true ? { kind: 'error', error: 'no valid reports found' } : truth,
  },
} as const satisfies Plants;

function aboutErrors(edit: (text: string) => Outcome): Tell {
  return (truth) => (truth.kind === 'error' ? edit(truth.error) : truth);
}

function encoded(outcome: Uint8Array): Outcome {
  return { kind: 'outcome', outcome };
}
