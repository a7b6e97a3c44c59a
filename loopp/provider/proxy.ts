import { Metadata, status } from '@grpc/grpc-js';
import type {
  Client,
  MethodDefinition,
  Server,
  ServerUnaryCall,
  ServiceError,
  sendUnaryData,
} from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import { asServiceError } from '../wire/grpc.ts';
import { PROVIDER_PATHS } from '../wire/provider-services.ts';
import { LoopService } from '../wire/services.ts';
import type { LazyConnection, Opened } from './lazy-connection.ts';
import { OutOfTimeError } from '../wire/patience.ts';
import type { Patience } from '../wire/patience.ts';

/** A call whose caller sets no deadline. */
const CALL_TIMEOUT_MS = 60_000;

/** Headers of the connection, which grpc-js writes itself. */
const OF_THE_CONNECTION = ['user-agent', 'content-type', 'te', 'grpc-accept-encoding', 'accept-encoding'];

const same = (bytes: Buffer): Buffer => bytes;

const definition = (path: string): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});

/**
 * Serves a provider that lives in another process by handing on the bytes of each call, with its metadata, deadline and
 * cancellation, and what comes back, with its status and metadata (docs/spec/loopp-wire.md E.2).
 */
export function registerProxy(server: Server, connection: LazyConnection<Opened>): void {
  server.addService(
    Object.fromEntries(PROVIDER_PATHS.map((path) => [path, definition(path)])),
    Object.fromEntries(PROVIDER_PATHS.map((path) => [path, handlerOf(connection, path)])),
  );
}

const handlerOf =
  (connection: LazyConnection<Opened>, path: string) =>
  async (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): Promise<void> => {
    let answer: Answer;
    try {
      answer = await forward(connection, path, call);
    } catch (error) {
      callback(statusOf(error));
      return;
    }
    if (answer.header !== undefined) call.sendMetadata(answer.header);
    callback(null, answer.reply, answer.trailer);
  };

interface Answer {
  readonly header: Metadata | undefined;
  readonly reply: Buffer;
  readonly trailer: Metadata;
}

/** An empty message: what there is not is closed. */
const EMPTY_ANSWER: Answer = { header: undefined, reply: Buffer.alloc(0), trailer: new Metadata() };

/** Rejects with what the other side answers, and with what `LazyConnection.reach` rejects with. */
async function forward(
  connection: LazyConnection<Opened>,
  path: string,
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Answer> {
  const cancel = new AbortController();
  const onCancelled = (): void => cancel.abort(new CancelledError());
  if (call.cancelled) onCancelled();
  else call.once('cancelled', onCancelled);
  const patience = { deadline: deadlineOf(call), signal: cancel.signal };
  const ask = ({ client }: Opened): Promise<Answer> => handOn(client, path, call, patience);
  try {
    if (path !== LoopService.close.path) return await connection.reach(patience, ask);
    // Never opened, nor asked twice, in order to be closed (C.6).
    const opened = connection.current();
    return opened === undefined ? EMPTY_ANSWER : await ask(opened);
  } finally {
    // grpc-js reports the end of every call as a cancellation.
    call.removeListener('cancelled', onCancelled);
  }
}

/** The caller does not wait any more, so nobody sees what it is answered. */
class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

function deadlineOf(call: ServerUnaryCall<Buffer, Buffer>): Date {
  const deadline = call.getDeadline();
  if (deadline instanceof Date) return deadline;
  return new Date(deadline === Infinity ? Date.now() + CALL_TIMEOUT_MS : deadline);
}

function handOn(
  client: Client,
  path: string,
  call: ServerUnaryCall<Buffer, Buffer>,
  { deadline, signal }: Required<Patience>,
): Promise<Answer> {
  const { request } = call;
  return new Promise((resolve, reject) => {
    let header: Metadata | undefined;
    let answered: Buffer | undefined;
    const onward = client.makeUnaryRequest(
      path,
      same,
      same,
      request,
      handedOn(call.metadata),
      { deadline },
      (error, reply) => {
        if (error !== null) reject(error);
        else answered = reply;
      },
    );
    const cancel = (): void => onward.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    onward.on('metadata', (received) => {
      header = handedOn(received);
    });
    // Comes after the answer, and always.
    onward.on('status', ({ metadata }) => {
      signal.removeEventListener('abort', cancel);
      if (answered !== undefined) resolve({ header, reply: answered, trailer: handedOn(metadata) });
    });
  });
}

/** What comes from the other side goes on as it is; what this side finds is Go's for the same. */
function statusOf(error: unknown): Partial<ServiceError> {
  const service = asServiceError(error);
  if (service !== undefined) {
    const { code, details, metadata } = service;
    return { code, details, metadata: handedOn(metadata) };
  }
  const code = error instanceof OutOfTimeError ? status.DEADLINE_EXCEEDED : status.UNKNOWN;
  return { code, details: messageOf(error), metadata: new Metadata() };
}

function handedOn(received: Metadata): Metadata {
  const metadata = received.clone();
  for (const name of OF_THE_CONNECTION) metadata.remove(name);
  return metadata;
}
