import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';

/** Between a launch that failed and the next one. */
export const START_AGAIN_MS = 5000;

export interface Starts {
  /** Rejects when the plugin does not start. */
  start(): Promise<void>;
  /** Why it did not; another attempt follows. */
  failed(reason: string): void;
  /** Puts a fresh lane in the place of the one that did not start. */
  renew(): void;
}

/** Starts a lane until it starts or `signal` aborts, beside everything else. Never rejects; keeps no process alive. */
export async function startUntilItStarts(starts: Starts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await starts.start();
      return;
    } catch (error) {
      if (signal.aborted) return;
      starts.failed(messageOf(error));
    }
    await delay(START_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) starts.renew();
  }
}
