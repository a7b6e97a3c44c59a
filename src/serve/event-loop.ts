import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
/** What is told is of the last whole window, so that readers do not disturb each other. */
const WINDOW_MS = 10_000;

/** How late the event loop is, in seconds by quantile; NaN before the first window has passed. */
export type EventLoopLag = Readonly<Record<'0.5' | '0.99' | '1', number>>;

/** Watches how late timers run, which is how long a request may wait before anything looks at it. */
export class EventLoopWatch {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer: NodeJS.Timeout;
  private last: EventLoopLag = { '0.5': NaN, '0.99': NaN, '1': NaN };

  constructor() {
    this.delay.enable();
    this.timer = setInterval(() => this.turn(), WINDOW_MS).unref();
  }

  get lag(): EventLoopLag {
    return this.last;
  }

  close(): void {
    clearInterval(this.timer);
    this.delay.disable();
  }

  private turn(): void {
    const { delay } = this;
    this.last = {
      '0.5': lateness(delay.percentile(50)),
      '0.99': lateness(delay.percentile(99)),
      '1': lateness(delay.max),
    };
    delay.reset();
  }
}

/** What is measured is the time between two looks, from nanoseconds to seconds beyond the one that was asked for. */
const lateness = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
