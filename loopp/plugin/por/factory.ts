import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type { NewReportingPlugin, ReportingPluginFactory } from '../../../src/contract/reporting-plugin.ts';
import type { LatestTransmissionReader } from '../../../src/contract/transmission.ts';
import { porLimits } from './limits.ts';
import { decodeOffchainConfig } from './messages.ts';
import { PorPlugin } from './plugin.ts';

/** The name that libocr shows for the plugin. */
const PLUGIN_NAME = 'PorReportingPluginV1';

/**
 * Makes proof-of-reserve plugins over one external adapter (docs/spec/por-plugin.md). Without a reader they transmit
 * whatever was attested. Rejects with `MessageError` for an offchain config that is not one.
 */
export function porFactory(
  adapter: ExternalAdapter,
  reader?: LatestTransmissionReader,
): ReportingPluginFactory {
  return {
    newReportingPlugin: async ({ configDigest, n, f, offchainConfig }): Promise<NewReportingPlugin> => {
      const { maxChains } = decodeOffchainConfig(offchainConfig);
      const plugin = new PorPlugin({ adapter, reader, configDigest, rules: { n, f, maxChains } });
      return { plugin, info: { name: PLUGIN_NAME, limits: porLimits(maxChains) } };
    },
  };
}
