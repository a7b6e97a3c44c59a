/** A counted lock: `take` waits while all slots are taken. For one taker at a time. */
export class Slots {
  private free: number;
  private wake: (() => void) | undefined;

  constructor(count: number) {
    this.free = count;
  }

  /** Takes a slot and resolves once one more is free. */
  async take(): Promise<void> {
    this.free--;
    if (this.free > 0) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }

  release(): void {
    this.free++;
    this.wake?.();
    this.wake = undefined;
  }
}
