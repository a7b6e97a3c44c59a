import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportingPluginFactory } from '../../../loopp/host/reporting-plugin.ts';
import { registerReportingPluginFactory } from '../../../loopp/plugin/ocr3-service.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import type { BrokerStream } from '../../../loopp/wire/broker.ts';
import { asServiceError, callUnary } from '../../../loopp/wire/grpc.ts';
import type { ConnInfo } from '../../../loopp/wire/messages.ts';
import { ReportingPluginFactoryService, ReportingPluginService } from '../../../loopp/wire/ocr3-services.ts';
import { LoopService } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import type {
  ReportPlus,
  ReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginInfo,
} from '../../../src/contract/reporting-plugin.ts';
import { PROTOCOL_CONFIG, plain } from './ocr3/builders.ts';

/** One end of a broker stream in this process. */
const stream = (own: EventEmitter, peer: EventEmitter): BrokerStream => ({
  write: (info: ConnInfo) => peer.emit('data', info),
  end: () => undefined,
  on: (event: string, listener: (info: ConnInfo) => void) => own.on(event, listener),
});

const CONTEXT = { seqNr: 2n ** 64n - 1n, previousOutcome: Uint8Array.of(1), epoch: 3n, round: 4n };
const QUERY = Uint8Array.of(5, 6);
const OBSERVATIONS = [
  { observation: Uint8Array.of(7), observer: 0 },
  { observation: new Uint8Array(), observer: 255 },
];
const REPORT = { report: Uint8Array.of(8), info: Uint8Array.of(9) };
const REPORTS: readonly ReportPlus[] = [
  { reportWithInfo: REPORT, transmissionScheduleOverride: undefined },
  {
    reportWithInfo: { report: new Uint8Array(), info: new Uint8Array() },
    transmissionScheduleOverride: { transmitters: [3, 0, 300], transmissionDelaysNs: [0n, -1n, 2n ** 62n] },
  },
];
const INFO: ReportingPluginInfo = {
  name: 'a plugin',
  limits: {
    maxQueryLength: 1n,
    maxObservationLength: 2n,
    maxOutcomeLength: 3n,
    maxReportLength: 4n,
    maxReportCount: 2n ** 64n - 1n,
  },
};

/** Answers constants and keeps what it was asked; `fault` is thrown instead. */
class RecordingPlugin implements ReportingPlugin {
  readonly calls: unknown[][] = [];
  fault: Error | undefined;

  query = (context: unknown): Promise<Uint8Array> => this.answer('query', [context], QUERY);
  observation = (...[context, query]: unknown[]): Promise<Uint8Array> =>
    this.answer('observation', [context, query], QUERY);
  validateObservation = (...args: unknown[]): Promise<void> => this.answer('validate', args, undefined);
  observationQuorum = (...args: unknown[]): Promise<boolean> => this.answer('quorum', args, true);
  outcome = (...args: unknown[]): Promise<Uint8Array> => this.answer('outcome', args, QUERY);
  reports = (...args: unknown[]): Promise<readonly ReportPlus[]> => this.answer('reports', args, REPORTS);
  shouldAcceptAttestedReport = (...[seqNr, report]: unknown[]): Promise<boolean> =>
    this.answer('accept', [seqNr, report], true);
  shouldTransmitAcceptedReport = (...[seqNr, report]: unknown[]): Promise<boolean> =>
    this.answer('transmit', [seqNr, report], true);
  close = (): Promise<void> => this.answer('close', [], undefined);

  private async answer<T>(name: string, args: unknown[], value: T): Promise<T> {
    this.calls.push([name, ...args]);
    if (this.fault !== undefined) throw this.fault;
    return value;
  }
}

let host: Broker;
let pluginSide: Broker;
let sockets: SocketFolder;
let factory: Client;
let remote: RecordingPlugin;
let configs: ReportingPluginConfig[];
const clients: Client[] = [];

beforeEach(async () => {
  sockets = new SocketFolder();
  [pluginSide, host] = [new Broker(sockets), new Broker(sockets)];
  const ends = [new EventEmitter(), new EventEmitter()] as const;
  pluginSide.attach(stream(ends[0], ends[1]));
  host.attach(stream(ends[1], ends[0]));
  remote = new RecordingPlugin();
  configs = [];
  const made = {
    newReportingPlugin: async (config: ReportingPluginConfig) => {
      configs.push(config);
      if (remote.fault !== undefined) throw remote.fault;
      return { plugin: remote, info: INFO };
    },
  };
  const { id } = await pluginSide.serve((server) =>
    registerReportingPluginFactory(server, pluginSide, made, () => undefined),
  );
  factory = await host.dial(id, -1);
  clients.push(factory);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  host.close();
  pluginSide.close();
  sockets.removeAll();
});

const OPTIONS = { callTimeoutMs: 20_000, receiveLimitBytes: -1 };
const plugin = async (config = PROTOCOL_CONFIG): Promise<ReportingPlugin> =>
  (await reportingPluginFactory(factory, host, OPTIONS).newReportingPlugin(config)).plugin;

/** A connection to a reporting plugin without our client. */
async function bare(): Promise<Client> {
  const { reportingPluginId } = await callUnary(factory, ReportingPluginFactoryService.newReportingPlugin, {
    reportingPluginConfig: PROTOCOL_CONFIG,
  });
  const client = await host.dial(reportingPluginId, -1);
  clients.push(client);
  return client;
}

async function refusal(asked: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await asked;
  } catch (error) {
    const service = asServiceError(error);
    if (service === undefined) throw error;
    return [status[service.code] ?? '', service.details];
  }
  throw new Error('expected a refusal, got an answer');
}

describe('through the wire', () => {
  test('configuration and info arrive as they were sent', async () => {
    const config: ReportingPluginConfig = {
      configDigest: new Uint8Array(32).fill(1),
      oracleId: 255,
      n: 31,
      f: 10,
      onchainConfig: Uint8Array.of(2),
      offchainConfig: Uint8Array.of(3),
      estimatedRoundIntervalNs: 4n,
      maxDurationQueryNs: 5_000_000_000n,
      maxDurationObservationNs: 6_000_000_000n,
      maxDurationShouldAcceptAttestedReportNs: 7_000_000_000n,
      maxDurationShouldTransmitAcceptedReportNs: -1n,
    };
    const { info } = await reportingPluginFactory(factory, host, OPTIONS).newReportingPlugin(config);
    expect(plain(configs)).toEqual(plain([config]));
    expect(info).toEqual(INFO);
  });

  test('so do all calls and all answers', async () => {
    const asked = await plugin();
    expect(plain(await asked.query(CONTEXT))).toBe('0506');
    expect(plain(await asked.observation(CONTEXT, QUERY))).toBe('0506');
    for (const observation of OBSERVATIONS) await asked.validateObservation(CONTEXT, QUERY, observation);
    expect(await asked.observationQuorum(CONTEXT, QUERY, OBSERVATIONS)).toBe(true);
    expect(plain(await asked.outcome(CONTEXT, QUERY, OBSERVATIONS))).toBe('0506');
    expect(plain(await asked.reports(10n, QUERY))).toEqual(plain(REPORTS));
    expect(await asked.shouldAcceptAttestedReport(11n, REPORT)).toBe(true);
    expect(await asked.shouldTransmitAcceptedReport(12n, REPORT)).toBe(true);
    expect(plain(remote.calls)).toEqual(
      plain([
        ['query', CONTEXT],
        ['observation', CONTEXT, QUERY],
        ['validate', CONTEXT, QUERY, OBSERVATIONS[0]],
        ['validate', CONTEXT, QUERY, OBSERVATIONS[1]],
        ['quorum', CONTEXT, QUERY, OBSERVATIONS],
        ['outcome', CONTEXT, QUERY, OBSERVATIONS],
        ['reports', 10n, QUERY],
        ['accept', 11n, REPORT],
        ['transmit', 12n, REPORT],
      ]),
    );
  });

  test('a call that takes longer than the configuration allows fails in time', async () => {
    remote.query = () => new Promise(() => undefined);
    const asked = await plugin({ ...PROTOCOL_CONFIG, maxDurationQueryNs: 1_000_000n });
    expect(await refusal(asked.query(CONTEXT))).toEqual(['DEADLINE_EXCEEDED', expect.any(String)]);
  });

  test('each reporting plugin has a connection of its own, without loop.Service', async () => {
    const [code] = await refusal(callUnary(await bare(), LoopService.ready, {}));
    expect(code).toBe('UNIMPLEMENTED');
    const [one, two] = [await plugin(), await plugin()];
    await one.close();
    expect(plain(await two.query(CONTEXT))).toBe('0506');
  });
});

describe('Close', () => {
  test('may come twice, from a client and on the wire; the plugin hears of it once', async () => {
    const asked = await plugin();
    await Promise.all([asked.close(), asked.close()]);
    expect(remote.calls).toEqual([['close']]);
    const client = await bare();
    await callUnary(client, ReportingPluginService.close, {});
    await callUnary(client, ReportingPluginService.close, {});
    expect(remote.calls).toEqual([['close'], ['close']]);
  });
});

const missing = (field: string): readonly string[] => ['UNKNOWN', `${field}: expected a message, got none`];

describe('refusals are UNKNOWN, as a Go error is: a Go host would make the factory again for UNAVAILABLE', () => {
  test('what the plugin throws', async () => {
    const asked = await plugin();
    remote.fault = new Error('no such luck');
    const refused = ['UNKNOWN', 'no such luck'];
    expect(await refusal(asked.query(CONTEXT))).toEqual(refused);
    expect(await refusal(asked.outcome(CONTEXT, QUERY, OBSERVATIONS))).toEqual(refused);
    expect(await refusal(plugin())).toEqual(refused);
  });

  test('even a status of another call', async () => {
    const asked = await plugin();
    remote.fault = Object.assign(new Error('gone'), { code: status.UNAVAILABLE, details: 'gone' });
    expect(await refusal(asked.reports(1n, QUERY))).toEqual(['UNKNOWN', 'gone']);
  });

  test.each([0, 31, 33])('a config digest of %i bytes', async (length) => {
    const config = { ...PROTOCOL_CONFIG, configDigest: new Uint8Array(length) };
    expect(await refusal(plugin(config))).toEqual([
      'UNKNOWN',
      `invalid ConfigDigest len ${String(length)}: must be 32`,
    ]);
    expect(configs).toEqual([]);
  });

  test('an observer that is no uint8', async () => {
    const asked = await plugin();
    const observation = { observation: QUERY, observer: 256 };
    const refused = ['UNKNOWN', 'expected uint8 Observer (max 255) but got 256'];
    expect(await refusal(asked.validateObservation(CONTEXT, QUERY, observation))).toEqual(refused);
    expect(await refusal(asked.observationQuorum(CONTEXT, QUERY, [observation]))).toEqual(refused);
    expect(await refusal(asked.outcome(CONTEXT, QUERY, [observation]))).toEqual(refused);
  });

  test('messages that have to be present', async () => {
    const { newReportingPlugin } = ReportingPluginFactoryService;
    expect(
      await refusal(callUnary(factory, newReportingPlugin, { reportingPluginConfig: undefined })),
    ).toEqual(missing('reportingPluginConfig'));
    const client = await bare();
    const noContext = { outcomeContext: undefined, query: QUERY, ao: [] };
    const { query, observation, validateObservation, observationQuorum, outcome } = ReportingPluginService;
    expect(await refusal(callUnary(client, query, noContext))).toEqual(missing('outcomeContext'));
    expect(await refusal(callUnary(client, observation, noContext))).toEqual(missing('outcomeContext'));
    expect(await refusal(callUnary(client, observationQuorum, noContext))).toEqual(missing('outcomeContext'));
    expect(await refusal(callUnary(client, outcome, noContext))).toEqual(missing('outcomeContext'));
    const noObservation = { outcomeContext: CONTEXT, query: QUERY, ao: undefined };
    expect(await refusal(callUnary(client, validateObservation, noObservation))).toEqual(missing('ao'));
    const { shouldAcceptAttestedReport, shouldTransmitAcceptedReport } = ReportingPluginService;
    const noReport = { segNr: 1n, ri: undefined };
    expect(await refusal(callUnary(client, shouldAcceptAttestedReport, noReport))).toEqual(missing('ri'));
    expect(await refusal(callUnary(client, shouldTransmitAcceptedReport, noReport))).toEqual(missing('ri'));
    expect(remote.calls).toEqual([]);
  });

  test('an oracle id is cut to its byte, as Go does', async () => {
    await plugin({ ...PROTOCOL_CONFIG, oracleId: 258 });
    expect(configs[0]?.oracleId).toBe(2);
  });
});
