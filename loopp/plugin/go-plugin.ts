import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import type { Broker } from '../wire/broker.ts';
import { StatusError, handleDuplex, handleServerStream, handleUnary } from '../wire/grpc.ts';
import { SERVING } from '../wire/messages.ts';
import { GrpcBroker, GrpcController, GrpcStdio, HEALTH_SERVICE, Health } from '../wire/services.ts';

/** The streams a host keeps open; they have to end before the server can. */
export interface OpenStreams {
  endAll(): void;
}

interface Stream {
  end(): void;
  on(event: string, listener: () => void): unknown;
}

/**
 * Serves what go-plugin registers on every main connection (docs/spec/loopp-wire.md B): broker, controller, stdio and
 * health. `shutdown` is called, and awaited, before the controller's reply.
 */
export function registerGoPlugin(server: Server, broker: Broker, shutdown: () => Promise<void>): OpenStreams {
  const streams = new Set<Stream>();
  const keep = (stream: Stream): void => {
    streams.add(stream);
    for (const event of ['close', 'cancelled', 'error']) stream.on(event, () => streams.delete(stream));
  };
  handleDuplex(server, GrpcBroker.startStream, (call) => {
    keep(call);
    broker.attach(call);
  });
  // Nothing is ever sent: the log goes to the real standard error, and hosts discard this stream (A.6).
  handleServerStream(server, GrpcStdio.streamStdio, keep);
  handleUnary(server, GrpcController.shutdown, async () => {
    await shutdown();
    return {};
  });
  registerHealth(server, keep);
  return {
    endAll: () => {
      for (const stream of streams) stream.end();
    },
  };
}

function registerHealth(server: Server, keep: (stream: Stream) => void): void {
  handleUnary(server, Health.check, ({ service }) => {
    if (service !== '' && service !== HEALTH_SERVICE) {
      throw new StatusError(status.NOT_FOUND, 'unknown service');
    }
    return { status: SERVING };
  });
  handleServerStream(server, Health.watch, (call) => {
    keep(call);
    const { service } = call.request;
    call.write({ status: service === '' || service === HEALTH_SERVICE ? SERVING : SERVICE_UNKNOWN });
  });
}

/** grpc.health.v1: what Watch, unlike Check, answers for a service nobody knows. */
const SERVICE_UNKNOWN = 3;
