import { expect } from 'vitest';
import { legacyLane } from '../../../legacy/lane.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { aggregate } from '../../../loopp/plugin/aggregation/aggregate.ts';
import { porFactory } from '../../../loopp/plugin/por/factory.ts';
import type { Fault, FaultName } from '../../../loopp/simulator/faults.ts';
import type { OracleFactory, OracleHost } from '../../../loopp/simulator/oracle-host.ts';
import type { SimulatorOptions, SimulatorParts } from '../../../loopp/simulator/options.ts';
import { PluginProcesses } from '../../../loopp/simulator/plugin-processes.ts';
import type { PluginProcessesOptions } from '../../../loopp/simulator/plugin-processes.ts';
import { DonSimulator } from '../../../loopp/simulator/simulator.ts';
import type { World } from '../../../loopp/simulator/world.ts';
import { decodeValue } from '../../../src/codec/values.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import { LaneError } from '../../../src/contract/lane.ts';
import type { Lane, Outcome } from '../../../src/contract/lane.ts';
import type { Round } from '../../../src/contract/round.ts';
import { messageOf } from '../../../src/errors.ts';
import { formatRound } from '../../../src/rounds/format.ts';
import { SELECTORS } from './chains.ts';
import { OWN_PLUGIN } from '../host/sandbox.ts';
import type { Sandbox } from '../host/sandbox.ts';

const { ethereum, arbitrum, solana } = SELECTORS;

/** A small DON of the usual size. */
export const OPTIONS = {
  rounds: 6,
  seed: 7,
  n: 4,
  f: 1,
  chains: [ethereum, arbitrum, solana],
  revision: '2025-09',
  faults: [],
} as const satisfies SimulatorOptions;

/** In every round. */
export const always = (name: FaultName, oracle: number): Fault => ({ name, oracle, percent: 100 });

/** A world that all oracles see alike, with a new block on every chain in every round. */
export const movingWorld: World = {
  chains: [solana, arbitrum, ethereum],
  latestBlock: (_selector, round) => BigInt(1000 + 10 * round),
  mintable: (selector, block) => (selector % 1000n) * 1_000_000n + block,
  reserves: () => ({ reserveAmount: 1n, timestampNs: 0n }),
};

/** The product's reporting plugins in this process. */
export class InProcess implements OracleHost {
  readonly relaunches = 0;
  /** Makes a plugin do something else. */
  spoil: (plugin: ReportingPlugin, oracle: number) => void = () => undefined;

  start(): Promise<void> {
    return Promise.resolve();
  }

  factoryOf(oracle: number, adapter: ExternalAdapter): OracleFactory {
    return {
      newReportingPlugin: async (config) => {
        const made = await porFactory(adapter).newReportingPlugin(config);
        const validate = made.plugin.validateObservation.bind(made.plugin);
        made.plugin.validateObservation = (...asked) => validate(...asked).catch(refuse);
        this.spoil(made.plugin, oracle);
        return made;
      },
      close: () => Promise.resolve(),
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** As it comes over the wire. */
function refuse(error: unknown): never {
  throw new LaneError('protocol', messageOf(error), { cause: error });
}

/** The product's plugin in processes. */
export const pluginProcesses = (
  sandbox: Sandbox,
  options: Partial<PluginProcessesOptions> = {},
): PluginProcesses =>
  new PluginProcesses({
    command: sandbox.node(OWN_PLUGIN),
    // A machine that is busy may take its time.
    host: { ...HOST_DEFAULTS, laneTimeoutMs: 20_000 },
    log: () => undefined,
    oracles: OPTIONS.n,
    ...options,
  });

export const aggregateRound = (round: Round): Outcome =>
  aggregate({ ...round, previousOutcome: round.previousOutcome ?? undefined });

export interface Simulated {
  readonly rounds: readonly Round[];
  readonly simulator: DonSimulator;
}

/** All rounds of a simulation; `between` is called after each. */
export async function simulate(
  options: Partial<SimulatorOptions> = {},
  parts: Partial<SimulatorParts> = {},
  between: (simulator: DonSimulator) => void = () => undefined,
): Promise<Simulated> {
  const host = new InProcess();
  const simulator = new DonSimulator(
    { ...OPTIONS, ...options },
    { host, aggregate: aggregateRound, ...parts },
  );
  try {
    await simulator.start();
    const rounds: Round[] = [];
    for await (const round of simulator.rounds()) {
      rounds.push(round);
      between(simulator);
    }
    return { rounds, simulator };
  } finally {
    await simulator.close();
  }
}

/** As they stand in a capture. */
export const linesOf = ({ rounds }: Pick<Simulated, 'rounds'>): readonly string[] =>
  rounds.map((round) => JSON.stringify(formatRound(round)));

/** An event as an oracle reported it. */
export interface SeenEvent {
  readonly configDigest: Uint8Array;
  readonly seqNr: bigint;
  readonly selector: bigint;
  /** The plugin's JSON. */
  readonly report: Buffer;
  readonly block: bigint;
  readonly mintable: bigint;
  readonly signatures: readonly { readonly signer: number; readonly signature: Uint8Array }[];
}

/** What each oracle reported; throws for what is no event of a transmitter. */
export function eventsOf(round: Round): ReadonlyMap<number, readonly SeenEvent[]> {
  return new Map(round.observations.map(({ oracle, values }) => [oracle, values.map(eventIn)]));
}

export function eventIn(bytes: Uint8Array): SeenEvent {
  const entries = mapOf(decodeValue(bytes));
  const outputs = entries.has('event') ? mapOf(entries.get('event')) : entries;
  const outer = bytesOf(outputs.get('report')).toString();
  const [, base64 = '', info = ''] = /^\{"Report":"([^"]+)","Info":([0-9]+)\}$/.exec(outer) ?? [];
  const report = Buffer.from(base64, 'base64');
  const [, digest = '', seqNr = '', block = '', mintable = ''] = REPORT.exec(report.toString()) ?? [];
  const event = {
    configDigest: bytesOf(outputs.get('configDigest')),
    seqNr: numberOf(outputs.get('seqNr')),
    selector: BigInt(info),
    report,
    block: BigInt(block),
    mintable: BigInt(mintable),
    signatures: itemsOf(outputs.get('sigs')).map((item) => ({
      signer: Number(numberOf(mapOf(item).get('Signer'))),
      signature: bytesOf(mapOf(item).get('Signature')),
    })),
  };
  expect([digest, seqNr]).toEqual([event.configDigest.toString('hex'), String(event.seqNr)]);
  return event;
}

const REPORT = /^\{"ConfigDigest":"([0-9a-f]{64})","SeqNr":([0-9]+),"Block":([0-9]+),"Mintable":([0-9]+)\}$/;

function mapOf(value: Value | undefined): ValueMap {
  if (value?.kind !== 'map') throw new Error(`expected a map, got ${String(value?.kind)}`);
  return value.entries;
}

function itemsOf(value: Value | undefined): readonly Value[] {
  if (value?.kind !== 'list') throw new Error(`expected a list, got ${String(value?.kind)}`);
  return value.items;
}

function bytesOf(value: Value | undefined): Buffer {
  if (value?.kind !== 'bytes') throw new Error(`expected bytes, got ${String(value?.kind)}`);
  return Buffer.from(value.value);
}

function numberOf(value: Value | undefined): bigint {
  if (value?.kind !== 'int64' && value?.kind !== 'uint64')
    throw new Error(`expected a number, got ${String(value?.kind)}`);
  return value.value;
}

/** Both lanes answer each round alike; answers how. */
export async function lanesAgree(rounds: readonly Round[], loopp: Lane): Promise<readonly Outcome[]> {
  const legacy = legacyLane();
  return Promise.all(
    rounds.map(async (round) => {
      const [control, candidate] = await Promise.all([legacy.aggregate(round), loopp.aggregate(round)]);
      expect(shown(candidate), round.note).toEqual(shown(control));
      return control;
    }),
  );
}

const shown = (outcome: Outcome): string =>
  outcome.kind === 'error' ? outcome.error : Buffer.from(outcome.outcome).toString('hex');
