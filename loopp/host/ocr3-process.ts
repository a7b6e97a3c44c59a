import type { ReportingPluginConfig } from '../../src/contract/reporting-plugin.ts';
import type { SecureMintConfig } from '../wire/messages.ts';
import { within } from './deadline.ts';
import { launch } from './launch.ts';
import type { Ocr3Oracle } from './ocr3-round.ts';
import type { HostOptions, PluginCommand } from './options.ts';

/** A plugin process that holds the oracles of a DON: one factory and one reporting plugin for each. */
export interface Ocr3Process {
  readonly pid: number | undefined;
  /**
   * Makes one oracle with a factory of its own. Rejects with grpc-js' `ServiceError`, and with `broker closed` after the
   * process ended.
   */
  newOracle(aggregator: SecureMintConfig, config: ReportingPluginConfig): Promise<Ocr3Oracle>;
  /** Ends the process; nothing is left of it. Idempotent. */
  close(): Promise<void>;
}

/** Launches a plugin for its OCR3 service. Rejects with `AppError` PLUGIN_START. */
export async function launchOcr3(command: PluginCommand, options: HostOptions): Promise<Ocr3Process> {
  const plugin = await launch(command, options, new AbortController().signal);
  return {
    pid: plugin.pid,
    newOracle: async (aggregator, config) => {
      const factory = await plugin.newFactory(aggregator, within(options.startTimeoutMs));
      const made = await factory.newReportingPlugin(config);
      return {
        plugin: made.plugin,
        submit: (submission) => factory.submit(submission, within(options.laneTimeoutMs)),
      };
    },
    close: () => plugin.close(),
  };
}
