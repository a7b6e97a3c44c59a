import type { Server } from '@grpc/grpc-js';
import { handleUnary } from '../wire/grpc.ts';
import { LoopService } from '../wire/services.ts';

/** The name under which the plugin reports its health; what its logger is called, as in Go. */
const SERVICE_NAME = 'PluginSecureMint';
/** Close is answered over the connection that it ends. */
const CLOSE_DELAY_MS = 50;

/**
 * Serves `loop.Service` for something that is ready and healthy as long as it is served (docs/spec/loopp-wire.md D.2,
 * D.6). `close` is called after the reply, once for each Close that came.
 */
export function registerLoopService(server: Server, close: () => void): void {
  handleUnary(server, LoopService.ready, () => ({}));
  handleUnary(server, LoopService.healthReport, () => ({ healthReport: new Map([[SERVICE_NAME, '']]) }));
  handleUnary(server, LoopService.close, () => {
    setTimeout(close, CLOSE_DELAY_MS).unref();
    return {};
  });
}
