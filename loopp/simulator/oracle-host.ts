import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { ReportingPluginFactory } from '../../src/contract/reporting-plugin.ts';

/** Makes the reporting plugins of one oracle. */
export interface OracleFactory extends ReportingPluginFactory {
  /** Ends the factory, but not its plugins. Idempotent. */
  close(): Promise<void>;
}

/**
 * Where the oracles of a DON have their plugins. What a plugin refuses rejects with grpc-js' `ServiceError` or with
 * `LaneError` of kind `protocol`; anything else means that the plugin is gone.
 */
export interface OracleHost {
  /** How often something that was lost was launched again. */
  readonly relaunches: number;
  /** Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile; nothing is left then. */
  start(signal?: AbortSignal): Promise<void>;
  /** The factory of an oracle, 0 or more, over its external adapter; to be asked for once an oracle. */
  factoryOf(oracle: number, adapter: ExternalAdapter): OracleFactory;
  /** Nothing is left. Idempotent. */
  close(): Promise<void>;
}
