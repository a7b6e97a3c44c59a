import type { Server } from '@grpc/grpc-js';
import { handleUnary } from '../wire/grpc.ts';
import { LoopService } from '../wire/services.ts';

/** The name under which the plugin reports its health; what its logger is called, as in Go. */
const SERVICE_NAME = 'PluginSecureMint';
/** Close is answered over the connection that it may end. */
const CLOSE_DELAY_MS = 50;

/**
 * Serves `loop.Service` for something that is ready and healthy until it is closed (docs/spec/loopp-wire.md D.2, D.6), on
 * the main connection for the whole plugin and on that of a factory for the factory (D.1). `close` is called after the
 * reply, once for each Close that came.
 */
export function registerLoopService(server: Server, close: () => void): void {
  let trouble = '';
  handleUnary(server, LoopService.ready, () => {
    if (trouble !== '') throw new Error(`${SERVICE_NAME}: ${trouble}`);
    return {};
  });
  handleUnary(server, LoopService.healthReport, () => ({
    healthReport: new Map([[SERVICE_NAME, trouble]]),
  }));
  handleUnary(server, LoopService.close, () => {
    trouble = 'it is closed';
    setTimeout(close, CLOSE_DELAY_MS).unref();
    return {};
  });
}
