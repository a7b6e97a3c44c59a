import type { Round } from '../../src/contract/round.ts';
import { roundDigest } from '../digest.ts';

/** Whether a round still shows the difference that is being shrunk. */
export type StillDiffers = (round: Round) => Promise<boolean>;

/** When shrinking gives up and keeps what it has. */
export interface ShrinkLimits {
  readonly maxTries: number;
  /** Aborts when time is up or somebody interrupts. */
  readonly signal: AbortSignal;
}

/** A limit was reached: whatever is under way is left. */
export class ShrinkingEnded extends Error {
  override readonly name = 'ShrinkingEnded';
}

/** Inputs that were tried and are remembered, so that none is asked twice. */
const REMEMBERED = 100_000;

/** The smallest round so far that still differs, and how many were tried. */
export class Trial {
  best: Round;
  tries = 0;
  private readonly stillDiffers: StillDiffers;
  private readonly limits: ShrinkLimits;
  private readonly failed = new Set<string>();

  constructor(round: Round, stillDiffers: StillDiffers, limits: ShrinkLimits) {
    this.best = round;
    this.stillDiffers = stillDiffers;
    this.limits = limits;
  }

  /** Keeps the candidate when it still differs. Rejects with `ShrinkingEnded` once a limit is reached. */
  async keep(candidate: Round): Promise<boolean> {
    if (this.isOver) throw new ShrinkingEnded();
    const input = Buffer.from(roundDigest(candidate)).toString('latin1');
    if (this.failed.has(input)) return false;
    this.tries++;
    if (await this.stillDiffers(candidate)) {
      this.best = candidate;
      return true;
    }
    if (this.failed.size < REMEMBERED) this.failed.add(input);
    return false;
  }

  private get isOver(): boolean {
    return this.limits.signal.aborted || this.tries >= this.limits.maxTries;
  }
}
