import type { LaneError } from '../../src/contract/lane.ts';
import type { ReportingPlugin, ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import { AppError } from '../../src/errors.ts';
import { toLaneError } from '../host/lane-errors.ts';
import { OutOfTimeError } from '../host/patience.ts';
import type { OracleFactory } from './oracle-host.ts';

/** Processes that an oracle may lose during one call. */
const LIVES = 3;

/**
 * One oracle of a DON and its reporting plugin. When that is gone with the process it was in, it is made again in the
 * next one and the call is made again: every call is pure, or asks an adapter that answers the same again, so that
 * nothing shows in what the DON comes to.
 */
export class PorOracle {
  private readonly factory: OracleFactory;
  private readonly config: ReportingPluginConfig;
  private making: Promise<ReportingPlugin> | undefined;

  constructor(factory: OracleFactory, config: ReportingPluginConfig) {
    this.factory = factory;
    this.config = config;
  }

  /**
   * Rejects with `LaneError` of kind `protocol` when the plugin refuses, and with `AppError` PLUGIN_START when it cannot be
   * reached in time.
   */
  async ask<T>(question: (plugin: ReportingPlugin) => Promise<T>): Promise<T> {
    for (let life = 1; ; life++) {
      this.making ??= this.factory.newReportingPlugin(this.config).then(({ plugin }) => plugin);
      const { making } = this;
      try {
        return await question(await making);
      } catch (error) {
        const failure = toLaneError(error);
        if (failure.kind === 'protocol') throw failure;
        const isLate = failure.kind === 'timeout' || error instanceof OutOfTimeError;
        if (isLate || life === LIVES) throw this.lost(failure);
        // Questions that were asked together find the same plugin gone, and share the next one.
        if (this.making === making) this.drop(making);
      }
    }
  }

  /** Ends the plugin and its factory, at the latest with its process. Never rejects. */
  async close(): Promise<void> {
    if (this.making !== undefined) await closed(this.making);
    await this.factory.close().catch(() => undefined);
  }

  private drop(making: Promise<ReportingPlugin>): void {
    this.making = undefined;
    void closed(making);
  }

  private lost(cause: LaneError): AppError {
    const oracle = `the plugin of oracle ${String(this.config.oracleId)}`;
    return new AppError('PLUGIN_START', `${oracle}: expected it to answer, got: ${cause.message}`, { cause });
  }
}

/** Never rejects: a plugin that was not made, or is gone, is closed. */
const closed = (making: Promise<ReportingPlugin>): Promise<void> =>
  making.then((plugin) => plugin.close()).catch(() => undefined);
