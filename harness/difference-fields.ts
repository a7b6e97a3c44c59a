import type { FieldDifference } from '../src/contract/verdict.ts';
import { BYTES_PATH } from './compare.ts';

const OTHER_FIELD = 'other';

/**
 * Names in an aggregation outcome (docs/spec/aggregator.md G.3, H.5), then what `run --ocr3` compares; `other` stands for
 * any else.
 */
export const DIFFERENCE_FIELDS = [
  'encodableOutcome',
  'Reports',
  'DataID',
  'FeedID',
  'Answer',
  'Price',
  'Timestamp',
  'account_context_hash',
  'payload',
  'dataId',
  'answer',
  'timestamp',
  'metadata',
  'shouldReport',
  'lastSeenAt',
  'encoderName',
  'encoderConfig',
  'outcome',
  'reports',
  'transmitted',
  BYTES_PATH,
  OTHER_FIELD,
] as const;
export type DifferenceField = (typeof DIFFERENCE_FIELDS)[number];

/** The field of a difference as a metric's label: the last name of its path, without the place in a list. */
export function differenceField({ path }: FieldDifference): DifferenceField {
  const name = path
    .replaceAll(/\[\d+\]/g, '')
    .split('.')
    .at(-1);
  return DIFFERENCE_FIELDS.find((field) => field === name) ?? OTHER_FIELD;
}
