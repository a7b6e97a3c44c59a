export interface AdmissionLimits {
  /** In progress at most. 1 or more. */
  readonly concurrency: number;
  /** Waiting at most. 0 or more. */
  readonly waiting: number;
}

/** `full`: turned away, as many wait already as may. `closed`: it waited, and nobody is admitted any more. */
export type Admission = 'admitted' | 'full' | 'closed';

/** A bounded queue in front of a bounded number of places, first come, first served. */
export class Admissions {
  private readonly limits: AdmissionLimits;
  private readonly queue: ((admission: Admission) => void)[] = [];
  private inProgress = 0;
  private closed = false;
  private onIdle: () => void = () => undefined;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  /** Every `admitted` is followed by one `leave`. Never settles in the turn in which it was called. */
  enter(): Promise<Admission> {
    return new Promise((resolve) => {
      // What the caller is answered goes first.
      const later = (admission: Admission): void => void setImmediate(resolve, admission);
      if (this.closed) later('closed');
      else if (this.inProgress < this.limits.concurrency) {
        this.inProgress++;
        later('admitted');
      } else if (this.queue.length < this.limits.waiting) this.queue.push(later);
      else later('full');
    });
  }

  leave(): void {
    const next = this.queue.shift();
    // The place goes straight to whoever waits.
    if (next !== undefined) next('admitted');
    else if (--this.inProgress === 0) this.onIdle();
  }

  /** Turns away whoever waits and resolves once nobody is inside. */
  async close(): Promise<void> {
    this.closed = true;
    for (const turnAway of this.queue.splice(0)) turnAway('closed');
    if (this.inProgress === 0) return;
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
  }
}
