import { describe, expect, test } from 'vitest';
import { dataFeedsEncoders } from '../../../../loopp/plugin/ocr3/encoder.ts';
import { metadataOf, reportMetadata, withMetadata } from '../../../../loopp/plugin/ocr3/metadata.ts';
import { decodeReportInfo, encodeReportInfo } from '../../../../loopp/plugin/ocr3/report-info.ts';
import { buildReports } from '../../../../loopp/plugin/ocr3/reports.ts';
import { AggregationOutcome, CapabilityOutcome, ReportInfo } from '../../../../src/codec/capability.ts';
import type { Id } from '../../../../src/codec/capability.ts';
import { decodeReport, encodeReport, reportAbi } from '../../../../src/codec/dfcache.ts';
import { decodeValue } from '../../../../src/codec/values.ts';
import type { Value } from '../../../../src/codec/values.ts';
import type { ReportPlus } from '../../../../src/contract/reporting-plugin.ts';
import { SELECTORS, configOf, int64, map, observation, text } from '../../../helpers/arbitraries.ts';
import { concat, field, toHex, unhex } from '../../../helpers/wire.ts';
import { allSay, entryOf, hexOf, idOf, keptLog, noLog, outcomeBytes, queryOf, rulesOf } from './builders.ts';

const ID = idOf(1);
const encoders = dataFeedsEncoders('2025-09');
const { limits } = rulesOf();
const utf8 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

interface Reported {
  readonly id?: Id;
  readonly outcome: Partial<AggregationOutcome>;
}

function outcomeWith(...reports: readonly Reported[]): Uint8Array {
  return CapabilityOutcome.encode({
    currentReports: reports.map(({ id = ID, outcome }) => ({
      id,
      outcome: AggregationOutcome.decode(AggregationOutcome.encode(outcome)),
    })),
  });
}

function reportsOf(outcome: Uint8Array, log: typeof noLog = noLog): Promise<readonly ReportPlus[]> {
  return buildReports(outcome, encoders, limits, log);
}

const row = (answer: bigint): Value =>
  map({
    DataID: { kind: 'bytes', value: new Uint8Array(16).fill(1) },
    Answer: { kind: 'bigint', value: answer },
    Timestamp: int64(10n),
  });
const encodable = (answer = 99n): AggregationOutcome['encodableOutcome'] =>
  new Map([['Reports', { kind: 'list', items: [row(answer)] }]]);
const GOOD = { encodableOutcome: encodable(), shouldReport: true, timestamp: { seconds: 1000n, nanos: 7 } };

const reported = (reports: readonly ReportPlus[]): readonly Id[] =>
  reports.map(({ reportWithInfo }) => decodeReportInfo(reportWithInfo.info).id);

describe('a report', () => {
  test('is what the Data Feeds Cache takes: metadata of the execution and the oracles’ clock, then the rows', async () => {
    const observations = allSay({ entries: [entryOf(ID)] });
    const [only, ...more] = await reportsOf(outcomeBytes({ query: queryOf(ID), observations }));
    expect(more).toEqual([]);
    expect(only?.transmissionScheduleOverride).toBeUndefined();
    const { metadata, rows } = await decodeReport('2025-09', only?.reportWithInfo.report ?? new Uint8Array());
    expect(metadata).toEqual({
      version: 1,
      executionId: hexOf(1),
      timestamp: 1000,
      donId: 7,
      donConfigVersion: 2,
      workflowId: hexOf(1),
      workflowName: hexOf(0x33, 10),
      workflowOwner: hexOf(0x44, 20),
      reportId: '0001',
    });
    expect(rows).toEqual([
      { dataId: Buffer.from(`01c5${'00'.repeat(14)}`, 'hex'), timestamp: 10, answer: (1000n << 128n) + 99n },
    ]);
  });

  test('of 2025-07 has the revision’s own rows', async () => {
    const rules = rulesOf({ revision: '2025-07', config: configOf('2025-07', SELECTORS.ethereum) });
    const entry = entryOf(ID, { observations: [decodeValue(observation('2025-07'))] });
    const outcome = outcomeBytes({ rules, query: queryOf(ID), observations: allSay({ entries: [entry] }) });
    const [only] = await buildReports(outcome, dataFeedsEncoders('2025-07'), limits, noLog);
    const { rows } = await decodeReport('2025-07', only?.reportWithInfo.report ?? new Uint8Array());
    expect(rows).toMatchObject([{ timestamp: 1000, answer: (1000n << 128n) + 99n }]);
  });

  test('of an execution with nothing to report has no bytes, and says so', async () => {
    const [only] = await reportsOf(outcomeWith({ outcome: { shouldReport: false } }));
    expect(only?.reportWithInfo.report).toEqual(new Uint8Array());
    expect(decodeReportInfo(only?.reportWithInfo.info ?? new Uint8Array())).toEqual({
      id: ID,
      shouldReport: false,
    });
  });

  test('comes for each execution, in order, and no more than libocr was told', async () => {
    const ids = [idOf(3), idOf(1), idOf(2)];
    const outcome = outcomeWith(...ids.map((id) => ({ id, outcome: GOOD })));
    expect(reported(await reportsOf(outcome))).toEqual(ids);
    const two = await buildReports(outcome, encoders, { ...limits, maxReportCount: 2 }, noLog);
    expect(reported(two)).toEqual(ids.slice(0, 2));
  });

  test('of nothing is none', async () => {
    expect(await reportsOf(new Uint8Array())).toEqual([]);
  });
});

describe('a report that cannot be encoded is left out, the others stay', () => {
  const solana = {
    encodableOutcome: new Map([
      ['account_context_hash', text('')],
      ['payload', text('')],
    ]),
  };

  test.each<[string, Partial<AggregationOutcome>, string]>([
    [
      'a negative answer',
      { ...GOOD, encodableOutcome: encodable(-5n) },
      'Reports[0].Answer: expected an unsigned 224-bit integer, got -5',
    ],
    ['Solana', { ...GOOD, ...solana }, 'no encoder for Solana reports'],
    ['an encoder nobody has', { ...GOOD, encoderName: 'Borsh' }, 'no encoder named "Borsh", expected EVM'],
    [
      'the EVM encoder with another ABI',
      { ...GOOD, encoderName: 'EVM', encoderConfig: new Map([['abi', text('uint8 x')]]) },
      `encoder EVM: expected the abi "${reportAbi('2025-09')}"`,
    ],
    [
      'a clock before 1970',
      { ...GOOD, timestamp: { seconds: -1n, nanos: 0 } },
      'timestamp: expected an unsigned 32-bit integer, got -1',
    ],
  ])('%s', async (_, outcome, error) => {
    const { lines, log } = keptLog();
    const reports = await reportsOf(outcomeWith({ outcome }, { id: idOf(2), outcome: GOOD }), log);
    expect(reports).toHaveLength(1);
    expect(lines).toEqual([
      'error could not encode report for workflow ' +
        JSON.stringify({ workflowId: hexOf(1), workflowExecutionId: hexOf(1), error }),
    ]);
  });

  test('ids that are no hex', async () => {
    const { lines, log } = keptLog();
    const id = idOf(1, 1, { workflowOwner: 'owner' });
    expect(await reportsOf(outcomeWith({ id, outcome: GOOD }), log)).toEqual([]);
    expect(lines[0]).toContain('workflowOwner: expected 40 hex digits, got \\"owner\\"');
  });

  test('one longer than libocr was told', async () => {
    const { lines, log } = keptLog();
    const tight = { ...limits, maxReportLengthBytes: 268 };
    expect(await buildReports(outcomeWith({ outcome: GOOD }), encoders, tight, log)).toEqual([]);
    expect(lines[0]).toContain('report: expected at most 268 bytes, got 269');
  });
});

test('oracles may name the encoder that is used anyway', async () => {
  const config = new Map([['abi', text(reportAbi('2025-09'))]]);
  const named = outcomeWith({ outcome: { ...GOOD, encoderName: 'EVM', encoderConfig: config } });
  expect(await reportsOf(named)).toEqual(await reportsOf(outcomeWith({ outcome: GOOD })));
});

const broken = (entry: Value): (() => unknown) => {
  return () => metadataOf(new Map([['INTERNAL_METADATA', entry]]));
};

describe('INTERNAL_METADATA', () => {
  test('stands beside the outcome and is taken out again by the encoder', async () => {
    const metadata = reportMetadata(ID, { seconds: 5n, nanos: 6 });
    const outcome = withMetadata(encodable() ?? new Map(), metadata);
    expect([...outcome.keys()]).toEqual(['Reports', 'INTERNAL_METADATA']);
    expect(metadataOf(outcome)).toEqual(metadata);
    const expected = await encodeReport('2025-09', metadata, encodable() ?? new Map());
    expect(await encoders(undefined)(outcome)).toEqual(expected);
  });

  test('that is missing or broken is named', () => {
    expect(() => metadataOf(new Map())).toThrow('INTERNAL_METADATA: expected a map, got none');
    expect(broken(map({}))).toThrow('INTERNAL_METADATA.Version: expected a number, got none');
    expect(broken(map({ Version: int64(1n) }))).toThrow(
      'INTERNAL_METADATA.ExecutionID: expected a text, got none',
    );
  });
});

const textEntry = (key: string, value: string): Uint8Array =>
  field(1, concat(field(1, utf8(key)), field(2, field(3, utf8(value)))));

describe('the info', () => {
  test('is a Struct of key bundle and base64 ReportInfo, put together by hand', () => {
    const info = ReportInfo.encode({ id: ID, shouldReport: true });
    const expected = concat(
      textEntry('keyBundleName', 'evm'),
      textEntry('reportInfo', Buffer.from(info).toString('base64')),
    );
    expect(toHex(encodeReportInfo({ id: ID, shouldReport: true }))).toBe(toHex(expected));
    expect(decodeReportInfo(expected)).toEqual({ id: ID, shouldReport: true });
  });

  test('that is not of this plugin is refused', () => {
    expect(() => decodeReportInfo(new Uint8Array())).toThrow('info: expected a text reportInfo, got none');
    expect(() => decodeReportInfo(unhex('0a05'))).toThrow('length reaches past the end');
    expect(() => decodeReportInfo(textEntry('reportInfo', ''))).toThrow(
      'info: expected an id in reportInfo, got none',
    );
  });
});
