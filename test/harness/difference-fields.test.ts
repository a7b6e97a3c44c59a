import { expect, test } from 'vitest';
import { compareOutcomes } from '../../harness/compare.ts';
import { DIFFERENCE_FIELDS, differenceField } from '../../harness/difference-fields.ts';
import { outcomeOf } from './fakes.ts';

const labelOf = (path: string): string => differenceField({ path, kind: 'value' });

test.each([
  ['encodableOutcome', 'encodableOutcome'],
  ['encodableOutcome.Reports', 'Reports'],
  ['encodableOutcome.Reports[3]', 'Reports'],
  ['encodableOutcome.Reports[0].Answer', 'Answer'],
  ['encodableOutcome.payload[12].dataId', 'dataId'],
  ['lastSeenAt', 'lastSeenAt'],
  ['bytes', 'bytes'],
  ['reports[2]', 'reports'],
  ['reports[2].transmitted', 'transmitted'],
  ['(7 more differences)', 'other'],
  ['encodableOutcome["<script>"]', 'other'],
  ['encodableOutcome.surprise', 'other'],
  ['', 'other'],
])('the field of %s is %s', (path, label) => {
  expect(labelOf(path)).toBe(label);
});

test('every field of an outcome has a label of its own', () => {
  const one = outcomeOf({ lastSeenAt: 1n, metadata: Uint8Array.of(1), encodableOutcome: new Map() });
  const other = outcomeOf({ shouldReport: true, encoderName: 'x', encoderConfig: new Map() });
  if (one.kind !== 'outcome' || other.kind !== 'outcome') throw new Error('expected two outcomes');
  const fields = compareOutcomes(one.outcome, other.outcome).map(differenceField);
  expect(fields).toHaveLength(6);
  expect(fields).not.toContain('other');
  expect(new Set(fields).size).toBe(6);
});

test('no label is there twice', () => {
  expect(new Set(DIFFERENCE_FIELDS).size).toBe(DIFFERENCE_FIELDS.length);
});
