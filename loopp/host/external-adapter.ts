import type { Server } from '@grpc/grpc-js';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import { messageOf } from '../../src/errors.ts';
import { handleUnary } from '../wire/grpc.ts';
import { ExternalAdapterService } from '../wire/upstream-services.ts';
import { blocksText, packPayload } from '../wire/upstream-values.ts';

/** Serves an external adapter to the plugin; its failures are UNKNOWN with upstream's text (docs/spec/loopp-wire.md D.4). */
export function registerExternalAdapter(server: Server, adapter: ExternalAdapter): void {
  handleUnary(server, ExternalAdapterService.getPayload, async ({ value }, call) => {
    try {
      return packPayload(await adapter.getPayload(value, call));
    } catch (error) {
      const what = `failed to get payload from external adapter for request ${blocksText(value)}`;
      throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
    }
  });
}
