import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@grpc/grpc-js';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import { messageOf } from '../../src/errors.ts';
import type { BrokeredConnection, BrokeredServer } from '../wire/broker.ts';
import { callUnary, isGone } from '../wire/grpc.ts';
import { LoopReportingPluginService } from '../wire/upstream-services.ts';
import { registerExternalAdapter } from './external-adapter.ts';
import { OutOfTimeError, hasEnded } from '../wire/patience.ts';
import type { Patience } from '../wire/patience.ts';
import { endOf } from './patience.ts';

/** One making of a factory: the plugin dials the adapter within five seconds (docs/spec/loopp-wire.md C.2). */
const ATTEMPT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

interface Held extends BrokeredConnection {
  readonly adapterServer: BrokeredServer;
}

/**
 * The lazy connection to a factory that heals (docs/spec/loopp-wire.md C.6): made by the first call, and made again when
 * a call finds it gone. Unlike upstream's, an attempt outlives a caller that gives up, so that a factory that takes longer
 * than Ready waits is there for the next call (X.0 "slow factory").
 */
export class RefreshingConnection {
  private readonly connect: () => Promise<BrokeredConnection>;
  private readonly adapter: ExternalAdapter;
  private readonly receiveLimitBytes: number;
  private readonly closing = new AbortController();
  private held: Held | undefined;
  private attempt: Promise<Held> | undefined;
  /** Attempts since a call was answered; so many that follow each other pause longer. */
  private attempts = 0;

  constructor(
    connect: () => Promise<BrokeredConnection>,
    adapter: ExternalAdapter,
    receiveLimitBytes: number,
  ) {
    this.connect = connect;
    this.adapter = adapter;
    this.receiveLimitBytes = receiveLimitBytes;
  }

  /** The factory's connection if there is one now. */
  current(): Client | undefined {
    return this.held?.client;
  }

  /**
   * Makes a call on the connection, and again on a new one for as long as it is UNAVAILABLE or CANCELLED by somebody
   * else. Rejects with what `ask` rejects with otherwise; with `OutOfTimeError` when no factory was there before the
   * deadline, which ends with why the last attempt failed; and with the reason of the caller's signal.
   */
  async call<T>(patience: Patience, ask: (connection: BrokeredConnection) => Promise<T>): Promise<T> {
    let last: unknown;
    for (;;) {
      const held = this.held ?? (await this.refreshed(patience, last));
      try {
        const answer = await ask(held);
        this.attempts = 0;
        return answer;
      } catch (error) {
        if (!isGone(error)) this.attempts = 0;
        if (!isGone(error) || hasEnded(patience)) throw error;
        last = error;
        this.drop(held);
      }
    }
  }

  /** Ends the connection and its adapter server; calls that wait reject. Idempotent. */
  close(): void {
    this.closing.abort(new Error('the factory is closed'));
    if (this.held !== undefined) this.drop(this.held);
  }

  private drop(held: Held): void {
    if (this.held === held) this.held = undefined;
    held.client.close();
    held.adapterServer.close();
  }

  /** Waits for the next connection; attempts follow each other until the caller's patience ends. */
  private async refreshed(patience: Patience, before: unknown): Promise<Held> {
    let last = before;
    const ended = endOf(patience, this.closing.signal);
    try {
      while (!ended.signal.aborted) {
        try {
          return await Promise.race([this.attempting(), ended.promise]);
        } catch (error) {
          if (!ended.signal.aborted) last = error;
        }
      }
      throw explained(ended.signal.reason, last);
    } finally {
      ended.stop();
    }
  }

  /** The attempt under way, or one more: callers share it. */
  private attempting(): Promise<Held> {
    if (this.held !== undefined) return Promise.resolve(this.held);
    this.attempt ??= this.nextAttempt().finally(() => {
      this.attempt = undefined;
    });
    return this.attempt;
  }

  private async nextAttempt(): Promise<Held> {
    const { signal } = this.closing;
    const failed = this.attempts++;
    if (failed > 0) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failed - 1), LAST_PAUSE_MS);
      await delay(pauseMs, undefined, { signal, ref: false });
    }
    const held = await this.make(signal);
    if (signal.aborted) this.drop(held);
    signal.throwIfAborted();
    this.held = held;
    return held;
  }

  /** Serve first, call after (docs/spec/loopp-wire.md D.1, step 3). */
  private async make(signal: AbortSignal): Promise<Held> {
    const { client: main, broker } = await this.connect();
    const adapterServer = await broker.serve((server) => registerExternalAdapter(server, this.adapter));
    try {
      const { newReportingPluginFactory } = LoopReportingPluginService;
      const request = { secureMintExternalAdapterId: adapterServer.id };
      const deadline = new Date(Date.now() + ATTEMPT_TIMEOUT_MS);
      const { id } = await callUnary(
        main,
        newReportingPluginFactory,
        { ...NOTHING_ELSE, ...request },
        { deadline, signal },
      );
      const client = await broker.dial(id, this.receiveLimitBytes);
      return { client, broker, adapterServer };
    } catch (error) {
      adapterServer.close();
      throw error;
    }
  }
}

/** The rest of a factory request: Secure Mint needs the adapter alone. */
const NOTHING_ELSE = {
  providerId: 0,
  errorLogId: 0,
  pipelineRunnerId: 0,
  telemetryId: 0,
  reportingPluginServiceConfig: undefined,
  capRegistryId: 0,
  keyValueStoreId: 0,
  relayerSetId: 0,
} as const;

function explained(reason: unknown, last: unknown): unknown {
  if (!(reason instanceof OutOfTimeError)) return reason;
  const why = last === undefined ? 'the plugin did not answer' : messageOf(last);
  return new OutOfTimeError(`no factory before the deadline: ${why}`, { cause: last });
}
