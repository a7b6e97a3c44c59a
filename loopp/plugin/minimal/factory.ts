import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type { NewReportingPlugin, ReportingPluginFactory } from '../../../src/contract/reporting-plugin.ts';
import { MAX_CHAINS, MAX_PAYLOAD_BYTES, MinimalPlugin } from './plugin.ts';

/** The name that libocr shows for the plugin. */
const PLUGIN_NAME = 'Minimal Secure Mint wiring';

/** Makes minimal plugins over one external adapter. */
export function minimalFactory(adapter: ExternalAdapter): ReportingPluginFactory {
  return {
    newReportingPlugin: async ({ f }): Promise<NewReportingPlugin> => ({
      plugin: new MinimalPlugin(adapter, f),
      info: { name: PLUGIN_NAME, limits: LIMITS },
    }),
  };
}

const LIMITS = {
  maxQueryLength: 0n,
  maxObservationLength: BigInt(MAX_PAYLOAD_BYTES),
  maxOutcomeLength: BigInt(MAX_PAYLOAD_BYTES),
  maxReportLength: BigInt(MAX_PAYLOAD_BYTES),
  maxReportCount: BigInt(MAX_CHAINS),
} as const;
