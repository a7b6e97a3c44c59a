import { TryError } from './errors.ts';

/** The end of one try: its time is up, or the caller does not wait any more. */
export class TryEnd {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  private readonly caller: AbortSignal | undefined;
  private readonly limit: string;
  private readonly timer: NodeJS.Timeout;

  /** Throws `TryError` when there is nothing left to wait for. */
  constructor(timeoutMs: number, deadlineMs: number, caller: AbortSignal | undefined) {
    const leftMs = deadlineMs - Date.now();
    this.caller = caller;
    this.checkCaller();
    if (leftMs <= 0) throw new TryError('timeout', false, 'expected an answer, but the deadline has passed');
    const limitMs = Math.min(timeoutMs, leftMs);
    this.limit = `${String(limitMs)} ms${leftMs < timeoutMs ? ', all that the deadline left' : ''}`;
    const timeUp = new AbortController();
    this.timer = setTimeout(() => timeUp.abort(), limitMs);
    this.signal = caller === undefined ? timeUp.signal : AbortSignal.any([timeUp.signal, caller]);
  }

  /** Throws `TryError` once it is over, whatever else went wrong because of it. */
  check(): void {
    this.checkCaller();
    if (this.signal.aborted) {
      throw new TryError('timeout', true, `expected an answer within ${this.limit}, got none`);
    }
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private checkCaller(): void {
    if (this.caller?.aborted !== true) return;
    throw new TryError('cancelled', false, 'expected an answer, but the caller does not wait any more');
  }
}
