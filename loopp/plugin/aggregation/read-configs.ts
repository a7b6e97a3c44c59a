import { decodeValueMap } from '../../../src/codec/values.ts';
import type { Revision } from '../../../src/contract/round.ts';
import type { AggregatorConfig } from './config.ts';
import { RULES } from './revisions.ts';

/**
 * Reads configurations, the last good one once: Go makes an aggregator for a configuration and asks it for every round,
 * while here each execution brings the bytes again.
 */
export class ReadConfigs {
  private last:
    | { readonly revision: Revision; readonly bytes: Uint8Array; readonly config: AggregatorConfig }
    | undefined;

  /**
   * Decodes now and parses later, because Go refuses bytes that are no protobuf before anything else. Throws
   * `ProtobufError`, what it answers throws `ConfigError`.
   */
  open(revision: Revision, bytes: Uint8Array): () => AggregatorConfig {
    const { last } = this;
    if (last?.revision === revision && Buffer.compare(last.bytes, bytes) === 0) return () => last.config;
    const map = decodeValueMap(bytes);
    return () => {
      const config = RULES[revision].parseConfig(map);
      // A copy: the bytes are a view into a message that should not be kept for them.
      this.last = { revision, bytes: Uint8Array.from(bytes), config };
      return config;
    };
  }
}
