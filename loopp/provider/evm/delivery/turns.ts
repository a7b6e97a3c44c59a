import { DeliveryError } from './errors.ts';

/** Runs tasks one after the other, in the order in which they came; so many may wait and no more. */
export class Turns {
  private readonly maxPending: number;
  private pending = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(maxPending: number) {
    this.maxPending = maxPending;
  }

  /** Settles as the task does. Rejects with a `DeliveryError` of kind `busy` when too many are waiting. */
  async take<T>(task: () => Promise<T>): Promise<T> {
    if (this.pending >= this.maxPending) {
      throw new DeliveryError(
        'busy',
        `expected at most ${String(this.maxPending)} pending reports, got one more`,
      );
    }
    this.pending++;
    const turn = this.last.then(task);
    this.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.pending--;
    }
  }
}
