import type { FlagSource } from '../contract/decision.ts';
import type { Stage } from '../contract/stage.ts';

/** Keys that are remembered: more than one machine serves. */
const REMEMBERED = 1000;

/** What rounds were decided by, so that it can be said what a flag means for these workflows before the next round. */
export class Workflows {
  /** The latest come last. */
  private readonly keys = new Set<string>();
  private readonly limit: number;

  constructor(limit = REMEMBERED) {
    this.limit = limit;
  }

  remember(key: string): void {
    this.keys.delete(key);
    this.keys.add(key);
    const [oldest] = this.keys.size > this.limit ? this.keys : [];
    if (oldest !== undefined) this.keys.delete(oldest);
  }

  /** Each once, the latest of them when there are many. */
  known(): readonly string[] {
    return [...this.keys];
  }

  /** The stages that their next rounds will be in; those of any round before there was one. */
  stages(flags: FlagSource): ReadonlySet<Stage> {
    const keys = this.keys.size === 0 ? [''] : this.known();
    return new Set(keys.map((key) => flags.decide(key).stage));
  }
}
