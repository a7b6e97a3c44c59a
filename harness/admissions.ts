export interface AdmissionLimits {
  /** In progress at most. 1 or more. */
  readonly concurrency: number;
  /** Waiting at most. 0 or more. */
  readonly waiting: number;
  /** What waits may be so large together, in bytes. Default: as large as it is. */
  readonly waitingBytes?: number;
}

/** `full`: turned away, as many wait already as may. `closed`: it waited, and nobody is admitted any more. */
export type Admission = 'admitted' | 'full' | 'closed';

interface Waiting {
  readonly bytes: number;
  readonly settle: (admission: Admission) => void;
}

/** A bounded queue in front of a bounded number of places, first come, first served. */
export class Admissions {
  private readonly limits: AdmissionLimits;
  private readonly queue: Waiting[] = [];
  private queuedBytes = 0;
  private inside = 0;
  private closed = false;
  private onIdle: () => void = () => undefined;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get inProgress(): number {
    return this.inside;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Every `admitted` is followed by one `leave`. Never settles in the turn in which it was called. */
  enter(bytes = 0): Promise<Admission> {
    return new Promise((resolve) => {
      // What the caller is answered goes first.
      const settle = (admission: Admission): void => void setImmediate(resolve, admission);
      if (this.closed) settle('closed');
      else if (this.inside < this.limits.concurrency) {
        this.inside++;
        settle('admitted');
      } else if (this.hasRoomFor(bytes)) {
        this.queuedBytes += bytes;
        this.queue.push({ bytes, settle });
      } else settle('full');
    });
  }

  leave(): void {
    const next = this.queue.shift();
    // The place goes straight to whoever waits.
    if (next !== undefined) {
      this.queuedBytes -= next.bytes;
      next.settle('admitted');
    } else if (--this.inside === 0) this.onIdle();
  }

  /** Turns away whoever waits and resolves once nobody is inside. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { settle } of this.queue.splice(0)) settle('closed');
    if (this.inside === 0) return;
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
  }

  private hasRoomFor(bytes: number): boolean {
    const { waiting, waitingBytes = Infinity } = this.limits;
    return this.queue.length < waiting && this.queuedBytes + bytes <= waitingBytes;
  }
}
