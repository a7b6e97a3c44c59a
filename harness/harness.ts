import type { Judgement, LaneName } from '../src/contract/judgement.ts';
import type { Lane } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import type { Stage } from '../src/contract/stage.ts';
import { rowOf } from '../src/flags/stages.ts';
import { roundDigest } from './digest.ts';
import { Duplicates } from './duplicates.ts';
import { Exchange } from './exchange.ts';
import type { Served } from './exchange.ts';
import { Coin } from './random.ts';

export interface HarnessOptions {
  readonly legacy: Lane;
  readonly loopp: Lane;
  /** Draws which lane is asked first. The same seed draws the same for the same rounds in the same order. */
  readonly seed: number;
}

/** What becomes of a round that was fed to the harness. */
export type Taken =
  | {
      readonly kind: 'taken';
      /** The answer, as soon as its lane has it: never later because of the other lane, unless it has to step in. */
      readonly served: Promise<Served>;
      /** The verdict, once every lane that the stage asks has answered. Neither promise rejects. */
      readonly judged: Promise<Judgement>;
    }
  /** Same id, same bytes as a round before: counted as not compared. */
  | { readonly kind: 'duplicate'; readonly judged: Promise<Judgement> }
  /** Same id, other bytes: refused, because one of the two rounds would be lost from every count. */
  | { readonly kind: 'conflict' };

/** Feeds identical rounds to both lanes, serves one and judges the two, as far as the stage says. */
export class Harness {
  private readonly options: HarnessOptions;
  private readonly coin: Coin;
  private readonly duplicates = new Duplicates();

  constructor(options: HarnessOptions) {
    this.options = options;
    this.coin = new Coin(options.seed);
  }

  take(round: Round, stage: Stage = 'shadow'): Taken {
    const digest = roundDigest(round);
    const first: LaneName = this.coin.toss() ? 'legacy' : 'loopp';
    const seen = this.duplicates.put(round.id, digest);
    if (seen === 'different') return { kind: 'conflict' };
    if (seen === 'same') {
      const verdict = { key: 'notCompared', reason: 'duplicate' } as const;
      const judged = { round, digest, stage, first, served: rowOf(stage).serves, verdict };
      return { kind: 'duplicate', judged: Promise.resolve(judged) };
    }
    return this.ask(new Exchange(this.options, { round, digest, stage }), first);
  }

  /** Both lanes are asked before either is awaited. */
  private ask(exchange: Exchange, first: LaneName): Taken {
    const { serves, alsoRuns } = exchange.row;
    if (alsoRuns === undefined) {
      const served = exchange.serve();
      return { kind: 'taken', served, judged: exchange.notCompared(serves, 'stage') };
    }
    void exchange.ask(first);
    void exchange.ask(first === 'legacy' ? 'loopp' : 'legacy');
    return { kind: 'taken', served: exchange.serve(), judged: exchange.compared(first) };
  }
}
