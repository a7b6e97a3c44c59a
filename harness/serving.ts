import type { Judgement } from '../src/contract/judgement.ts';
import type { Lane } from '../src/contract/lane.ts';
import type { Round } from '../src/contract/round.ts';
import type { Stage } from '../src/contract/stage.ts';
import type { NotComparedReason } from '../src/contract/verdict.ts';
import { Admissions } from './admissions.ts';
import type { AdmissionLimits } from './admissions.ts';
import { roundDigest } from './digest.ts';
import type { PutResult } from './distinct.ts';
import { RecentIds } from './duplicates.ts';
import { Exchange } from './exchange.ts';
import type { Served } from './exchange.ts';
import { roundBytes } from './round-size.ts';

export interface ServingOptions {
  readonly legacy: Lane;
  readonly loopp: Lane;
  /** How much may be compared beside what is served; a round beyond it is served and not compared. */
  readonly shadow: AdmissionLimits;
}

/** A round that is being served. Neither promise rejects. */
export interface Serving {
  readonly served: Promise<Served>;
  readonly judged: Promise<Judgement>;
  /** Whether the id came before, with the same bytes or with others. An empty id is none: always `new`. */
  readonly seen: PutResult;
}

/**
 * Serves every round, whatever becomes of the comparison: the serving lane is asked at once and the other one later,
 * within limits. An id that comes again with the same bytes is served again and not compared; with other bytes it is a
 * round of its own.
 */
export class ServingHarness {
  private readonly options: ServingOptions;
  private readonly admissions: Admissions;
  private readonly ids = new RecentIds();
  /**
   * One for each comparison in progress. A promise of the harness to race against would keep every judgement for as long
   * as the harness lives.
   */
  private readonly cuts = new Set<() => void>();
  private closing = false;
  private ended = false;

  constructor(options: ServingOptions) {
    this.options = options;
    this.admissions = new Admissions(options.shadow);
  }

  /** Comparisons in progress. */
  get comparing(): number {
    return this.admissions.inProgress;
  }

  /** Rounds that wait to be compared. */
  get waiting(): number {
    return this.admissions.waiting;
  }

  serve(round: Round, stage: Stage): Serving {
    const digest = roundDigest(round);
    const seen = round.id === '' ? 'new' : this.ids.put(round.id, digest);
    const exchange = new Exchange(this.options, { round, digest, stage });
    return { served: exchange.serve(), judged: this.judged(exchange, round, seen === 'same'), seen };
  }

  /** Starts no more comparisons and waits for those in progress, `graceMs` at most; rounds are still served. */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    const timer = setTimeout(() => this.endComparisons(), graceMs);
    await this.admissions.close();
    clearTimeout(timer);
    this.endComparisons();
  }

  private async judged(exchange: Exchange, round: Round, repeated: boolean): Promise<Judgement> {
    const { serves, alsoRuns } = exchange.row;
    if (repeated) return exchange.notCompared(serves, 'duplicate');
    if (alsoRuns === undefined) return exchange.notCompared(serves, 'stage');
    const comparison = await this.comparison(exchange, round);
    return typeof comparison === 'string' ? exchange.notCompared(serves, comparison) : comparison;
  }

  /** The comparison, or why there is none. */
  private async comparison(exchange: Exchange, round: Round): Promise<Judgement | NotComparedReason> {
    const admission = this.closing ? 'closed' : await this.admissions.enter(roundBytes(round));
    if (admission === 'full') return 'shadow queue full';
    if (admission === 'closed') return 'shutting down';
    try {
      return (await this.unlessCut(exchange.compared(exchange.row.serves))) ?? 'shutting down';
    } finally {
      this.admissions.leave();
    }
  }

  /** Undefined when comparisons end before this one is done. */
  private unlessCut(compared: Promise<Judgement>): Promise<Judgement | undefined> {
    return new Promise((resolve, reject) => {
      const cut = (): void => resolve(undefined);
      this.cuts.add(cut);
      // It may have been admitted in the very turn in which comparisons ended.
      if (this.ended) cut();
      void compared.then(resolve, reject).finally(() => this.cuts.delete(cut));
    });
  }

  private endComparisons(): void {
    this.ended = true;
    for (const cut of this.cuts) cut();
  }
}
