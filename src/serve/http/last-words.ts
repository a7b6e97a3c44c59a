import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Reply } from './reply.ts';

/**
 * For a peer to read the answer. A socket that is closed while the peer still sends is reset, and the reset may overtake
 * the answer.
 */
const LINGER_MS = 2000;

/** Ends our side of a connection that still sends what nobody will read, and soon the connection. */
export function leave(socket: Socket): void {
  socket.end();
  // Once Node has begun to skip the rest of the request: what is not read fills the peer's side of the connection.
  setImmediate(() => socket.pause());
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Answers on a connection that has no request to answer, and leaves it. */
export function lastWords(socket: Socket, { status, headers, body }: Reply): void {
  const lines = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? 'Error'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  leave(socket);
}
