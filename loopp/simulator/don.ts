import { setTimeout as delay } from 'node:timers/promises';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import type { OracleHost } from './oracle-host.ts';
import { PorOracle } from './oracle.ts';

/** What every oracle of a DON is made with. */
export interface DonConfig {
  /** Oracles, 1 to 31. */
  readonly n: number;
  /** Tolerated faulty oracles, less than n / 3. */
  readonly f: number;
  /** Chains that are tracked at most. */
  readonly maxChains: number;
  /** 32 bytes: of the protocol's configuration. */
  readonly configDigest: Uint8Array;
}

/** Plugins are given so long to close; what does not is ended with its host. */
const CLOSE_TIMEOUT_MS = 2000;

/** The oracles of a DON and what their plugins live in. */
export class PorDon {
  readonly oracles: readonly PorOracle[];
  private readonly host: OracleHost;

  /** Starts nothing yet. `adapterOf`: where each oracle gets what it reports. */
  constructor(config: DonConfig, host: OracleHost, adapterOf: (oracle: number) => ExternalAdapter) {
    this.host = host;
    this.oracles = Array.from(
      { length: config.n },
      (_, oracle) => new PorOracle(host.factoryOf(oracle, adapterOf(oracle)), protocolConfig(config, oracle)),
    );
  }

  /** Ends the plugins and their host. Idempotent. */
  async close(): Promise<void> {
    const closed = Promise.all(this.oracles.map((oracle) => oracle.close()));
    await Promise.race([closed, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    await this.host.close();
    await closed;
  }
}

/** Without time limits of the protocol's own; no contract is behind it. */
function protocolConfig(
  { n, f, maxChains, configDigest }: DonConfig,
  oracleId: number,
): ReportingPluginConfig {
  return {
    configDigest,
    oracleId,
    n,
    f,
    onchainConfig: new Uint8Array(),
    offchainConfig: Buffer.from(JSON.stringify({ MaxChains: maxChains })),
    estimatedRoundIntervalNs: 1_000_000_000n,
    maxDurationQueryNs: 0n,
    maxDurationObservationNs: 0n,
    maxDurationShouldAcceptAttestedReportNs: 0n,
    maxDurationShouldTransmitAcceptedReportNs: 0n,
  };
}
