import type { ReadRound } from '../rounds/read.ts';

/** Where a run's rounds come from. */
export interface RunInput {
  /** In their order; ends once `signal` aborts. To be called once. */
  reads(signal: AbortSignal): AsyncIterable<ReadRound>;
  /** How much of it was read, from 0 to 1; NaN when its end is not known. */
  share(): number;
  close(): Promise<void>;
}
