import type { ParseLines } from '../../rounds/parse-lines.ts';
import type { Beginning } from './tail.ts';

export interface FollowOptions {
  /** Whether what is there at the start is read too. */
  readonly from: Beginning;
  readonly lineLimitBytes: number;
  readonly parse: ParseLines;
  /** From one look to the next. */
  readonly pollIntervalMs: number;
}
