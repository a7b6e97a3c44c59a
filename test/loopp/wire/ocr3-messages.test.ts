import { describe, expect, test } from 'vitest';
import * as messages from '../../../loopp/wire/ocr3-messages.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../../../loopp/wire/ocr3-services.ts';
import { SubmitRequest } from '../../../loopp/wire/messages.ts';
import { Aggregator } from '../../../loopp/wire/services.ts';
import { int64 } from '../../helpers/arbitraries.ts';
import { concat, field, toHex, unhex } from '../../helpers/wire.ts';

// Every field has its number in docs/spec/loopp-wire.md D.3 as its value, so that a number that moved shows.
const one = Uint8Array.of(1);
const CONTEXT = { seqNr: 1n, previousOutcome: one, epoch: 3n, round: 4n };
const CONTEXT_BYTES = unhex('08 01 12 01 01 18 03 20 04');
const REPORT = { report: one, info: Uint8Array.of(2) };
const REPORT_BYTES = unhex('0a 01 01 12 01 02');
const AO = { observation: one, observer: 2 };
const AO_BYTES = unhex('0a 01 01 10 02');

describe('bytes on the wire', () => {
  test('NewReportingPluginRequest', () => {
    const bytes = messages.NewReportingPluginRequest.encode({
      reportingPluginConfig: {
        configDigest: one,
        oracleId: 2,
        n: 3,
        f: 4,
        onchainConfig: Uint8Array.of(5),
        offchainConfig: Uint8Array.of(6),
        estimatedRoundIntervalNs: 7n,
        maxDurationQueryNs: 8n,
        maxDurationObservationNs: 9n,
        maxDurationShouldAcceptAttestedReportNs: 10n,
        maxDurationShouldTransmitAcceptedReportNs: 11n,
      },
    });
    const config = unhex('0a0101 1002 1803 2004 2a0105 320106 3807 4008 4809 500a 580b');
    expect(toHex(bytes)).toBe(toHex(field(1, config)));
  });

  test('NewReportingPluginReply', () => {
    const bytes = messages.NewReportingPluginReply.encode({
      reportingPluginId: 1,
      reportingPluginInfo: {
        name: 'n',
        reportingPluginLimits: {
          maxQueryLength: 1n,
          maxObservationLength: 2n,
          maxOutcomeLength: 3n,
          maxReportLength: 4n,
          maxReportCount: 5n,
        },
      },
    });
    const info = concat(unhex('0a01 6e'), field(2, unhex('0801 1002 1803 2004 2805')));
    expect(toHex(bytes)).toBe(toHex(concat(unhex('08 01'), field(2, info))));
  });

  test('limits that are all zero are still there: a Go host does not look before it reads them', () => {
    const limits = messages.ReportingPluginLimits.decode(new Uint8Array());
    const bytes = messages.ReportingPluginInfo.encode({ name: '', reportingPluginLimits: limits });
    expect(toHex(bytes)).toBe('1200');
  });

  test('requests of a round', () => {
    const asked = { outcomeContext: CONTEXT, query: Uint8Array.of(2) };
    const head = concat(field(1, CONTEXT_BYTES), unhex('12 01 02'));
    expect(toHex(messages.QueryRequest.encode(asked))).toBe(toHex(field(1, CONTEXT_BYTES)));
    expect(toHex(messages.ObservationRequest.encode(asked))).toBe(toHex(head));
    const validated = messages.ValidateObservationRequest.encode({ ...asked, ao: AO });
    expect(toHex(validated)).toBe(toHex(concat(head, field(3, AO_BYTES))));
    const observed = messages.ObservationsRequest.encode({ ...asked, ao: [AO, AO] });
    expect(toHex(observed)).toBe(toHex(concat(head, field(3, AO_BYTES), field(3, AO_BYTES))));
  });

  test('requests about reports', () => {
    expect(toHex(messages.ReportsRequest.encode({ seqNr: 1n, outcome: one }))).toBe('0801120101');
    const attested = messages.AttestedReportRequest.encode({ segNr: 1n, ri: REPORT });
    expect(toHex(attested)).toBe(toHex(concat(unhex('08 01'), field(2, REPORT_BYTES))));
  });

  test('reports; a schedule’s numbers are packed', () => {
    const transmissionScheduleOverride = { transmitters: [1, 300], transmissionDelaysNs: [0n, -1n] };
    const bytes = messages.ReportsReply.encode({
      reportPlus: [
        { reportWithInfo: REPORT, transmissionScheduleOverride },
        { reportWithInfo: REPORT, transmissionScheduleOverride: undefined },
      ],
    });
    const schedule = concat(field(1, unhex('01 ac02')), field(2, unhex('00 ffffffffffffffffff01')));
    const scheduled = concat(field(1, REPORT_BYTES), field(2, schedule));
    expect(toHex(bytes)).toBe(toHex(concat(field(1, scheduled), field(1, field(1, REPORT_BYTES)))));
    const { reportPlus } = messages.ReportsReply.decode(bytes);
    expect(reportPlus.map((report) => report.transmissionScheduleOverride)).toEqual([
      transmissionScheduleOverride,
      undefined,
    ]);
  });

  test('packed numbers that come in parts are one list', () => {
    const bytes = concat(field(1, unhex('01')), field(1, unhex('02 03')));
    expect(messages.TransmissionSchedule.decode(bytes).transmitters).toEqual([1, 2, 3]);
  });

  test('replies', () => {
    expect(toHex(messages.QueryReply.encode({ query: one }))).toBe('0a0101');
    expect(toHex(messages.ObservationReply.encode({ observation: one }))).toBe('0a0101');
    expect(toHex(messages.OutcomeReply.encode({ outcome: one }))).toBe('0a0101');
    expect(toHex(messages.ObservationQuorumReply.encode({ quorumReached: true }))).toBe('0801');
    expect(toHex(messages.ShouldAcceptReply.encode({ shouldAccept: true }))).toBe('0801');
    expect(toHex(messages.ShouldTransmitReply.encode({ shouldTransmit: true }))).toBe('0801');
  });

  test('SubmitRequest', () => {
    const [id, observations] = [field(1, field(1, unhex('78'))), field(2, field(2, unhex('38 07')))];
    const decoded = SubmitRequest.decode(concat(id, observations));
    expect(decoded).toMatchObject({ id: { workflowExecutionId: 'x' }, observations: [int64(7n)] });
  });
});

test('paths are those of docs/spec/loopp-wire.md D.2', () => {
  const paths = [
    ...Object.values(ReportingPluginFactoryService),
    ...Object.values(ReportingPluginService),
    Aggregator.submit,
  ].map(({ path }) => path);
  const plugin = '/loop.internal.pb.ocr3.ReportingPlugin/';
  expect(paths).toEqual([
    '/loop.internal.pb.ocr3.ReportingPluginFactory/NewReportingPlugin',
    `${plugin}Query`,
    `${plugin}Observation`,
    `${plugin}ValidateObservation`,
    `${plugin}ObservationQuorum`,
    `${plugin}Outcome`,
    `${plugin}Reports`,
    `${plugin}ShouldAcceptAttestedReport`,
    `${plugin}ShouldTransmitAcceptedReport`,
    `${plugin}Close`,
    '/securemint.Aggregator/Submit',
  ]);
});
