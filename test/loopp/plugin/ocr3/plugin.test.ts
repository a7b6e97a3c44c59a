import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { dataFeedsEncoders } from '../../../../loopp/plugin/ocr3/encoder.ts';
import { capabilityFactory } from '../../../../loopp/plugin/ocr3/factory.ts';
import type { CapabilityFactoryParts } from '../../../../loopp/plugin/ocr3/factory.ts';
import { encodeReportInfo } from '../../../../loopp/plugin/ocr3/report-info.ts';
import { PendingRequests } from '../../../../loopp/plugin/ocr3/requests.ts';
import { CapabilityConfig, Observations, Query } from '../../../../src/codec/capability.ts';
import type { ReportWithInfo } from '../../../../src/contract/reporting-plugin.ts';
import { SELECTORS, configOf } from '../../../helpers/arbitraries.ts';
import { unhex } from '../../../helpers/wire.ts';
import { PROTOCOL_CONFIG, contextOf, idOf, noLog } from './builders.ts';

const NOW_MS = 1_700_000_000_000;
const clock = { ms: 0 };

function partsOf(own: Partial<CapabilityFactoryParts> = {}): CapabilityFactoryParts {
  clock.ms = 0;
  return {
    aggregate,
    revision: '2025-09',
    config: configOf('2025-09', SELECTORS.ethereum),
    encoders: dataFeedsEncoders('2025-09'),
    requests: new PendingRequests(() => clock.ms),
    nowMs: () => NOW_MS,
    log: noLog,
    ...own,
  };
}

const signed = (execution: number, shouldReport: boolean): ReportWithInfo => ({
  report: new Uint8Array(),
  info: encodeReportInfo({ id: idOf(execution), shouldReport }),
});

describe('the factory', () => {
  test('tells libocr the limits of the offchain config', async () => {
    const offchainConfig = CapabilityConfig.encode({ maxReportCount: 3, maxQueryLengthBytes: 9 });
    const made = await capabilityFactory(partsOf()).newReportingPlugin({
      ...PROTOCOL_CONFIG,
      offchainConfig,
    });
    expect(made.info).toEqual({
      name: 'Secure Mint',
      limits: {
        maxQueryLength: 9n,
        maxObservationLength: 1_000_000n,
        maxOutcomeLength: 1_000_000n,
        maxReportLength: 1_000_000n,
        maxReportCount: 3n,
      },
    });
  });

  test('refuses an offchain config that is no protobuf', async () => {
    const config = { ...PROTOCOL_CONFIG, offchainConfig: unhex('0a05') };
    await expect(capabilityFactory(partsOf()).newReportingPlugin(config)).rejects.toThrow(
      'length reaches past the end',
    );
  });

  test('that was made without an aggregator config makes no plugin', async () => {
    const made = capabilityFactory(partsOf({ config: undefined })).newReportingPlugin(PROTOCOL_CONFIG);
    await expect(made).rejects.toThrow(
      'the factory has no aggregator config: expected one in NewSecureMintFactory',
    );
  });

  test('sets how long requests wait', async () => {
    const parts = partsOf();
    const offchainConfig = CapabilityConfig.encode({ requestTimeout: { seconds: 3n, nanos: 0 } });
    const config = { ...PROTOCOL_CONFIG, offchainConfig };
    const { plugin } = await capabilityFactory(parts).newReportingPlugin(config);
    parts.requests.add({ id: idOf(1), observations: [] });
    clock.ms = 3000;
    expect(Query.decode(await plugin.query(contextOf())).ids).toEqual([idOf(1)]);
    clock.ms = 3001;
    expect(await plugin.query(contextOf())).toEqual(new Uint8Array());
  });
});

describe('a plugin', () => {
  test('stamps its observation with its clock', async () => {
    const { plugin } = await capabilityFactory(partsOf()).newReportingPlugin(PROTOCOL_CONFIG);
    const said = Observations.decode(await plugin.observation(contextOf(), new Uint8Array()));
    expect(said.timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 0 });
  });

  test('accepts every report that enough oracles signed, and its request waits no longer', async () => {
    const parts = partsOf();
    const { plugin } = await capabilityFactory(parts).newReportingPlugin(PROTOCOL_CONFIG);
    for (const execution of [1, 2]) parts.requests.add({ id: idOf(execution), observations: [] });
    expect(await plugin.shouldAcceptAttestedReport(1n, signed(1, true))).toBe(true);
    expect(await plugin.shouldAcceptAttestedReport(1n, signed(3, false))).toBe(true);
    expect(Query.decode(await plugin.query(contextOf())).ids).toEqual([idOf(2)]);
  });

  test('transmits what has something to report', async () => {
    const { plugin } = await capabilityFactory(partsOf()).newReportingPlugin(PROTOCOL_CONFIG);
    expect(await plugin.shouldTransmitAcceptedReport(1n, signed(1, true))).toBe(true);
    expect(await plugin.shouldTransmitAcceptedReport(1n, signed(1, false))).toBe(false);
  });

  test('refuses reports that are not of this plugin', async () => {
    const { plugin } = await capabilityFactory(partsOf()).newReportingPlugin(PROTOCOL_CONFIG);
    const foreign = { report: new Uint8Array(), info: new Uint8Array() };
    const refused = 'info: expected a text reportInfo, got none';
    await expect(plugin.shouldAcceptAttestedReport(1n, foreign)).rejects.toThrow(refused);
    await expect(plugin.shouldTransmitAcceptedReport(1n, foreign)).rejects.toThrow(refused);
  });

  test('leaves its requests to the next one when it is closed', async () => {
    const parts = partsOf();
    const factory = capabilityFactory(parts);
    const { plugin } = await factory.newReportingPlugin(PROTOCOL_CONFIG);
    parts.requests.add({ id: idOf(1), observations: [] });
    await plugin.close();
    await plugin.close();
    const next = await factory.newReportingPlugin(PROTOCOL_CONFIG);
    expect(Query.decode(await next.plugin.query(contextOf())).ids).toEqual([idOf(1)]);
  });
});
