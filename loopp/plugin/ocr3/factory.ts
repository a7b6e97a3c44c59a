import type {
  NewReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
} from '../../../src/contract/reporting-plugin.ts';
import { protocolLimits, readLimits } from './limits.ts';
import type { OutcomeRules } from './outcome.ts';
import { CapabilityPlugin } from './plugin.ts';
import type { CapabilityParts } from './plugin.ts';

/** What a factory brings to every plugin it makes; `f` and the limits come with the protocol's configuration. */
export interface CapabilityFactoryParts extends Omit<CapabilityParts, 'rules'> {
  readonly aggregate: OutcomeRules['aggregate'];
  readonly revision: OutcomeRules['revision'];
  /** The aggregator's `values.v1.Map`: one factory is one aggregator configuration. Without it there is no plugin. */
  readonly config: Uint8Array | undefined;
}

/** The name that libocr shows for the plugin. */
const PLUGIN_NAME = 'Secure Mint';

/** The factory was made without an aggregator config, so there is nothing to make a plugin over. */
export class NoConfigError extends Error {
  override readonly name = 'NoConfigError';

  constructor() {
    super('the factory has no aggregator config: expected one in NewSecureMintFactory');
  }
}

/**
 * Makes capability plugins over one aggregator configuration; they share the requests that wait. Rejects with
 * `NoConfigError` and with what `readLimits` throws.
 */
export function capabilityFactory(parts: CapabilityFactoryParts): ReportingPluginFactory {
  const { aggregate, revision, config, ...rest } = parts;
  return {
    newReportingPlugin: async ({ f, offchainConfig }: ReportingPluginConfig): Promise<NewReportingPlugin> => {
      if (config === undefined) throw new NoConfigError();
      const limits = readLimits(offchainConfig);
      parts.requests.timeoutMs = limits.requestTimeoutMs;
      const plugin = new CapabilityPlugin({ ...rest, rules: { aggregate, revision, config, f, limits } });
      return { plugin, info: { name: PLUGIN_NAME, limits: protocolLimits(limits) } };
    },
  };
}
