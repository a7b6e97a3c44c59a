import {
  Client,
  Metadata,
  Server,
  ServerCredentials,
  connectivityState,
  credentials,
  status,
} from '@grpc/grpc-js';
import type {
  CallOptions,
  ChannelOptions,
  ClientDuplexStream,
  ClientReadableStream,
  MethodDefinition,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  UntypedHandleCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { MessageType } from '../../src/codec/message.ts';
import type { Call } from '../../src/contract/call.ts';
import { messageOf } from '../../src/errors.ts';
import { HandledCall, toMetadata } from './call.ts';
import type { Method } from './services.ts';

/** How grpc-js meets our messages: definitions for servers, typed calls for clients. */

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

function definition<Request, Reply>(method: Method<Request, Reply>): MethodDefinition<Request, Reply> {
  return {
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: serializer(method.request),
    requestDeserialize: method.request.decode,
    responseSerialize: serializer(method.reply),
    responseDeserialize: method.reply.decode,
  };
}

const serializer =
  <T>(type: MessageType<T>) =>
  (value: T): Buffer =>
    asBuffer(type.encode(value));

/** Anything goes over 16 MiB from host to plugin; the host limits what comes back (`receiveLimitBytes`). */
const UNLIMITED = -1;

export function newServer(): Server {
  return new Server({
    'grpc.max_receive_message_length': UNLIMITED,
    'grpc.max_send_message_length': UNLIMITED,
  });
}

/**
 * Opens a lazy connection to a unix socket. No keepalive: grpc-go servers answer pings below five minutes with
 * GOAWAY too_many_pings (loopp-wire.md C.4).
 */
export function newClient(socket: string, receiveLimitBytes: number, options: ChannelOptions = {}): Client {
  return new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': receiveLimitBytes,
    'grpc.max_send_message_length': UNLIMITED,
    // Each plugin process has its own sockets: a shared subchannel pool could only hand out dead ones.
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
}

export function bind(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Called back with port 1 for unix sockets.
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Adds one unary method. What the handler throws becomes UNKNOWN, which is what a Go `error` becomes (C.6). */
export function handleUnary<Request, Reply>(
  server: Server,
  method: Method<Request, Reply>,
  handler: (request: Request, call: Call) => Reply | Promise<Reply>,
): void {
  const answer = async (
    call: ServerUnaryCall<Request, Reply>,
    callback: sendUnaryData<Reply>,
  ): Promise<void> => {
    const handled = new HandledCall(call);
    let reply: Reply;
    try {
      reply = await handler(call.request, handled);
    } catch (error) {
      callback({ code: codeOf(error), details: messageOf(error) });
      return;
    } finally {
      handled.settle();
    }
    callback(null, reply);
  };
  add(server, method, answer);
}

/** A handler's refusal with a status of its own. Never UNAVAILABLE or CANCELLED: Go hosts retry those for ever. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: status;

  constructor(code: Exclude<status, status.UNAVAILABLE | status.CANCELLED>, message: string) {
    super(message);
    this.status = code;
  }
}

const codeOf = (error: unknown): status => (error instanceof StatusError ? error.status : status.UNKNOWN);

export function handleServerStream<Request, Reply>(
  server: Server,
  method: Method<Request, Reply>,
  handler: (call: ServerWritableStream<Request, Reply>) => void,
): void {
  add(server, method, handler);
}

export function handleDuplex<Request, Reply>(
  server: Server,
  method: Method<Request, Reply>,
  handler: (call: ServerDuplexStream<Request, Reply>) => void,
): void {
  add(server, method, handler);
}

function add<Request, Reply>(server: Server, method: Method<Request, Reply>, handler: unknown): void {
  const name = method.path;
  server.addService({ [name]: definition(method) }, { [name]: handler as UntypedHandleCall });
}

/** How long and on whose behalf a method is called; what of the metadata goes on is for ./call.ts to say. */
export interface UnaryOptions extends CallOptions {
  readonly signal?: AbortSignal;
  readonly metadata?: ReadonlyMap<string, string>;
}

/** Calls a unary method. Rejects with grpc-js' `ServiceError`. */
export function callUnary<Request, Reply>(
  client: Client,
  method: Method<Request, Reply>,
  request: Request,
  options: UnaryOptions = {},
): Promise<Reply> {
  const { signal, metadata, ...callOptions } = options;
  return new Promise((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = definition(method);
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      toMetadata(metadata),
      callOptions,
      (error, reply) => {
        signal?.removeEventListener('abort', cancel);
        if (error !== null) reject(error);
        else if (reply === undefined) reject(new Error(`${path} answered without a message`));
        else resolve(reply);
      },
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) cancel();
  });
}

export function openDuplex<Request, Reply>(
  client: Client,
  method: Method<Request, Reply>,
): ClientDuplexStream<Request, Reply> {
  const { path, requestSerialize, responseDeserialize } = definition(method);
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
}

export function openServerStream<Request, Reply>(
  client: Client,
  method: Method<Request, Reply>,
  request: Request,
): ClientReadableStream<Reply> {
  const { path, requestSerialize, responseDeserialize } = definition(method);
  return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata());
}

/** grpc-js' status error, or undefined for anything else. */
export function asServiceError(error: unknown): ServiceError | undefined {
  return error instanceof Error && 'code' in error && 'details' in error && typeof error.code === 'number'
    ? (error as ServiceError)
    : undefined;
}

/** The connection is gone, and with it what was behind it: Unavailable and Cancelled (docs/spec/loopp-wire.md C.6). */
export function isGone(error: unknown): boolean {
  const code = asServiceError(error)?.code;
  return code === status.UNAVAILABLE || code === status.CANCELLED;
}

/** Connects, and calls back once when the other side cannot be reached any more; never for a client that was closed. */
export function onceGone(client: Client, gone: () => void): void {
  const channel = client.getChannel();
  const look = (): void => {
    // Asked first: trying to connect would bring a closed channel back to life.
    if (channel.getConnectivityState(false) === connectivityState.SHUTDOWN) return;
    // An idle connection is opened again: only a failure to do so tells that the other side has ended.
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.TRANSIENT_FAILURE) gone();
    else channel.watchConnectivityState(state, Infinity, look);
  };
  look();
}
