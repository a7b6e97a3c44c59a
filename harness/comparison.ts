import type { Judgement } from '../src/contract/judgement.ts';
import type { Round } from '../src/contract/round.ts';
import { Slots } from './slots.ts';

/** Takes rounds, as `Harness` does; nobody waits for what is served. */
export interface RoundTaker {
  take(
    round: Round,
  ):
    | { readonly kind: 'taken' | 'duplicate'; readonly judged: Promise<Judgement> }
    | { readonly kind: 'conflict' };
}

/** What a comparison does with what it learns. */
export interface ComparisonSink {
  /** A round was taken; its judgement follows. */
  expect(): void;
  /**
   * Called once for each round taken, in the order in which the rounds came. A rejection ends the comparison, once the
   * rounds in progress have been recorded too.
   */
  record(judgement: Judgement): Promise<void>;
  /** The id came before with other bytes; the round is not taken. A rejection ends the comparison. */
  refuse(round: Round): Promise<void>;
}

export interface ComparisonOptions {
  /** Rounds in progress at most: the next is only read when one is done. */
  readonly concurrency: number;
  /** No further round is taken once it is aborted; those in progress are finished. */
  readonly signal: AbortSignal;
}

/** Runs the harness over a stream of rounds until it ends, the signal says so, or a sink fails. */
export async function compareRounds(
  harness: RoundTaker,
  rounds: AsyncIterable<Round>,
  sink: ComparisonSink,
  { concurrency, signal }: ComparisonOptions,
): Promise<void> {
  const slots = new Slots(concurrency);
  let recorded: Promise<void> = Promise.resolve();
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const round of rounds) {
      if (signal.aborted || failure !== undefined) break;
      const taken = harness.take(round);
      if (taken.kind === 'conflict') {
        await sink.refuse(round);
        continue;
      }
      // It is looked at when its turn comes; until then a fault must not end the process.
      taken.judged.catch(() => undefined);
      sink.expect();
      recorded = recorded
        .then(async () => sink.record(await taken.judged))
        .catch((cause: unknown) => {
          failure ??= { cause };
        })
        .finally(() => slots.release());
      await slots.take();
    }
  } finally {
    await recorded;
  }
  if (failure !== undefined) throw failure.cause;
}
