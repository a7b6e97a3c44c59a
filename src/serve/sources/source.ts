import type { ReadRound } from '../../rounds/read.ts';

export const SOURCE_KINDS = ['follow', 'stdin'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/**
 * Where rounds come from that nobody asked over HTTP: a file that grows, standard input, a DON. Nobody waits for what is
 * served; every round is served and judged all the same.
 */
export interface RoundSource {
  readonly kind: SourceKind;
  /** For logs and status: the path, or what else people call it. */
  readonly name: string;
  /**
   * Rounds as they come, and in their place whatever is no round. The next is only made once it is asked for, so that a
   * source is never faster than the service. Ends once `signal` aborts, or when there is no more to come. Rejects when the
   * source is of no use any more.
   */
  rounds(signal: AbortSignal): AsyncIterable<ReadRound>;
}
