import type { Client } from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import { callUnary, isGone } from '../wire/grpc.ts';
import type { Caller } from '../wire/provider-caller.ts';
import { onBehalfOf } from '../wire/provider-caller.ts';
import type { Service } from '../wire/provider-ports.ts';
import { LoopService } from '../wire/services.ts';
import type { LazyConnection, Opened } from './lazy-connection.ts';

/** Ready, HealthReport and Close, as upstream's clients have it (docs/spec/loopp-wire.md D.2). */
const SERVICE_TIMEOUT_MS = 1000;

/** Calls on a connection that opens itself; each ends after `timeoutMs` at the latest. */
export const lazyCaller =
  (connection: LazyConnection<Opened>, timeoutMs: number): Caller =>
  (method, request, call) => {
    const options = onBehalfOf(call, timeoutMs);
    return connection.reach(options, ({ client }) => callUnary(client, method, request, options));
  };

/** `loop.Service` at the other end of a lazy connection (docs/spec/loopp-wire.md D.6). */
export class RemoteService implements Service {
  private readonly key: string;
  private readonly connection: LazyConnection<Opened>;
  private readonly caller: Caller;

  /** `key`: the service's own key in its health report, and the prefix of the others. */
  constructor(key: string, connection: LazyConnection<Opened>) {
    this.key = key;
    this.connection = connection;
    this.caller = lazyCaller(connection, SERVICE_TIMEOUT_MS);
  }

  /** The other side starts what it serves. */
  async start(): Promise<void> {
    // Nothing goes over the wire for it.
  }

  async ready(): Promise<void> {
    await this.caller(LoopService.ready, {});
  }

  async healthReport(): Promise<ReadonlyMap<string, string>> {
    try {
      const { healthReport } = await this.caller(LoopService.healthReport, {});
      const remote = [...healthReport].map(([name, text]) => [`${this.key}.${name}`, text] as const);
      return new Map([[this.key, ''], ...remote]);
    } catch (error) {
      return new Map([[this.key, messageOf(error)]]);
    }
  }

  /** Closes the other side where there is one, and never opens a connection for it (docs/spec/loopp-wire.md C.6). */
  async close(): Promise<void> {
    const opened = this.connection.current();
    try {
      if (opened !== undefined) await closeRemote(opened.client);
    } finally {
      this.connection.close();
    }
  }
}

/** What is gone is closed. */
async function closeRemote(client: Client): Promise<void> {
  try {
    await callUnary(client, LoopService.close, {}, onBehalfOf(undefined, SERVICE_TIMEOUT_MS));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
