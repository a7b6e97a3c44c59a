import { DeliveryError } from './errors.ts';

/** The moment by which something that takes several calls has to be done. */
export class Deadline {
  private readonly timeoutMs: number;
  private readonly at: number;
  /** A timer may fire a moment before a clock says so. */
  private hasPassed = false;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.at = performance.now() + timeoutMs;
  }

  /**
   * Rejects with a `DeliveryError` of kind `timeout` when the task has not ended by then, and starts it no more when
   * the moment has passed. A task that goes on all the same is not heard.
   */
  async race<T>(what: string, task: () => Promise<T>): Promise<T> {
    const leftMs = this.at - performance.now();
    if (this.hasPassed || leftMs <= 0) throw this.expired(what);
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.hasPassed = true;
        reject(this.expired(what));
      }, leftMs);
    });
    try {
      return await Promise.race([task(), expiry]);
    } finally {
      clearTimeout(timer);
    }
  }

  private expired(what: string): DeliveryError {
    return new DeliveryError('timeout', `expected ${what} within ${String(this.timeoutMs)} ms, got none`);
  }
}
