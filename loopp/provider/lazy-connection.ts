import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@grpc/grpc-js';
import { messageOf } from '../../src/errors.ts';
import { isGone } from '../wire/grpc.ts';
import { OutOfTimeError, hasEnded } from '../wire/patience.ts';
import type { Patience } from '../wire/patience.ts';
import { within } from './patience.ts';

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

/** A connection, and what belongs to it. */
export interface Opened {
  readonly client: Client;
}

/**
 * A connection that its first call opens, and a call that finds it gone opens again (docs/spec/loopp-wire.md C.6
 * `NewClientConn`): attempts follow each other, with pauses from 100 ms to 5 s, for as long as somebody waits. One attempt
 * serves all who wait and outlives a caller that gives up.
 */
export class LazyConnection<T extends Opened> {
  private readonly open: () => Promise<T>;
  private readonly closing = new AbortController();
  private opened: T | undefined;
  private attempt: Promise<T> | undefined;
  /** Attempts since the last call that was answered. */
  private attempts = 0;

  /** `open` ends within a time of its own. */
  constructor(open: () => Promise<T>) {
    this.open = open;
  }

  /** What is open now. */
  current(): T | undefined {
    return this.opened;
  }

  /**
   * Asks on the connection, and again on the next one while what `ask` rejects with is UNAVAILABLE or CANCELLED by
   * somebody else. Rejects with anything else that `ask` or `open` reject with, with `OutOfTimeError` when nothing could
   * be opened before the deadline, and with the reason of the caller's signal.
   */
  async reach<R>(patience: Patience, ask: (opened: T) => Promise<R>): Promise<R> {
    for (;;) {
      const opened = this.opened ?? (await this.next(patience));
      try {
        const answer = await ask(opened);
        this.attempts = 0;
        return answer;
      } catch (error) {
        if (!isGone(error) || hasEnded(patience) || this.closing.signal.aborted) throw error;
        this.drop(opened);
      }
    }
  }

  /** Ends the connection; whoever waits is rejected. Idempotent. */
  close(): void {
    this.closing.abort(new Error('the connection is closed'));
    if (this.opened !== undefined) this.drop(this.opened);
  }

  private drop(opened: T): void {
    if (this.opened === opened) this.opened = undefined;
    opened.client.close();
  }

  private async next(patience: Patience): Promise<T> {
    let last: unknown;
    for (;;) {
      try {
        return await within(patience, this.closing.signal, this.attempting());
      } catch (error) {
        if (error instanceof OutOfTimeError && last !== undefined) throw explained(last);
        if (!isGone(error)) throw error;
        last = error;
      }
    }
  }

  private attempting(): Promise<T> {
    if (this.opened !== undefined) return Promise.resolve(this.opened);
    this.attempt ??= this.attemptNext().finally(() => {
      this.attempt = undefined;
    });
    return this.attempt;
  }

  private async attemptNext(): Promise<T> {
    const { signal } = this.closing;
    const failed = this.attempts++;
    if (failed > 0) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failed - 1), LAST_PAUSE_MS);
      await delay(pauseMs, undefined, { signal, ref: false });
    }
    const opened = await this.open();
    if (signal.aborted) opened.client.close();
    signal.throwIfAborted();
    this.opened = opened;
    return opened;
  }
}

const explained = (last: unknown): OutOfTimeError =>
  new OutOfTimeError(`no connection before the deadline: ${messageOf(last)}`, { cause: last });
