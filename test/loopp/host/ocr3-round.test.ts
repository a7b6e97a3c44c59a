import { join } from 'node:path';
import { Readable } from 'node:stream';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { launch } from '../../../loopp/host/launch.ts';
import type { LaunchedPlugin } from '../../../loopp/host/launch.ts';
import { newOracle } from '../../../loopp/host/ocr3-don.ts';
import { ocr3Round } from '../../../loopp/host/ocr3-round.ts';
import type { Ocr3Oracle } from '../../../loopp/host/ocr3-round.ts';
import { Ocr3RoundError } from '../../../loopp/host/ocr3-said.ts';
import { aggregate } from '../../../loopp/plugin/aggregation/aggregate.ts';
import { dataFeedsEncoders } from '../../../loopp/plugin/ocr3/encoder.ts';
import { capabilityFactory } from '../../../loopp/plugin/ocr3/factory.ts';
import type { CapabilityFactoryParts } from '../../../loopp/plugin/ocr3/factory.ts';
import { decodeReportInfo } from '../../../loopp/plugin/ocr3/report-info.ts';
import { PendingRequests } from '../../../loopp/plugin/ocr3/requests.ts';
import { asServiceError } from '../../../loopp/wire/grpc.ts';
import type { SecureMintConfig } from '../../../loopp/wire/messages.ts';
import { executionId, outcomeContext, submissionOf } from '../../../loopp/wire/submission.ts';
import { AggregationOutcome, CapabilityOutcome, Observations, Query } from '../../../src/codec/capability.ts';
import { decodeReport, reportRows } from '../../../src/codec/dfcache.ts';
import { encodeValueList } from '../../../src/codec/values-encode.ts';
import { decodeValueMap } from '../../../src/codec/values.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import type { Round } from '../../../src/contract/round.ts';
import { readRounds } from '../../../src/rounds/read.ts';
import { DATA_ID, SELECTORS, plainRound } from '../../helpers/arbitraries.ts';
import { toHex } from '../../helpers/wire.ts';
import {
  PROTOCOL_CONFIG,
  aggregateInProcess,
  entryOf,
  keptLog,
  noLog,
  plain,
} from '../plugin/ocr3/builders.ts';
import type { Entry } from '../plugin/ocr3/builders.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CAPTURE = join(ROOT, 'examples/don-2025-09.jsonl.gz');
const N = 4;
const OPTIONS = { ...HOST_DEFAULTS, laneTimeoutMs: 20_000 };
/** The four chains' first rounds, every kind of round among them. */
const ROUNDS = 120;

async function captured(): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for await (const read of readRounds([CAPTURE], Readable.from([]))) {
    if (read.kind === 'bad') throw read.error;
    rounds.push(read.round);
    if (rounds.length === ROUNDS) break;
  }
  return rounds;
}

type Aggregate = CapabilityFactoryParts['aggregate'];

async function inProcess(round: Round, by: Aggregate, log = noLog): Promise<Ocr3Oracle> {
  const requests = new PendingRequests(() => 0);
  const { revision, config } = round;
  const encoders = dataFeedsEncoders(revision);
  const parts = { aggregate: by, revision, config, encoders, requests, nowMs: () => 1_700_000_000_000, log };
  const { plugin } = await capabilityFactory(parts).newReportingPlugin(PROTOCOL_CONFIG);
  return { plugin, submit: async (request) => requests.add(request) };
}

const donOf = (round: Round, by: Aggregate, log = noLog): Promise<readonly Ocr3Oracle[]> =>
  Promise.all(Array.from({ length: N }, () => inProcess(round, by, log)));

/** `securemint.SecureMintConfig` of a round's aggregator config. */
function factoryConfig(round: Round): SecureMintConfig {
  const config = decodeValueMap(round.config);
  const textAt = (key: string): string => {
    const value = config.get(key);
    return value?.kind === 'string' ? value.value : '';
  };
  const targetChainSelector = BigInt.asIntN(64, BigInt(textAt('targetChainSelector')));
  return { targetChainSelector, dataId: textAt('dataID'), revision: round.revision };
}

let rounds: readonly Round[];
let plugin: LaunchedPlugin;
/** The DON of each aggregator config, all in one plugin process. */
const dons = new Map<string, readonly Ocr3Oracle[]>();

beforeAll(async () => {
  rounds = await captured();
  const command = {
    file: process.execPath,
    args: [join(ROOT, 'dist/src/cli/main.js'), 'plugin'],
    path: undefined,
  };
  plugin = await launch(command, OPTIONS, new AbortController().signal);
});
afterAll(() => plugin.close());

async function remoteDon(round: Round): Promise<readonly Ocr3Oracle[]> {
  const key = toHex(round.config);
  const known = dons.get(key);
  if (known !== undefined) return known;
  const don = await Promise.all(
    Array.from({ length: N }, (_, oracleId) =>
      newOracle(plugin, factoryConfig(round), { ...PROTOCOL_CONFIG, oracleId }, OPTIONS),
    ),
  );
  dons.set(key, don);
  return don;
}

describe('rounds of the bundled capture through four oracles of the plugin process', () => {
  test('give, byte for byte, what the same rules give over the aggregator in this process', async () => {
    let reported = 0;
    for (const round of rounds) {
      const held = await ocr3Round(await remoteDon(round), round);
      const { plugin: control } = await inProcess(round, aggregateInProcess);
      const context = outcomeContext(round);
      const outcome = await control.outcome(context, held.query, held.observations);
      expect(toHex(held.outcome)).toBe(toHex(outcome));
      const reports = await control.reports(context.seqNr, outcome);
      const expected = reports.map((report) => ({
        ...report,
        transmitted: decodeReportInfo(report.reportWithInfo.info).shouldReport,
      }));
      expect(plain(held.reports)).toEqual(plain(expected));
      reported += reports.length;
      // Without a report the request waits on: with twenty of them, no query has room for another.
      if (reports.length === 0) dons.delete(toHex(round.config));
    }
    // A quarter of them is for Solana, which has no encoder, and some have nothing to report.
    expect(reported).toBeGreaterThan(ROUNDS / 2);
  });

  test('a request is gone once its report was accepted', async () => {
    const [round] = rounds;
    if (round === undefined) throw new Error('the capture is empty');
    for (const { plugin: oracle } of await remoteDon(round)) {
      expect(await oracle.query(outcomeContext(round))).toEqual(new Uint8Array());
    }
  });
});

describe('rounds through four oracles in this process', () => {
  test('give the same bytes over either aggregator', async () => {
    for (const round of rounds) {
      const candidate = await ocr3Round(await donOf(round, aggregate), round);
      const control = await ocr3Round(await donOf(round, aggregateInProcess), round);
      expect(plain({ ...candidate, durationNs: 0 })).toEqual(plain({ ...control, durationNs: 0 }));
    }
  });

  test('hold the outcome that a real Go node gave, with the consensus sequence number and the oracles’ time', async () => {
    for (const round of rounds) {
      const { outcome } = await ocr3Round(await donOf(round, aggregate), round);
      const own = CapabilityOutcome.decode(outcome).outcomes.get(executionId(round).workflowId);
      const expected = round.witness?.answers.map((answer) => {
        if (answer.kind !== 'outcome') throw new Error('expected outcomes in the capture');
        const witnessed = AggregationOutcome.decode(answer.outcome);
        const timestamp = { seconds: 1_700_000_000n, nanos: 0 };
        return { ...witnessed, lastSeenAt: BigInt(round.consensusSeqNr ?? 1), timestamp };
      });
      expect(expected).toContainEqual(own);
    }
  });

  test('report to the Data Feeds Cache what the outcome holds; Solana is left out with its text', async () => {
    for (const round of rounds.slice(0, 40)) {
      const { lines, log } = keptLog();
      const { outcome, reports } = await ocr3Round(await donOf(round, aggregate, log), round);
      const [current] = CapabilityOutcome.decode(outcome).currentReports;
      const encodable = current?.outcome?.encodableOutcome;
      if (encodable?.has('account_context_hash') === true) {
        expect(reports).toEqual([]);
        expect(lines).toHaveLength(N);
        expect(lines[0]).toMatch(
          /^error could not encode report for workflow .*no encoder for Solana reports/,
        );
      } else {
        const [only] = reports;
        const { report = new Uint8Array(), info = new Uint8Array() } = only?.reportWithInfo ?? {};
        const { id, shouldReport } = decodeReportInfo(info);
        expect(id).toEqual(executionId(round));
        expect(only?.transmitted).toBe(shouldReport);
        const rows = shouldReport ? (await decodeReport('2025-09', report)).rows : report;
        expect(rows).toEqual(encodable ? reportRows('2025-09', encodable).map(asBuffer) : new Uint8Array());
      }
    }
  });
});

const asBuffer = <T extends { readonly dataId: Uint8Array }>(row: T): T => ({
  ...row,
  dataId: Buffer.from(row.dataId),
});

const stranger: Aggregate = () => ({
  kind: 'outcome',
  outcome: AggregationOutcome.encode({ metadata: Uint8Array.of(1) }),
});

describe('a round', () => {
  const round = plainRound({ round: { consensusSeqNr: 6, workflow: 'workflow' } });

  test('is led by the oracles in turn; a silent one is passed over', async () => {
    const leaders: number[] = [];
    for (const consensusSeqNr of [6, 7, 8]) {
      const turn = { ...round, consensusSeqNr };
      leaders.push((await ocr3Round(await donOf(turn, aggregate), turn)).leader);
    }
    expect(leaders).toEqual([2, 3, 0]);
    const silent = { ...round, observations: round.observations.filter(({ oracle }) => oracle !== 2) };
    expect(await ocr3Round(await donOf(silent, aggregate), silent)).toMatchObject({ leader: 3 });
  });

  test('with too few speaking oracles ends without a report', async () => {
    const few = { ...round, observations: round.observations.slice(0, 2) };
    expect(await ocr3Round(await donOf(few, aggregate), few)).toMatchObject({
      outcome: new Uint8Array(),
      reports: [],
    });
  });

  test('needs its oracles, and a quorum of them', async () => {
    const don = await donOf(round, aggregate);
    const refused = ocr3Round(don.slice(0, 3), round);
    await expect(refused).rejects.toThrow('round "round-1": expected oracles 0 to 2, got oracle 3');
    const two = { ...round, observations: round.observations.slice(0, 2) };
    const held = ocr3Round((await donOf(two, aggregate)).slice(0, 2), two);
    await expect(held).rejects.toThrow('round "round-1": the observations are no quorum');
  });

  test('in which oracles do not agree is an error', async () => {
    const don = [
      ...(await donOf(round, aggregate)).slice(0, 3),
      ...(await donOf(round, stranger)).slice(0, 1),
    ];
    await expect(ocr3Round(don, round)).rejects.toThrow(
      'round "round-1": oracles 0 and 3 do not agree on the outcome',
    );
  });

  test('has ids in hex whatever its own look like', () => {
    const id = executionId({ ...round, id: 'ab'.repeat(32) });
    expect(id.workflowExecutionId).toBe('ab'.repeat(32));
    expect(id.workflowId).toMatch(/^[0-9a-f]{64}$/);
    expect(executionId({ ...round, id: 'x' }).workflowId).toBe(id.workflowId);
  });
});

describe('an oracle that does not say what it was given', () => {
  const round = plainRound({ round: { consensusSeqNr: 6, workflow: 'workflow' } });
  const id = executionId(round);
  const { workflowExecutionId: execution } = id;
  const another = { ...id, workflowExecutionId: 'ab'.repeat(32) };
  const foreign = { ...id, workflowOwner: '11'.repeat(20) };
  const [first] = round.observations;
  const values = first === undefined ? [] : submissionOf(round, first).observations;
  const size = encodeValueList(values).length;
  const given = `expected an observation of 1 value in ${String(size)} bytes for execution "${execution}"`;
  const timestamp = { seconds: 1_700_000_000n, nanos: 0 };
  const saying = (entry: Partial<Entry>): Uint8Array =>
    Observations.encode({ observations: [entryOf(id, { observations: values, ...entry })], timestamp });

  async function held(liar: number, lie: Partial<ReportingPlugin>, of = round): Promise<unknown> {
    const don = await donOf(of, aggregate);
    const lying = don.map((oracle, number) => (number === liar ? lyingOracle(oracle, lie) : oracle));
    return ocr3Round(lying, of);
  }

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'one for none'],
    ['another execution', Query.encode({ ids: [another] }), 'one for another one'],
    ['other executions', Query.encode({ ids: [another, another] }), 'one for 2 others'],
    ['the execution of another owner', Query.encode({ ids: [foreign, id] }), 'one with another id of it'],
    ['what is no query', Uint8Array.of(0xff), 'bytes that are no protobuf'],
  ])('asks, as leader, for %s', async (_, query, got) => {
    await expect(held(2, { query: async () => query })).rejects.toThrow(
      refused(`oracle 2: expected a query for execution "${execution}", got ${got}`),
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['leaves the execution out', Observations.encode({ timestamp }), 'none'],
    ['drops its values', saying({ observations: [] }), 'one of 0 values in 0 bytes that differs from byte 0'],
    [
      'says a value twice',
      saying({ observations: [...values, ...values] }),
      `one of 2 values in ${String(2 * size)} bytes that differs from byte ${String(size)}`,
    ],
    ['says them for another owner', saying({ id: foreign }), 'one with another id of it'],
    ['names an encoder', saying({ overriddenEncoderName: 'own' }), 'one that names the encoder "own"'],
  ])('%s', async (_, observation, got) => {
    await expect(held(0, { observation: async () => observation })).rejects.toThrow(
      refused(`oracle 0: ${given}, got ${got}`),
    );
  });

  test('says bytes that are no observation, and no oracle objects', async () => {
    const lie = { observation: async () => Uint8Array.of(0xff), validateObservation: async () => undefined };
    const don = await donOf(round, aggregate);
    await expect(
      ocr3Round(
        don.map((oracle) => lyingOracle(oracle, lie)),
        round,
      ),
    ).rejects.toThrow(refused(`oracle 0: ${given}, got bytes that are no protobuf`));
  });

  test('says something although it was given nothing', async () => {
    const silent = { ...round, observations: round.observations.filter(({ oracle }) => oracle !== 0) };
    await expect(held(0, { observation: async () => saying({}) }, silent)).rejects.toThrow(
      refused(
        `oracle 0: expected no observation for execution "${execution}", got one of 1 value in ${String(size)} bytes`,
      ),
    );
  });
});

const refused = (what: string): Ocr3RoundError => new Ocr3RoundError(`round "round-1": ${what}`);

function lyingOracle({ plugin: honest, submit }: Ocr3Oracle, lie: Partial<ReportingPlugin>): Ocr3Oracle {
  const lying: ReportingPlugin = {
    query: (...args) => honest.query(...args),
    observation: (...args) => honest.observation(...args),
    validateObservation: (...args) => honest.validateObservation(...args),
    observationQuorum: (...args) => honest.observationQuorum(...args),
    outcome: (...args) => honest.outcome(...args),
    reports: (...args) => honest.reports(...args),
    shouldAcceptAttestedReport: (...args) => honest.shouldAcceptAttestedReport(...args),
    shouldTransmitAcceptedReport: (...args) => honest.shouldTransmitAcceptedReport(...args),
    close: () => honest.close(),
    ...lie,
  };
  return { plugin: lying, submit };
}

const refusal = async (
  asked: Promise<unknown>,
): Promise<readonly [string | undefined, string | undefined]> => {
  const error = asServiceError(await asked.catch((thrown: unknown) => thrown));
  return [error && status[error.code], error?.details];
};

describe('Submit', () => {
  const aggregator = {
    targetChainSelector: BigInt.asIntN(64, SELECTORS.ethereum),
    dataId: DATA_ID,
    revision: '',
  };
  const id = executionId(plainRound());

  test('takes a request up to the next round of its own factory, and of no other', async () => {
    const oracle = await newOracle(plugin, aggregator, PROTOCOL_CONFIG, OPTIONS);
    const other = await newOracle(plugin, aggregator, PROTOCOL_CONFIG, OPTIONS);
    await oracle.submit({ id, observations: [] });
    await oracle.submit({ id, observations: [] });
    const context = outcomeContext(plainRound());
    const query = await oracle.plugin.query(context);
    const said = Observations.decode(await oracle.plugin.observation(context, query));
    expect(said).toMatchObject({ observations: [{ id }], registeredWorkflowIds: [id.workflowId] });
    expect(await other.plugin.query(context)).toEqual(new Uint8Array());
  });

  test('refuses what no round could use', async () => {
    const oracle = await newOracle(plugin, aggregator, PROTOCOL_CONFIG, OPTIONS);
    await oracle.submit({ id, observations: [] });
    expect(await refusal(oracle.submit({ id: { ...id, workflowId: '' }, observations: [] }))).toEqual([
      'INVALID_ARGUMENT',
      'id.workflowId: expected a text, got none',
    ]);
    expect(await refusal(oracle.submit({ id, observations: [{ kind: 'nil' }] }))).toEqual([
      'INVALID_ARGUMENT',
      `execution "${id.workflowExecutionId}" already waits with other contents`,
    ]);
  });
});
