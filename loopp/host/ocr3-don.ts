import type { ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import { within } from './deadline.ts';
import type { LaunchedPlugin } from './launch.ts';
import type { Ocr3Oracle } from './ocr3-round.ts';
import type { HostOptions } from './options.ts';

/** What a DON is made with; rounds with equal ones share it. */
export interface DonConfig {
  readonly aggregator: SecureMintConfig;
  /** Oracles. */
  readonly n: number;
  /** Tolerated faulty oracles. */
  readonly f: number;
}

/** The oracles of one DON while a round has them for itself. */
export interface HeldDon {
  readonly oracles: readonly Ocr3Oracle[];
  /** The round leaves something behind that the next one must not see. */
  discard(): void;
}

/** An oracle in a plugin process. */
export interface RemoteOracle extends Ocr3Oracle {
  /** Ends its plugin and its factory, on both sides. Never rejects: with the process they are gone anyway. */
  close(): Promise<void>;
}

/**
 * Makes one oracle with a factory of its own. Rejects with grpc-js' `ServiceError`, and with `broker closed` after the
 * process ended.
 */
export async function newOracle(
  process: LaunchedPlugin,
  aggregator: SecureMintConfig,
  config: ReportingPluginConfig,
  { startTimeoutMs, laneTimeoutMs }: HostOptions,
): Promise<RemoteOracle> {
  const factory = await process.newFactory(aggregator, within(startTimeoutMs));
  const { plugin } = await factory.newReportingPlugin(config);
  return {
    plugin,
    submit: (submission) => factory.submit(submission, within(laneTimeoutMs)),
    close: async () => {
      await Promise.allSettled([plugin.close(), factory.close(within(laneTimeoutMs))]);
    },
  };
}

/** The DONs in one plugin process, kept from round to round: making one costs far more than a round. */
export class ProcessDons {
  readonly process: LaunchedPlugin;
  /** DONs made so far. */
  made = 0;
  private readonly options: HostOptions;
  private readonly dons = new Map<string, Promise<readonly RemoteOracle[]>>();

  constructor(process: LaunchedPlugin, options: HostOptions) {
    this.process = process;
    this.options = options;
  }

  /** The DON of a key, made with `config` by the first who asks. Rejects as `newOracle`. */
  get(key: string, config: DonConfig): Promise<readonly RemoteOracle[]> {
    const known = this.dons.get(key);
    if (known !== undefined) return known;
    this.made++;
    const made = this.make(config);
    this.dons.set(key, made);
    return made;
  }

  /** The next who asks for it gets another one. */
  discard(key: string): void {
    const discarded = this.dons.get(key);
    this.dons.delete(key);
    discarded?.then(
      (oracles) => oracles.map((oracle) => oracle.close()),
      () => undefined,
    );
  }

  private make({ aggregator, n, f }: DonConfig): Promise<readonly RemoteOracle[]> {
    const oracles = Array.from({ length: n }, (_, oracleId) =>
      newOracle(this.process, aggregator, protocolConfig(oracleId, n, f), this.options),
    );
    return Promise.all(oracles);
  }
}

/** Equal for configurations whose rounds share a DON. */
export function keyOf({ aggregator, n, f }: DonConfig): string {
  const { targetChainSelector, dataId, revision } = aggregator;
  return JSON.stringify([String(targetChainSelector), dataId, revision, n, f]);
}

/** A configuration of the protocol without limits of its own; the digest names no contract. */
export function protocolConfig(oracleId: number, n: number, f: number): ReportingPluginConfig {
  return {
    configDigest: new Uint8Array(32),
    oracleId,
    n,
    f,
    onchainConfig: new Uint8Array(),
    offchainConfig: new Uint8Array(),
    estimatedRoundIntervalNs: 1_000_000_000n,
    maxDurationQueryNs: 0n,
    maxDurationObservationNs: 0n,
    maxDurationShouldAcceptAttestedReportNs: 0n,
    maxDurationShouldTransmitAcceptedReportNs: 0n,
  };
}
