import type { LaneName } from '../../contract/judgement.ts';
import { LANE_NAMES } from '../../contract/judgement.ts';
import { RESULT_KINDS } from './fate.ts';
import type { ChainResult, LaneFate } from './fate.ts';

/** What became of one lane's outcomes. */
export interface LaneCounts {
  /** Reports that the forwarder took in this run. */
  readonly delivered: number;
  readonly stored: number;
  readonly stale: number;
  readonly refusedByEncoder: number;
  readonly nothingToReport: number;
}

/** What the chain said of a run; `run --json` and report.json have it as `chain`. */
export type ChainSummary = Readonly<Record<ChainResult['kind'], number>> &
  Readonly<Record<LaneName, LaneCounts>> & {
    readonly rounds: number;
    /** Rounds by reason. */
    readonly reasons: Readonly<Record<string, number>>;
  };

/** A round whose caches differ, in words. */
export interface ChainFinding {
  readonly id: string;
  readonly differences: readonly string[];
}

/** Reasons that are kept apart; messages of a chain may all be different. */
const MAX_REASONS = 20;
const OTHER_REASONS = 'other reasons';
const SHOWN_FINDINGS = 5;

const NO_COUNTS: LaneCounts = { delivered: 0, stored: 0, stale: 0, refusedByEncoder: 0, nothingToReport: 0 };

/** Counts what the chain says of rounds; the sum over the kinds is the number of rounds. */
export class ChainTally {
  /** The first rounds that are different. */
  readonly findings: ChainFinding[] = [];
  private readonly kinds = new Map<ChainResult['kind'], number>();
  private readonly reasons = new Map<string, number>();
  private readonly lanes = new Map<LaneName, LaneCounts>();

  add(id: string, result: ChainResult): void {
    this.kinds.set(result.kind, this.count(result.kind) + 1);
    if ('reason' in result) this.addReason(result.reason);
    if (result.kind === 'different' && this.findings.length < SHOWN_FINDINGS) {
      this.findings.push({ id, differences: result.differences });
    }
    if (!('fates' in result)) return;
    for (const lane of LANE_NAMES) this.addFate(lane, result.fates[lane]);
  }

  summary(): ChainSummary {
    const [same, different, deliveredBefore] = [
      this.count('same'),
      this.count('different'),
      this.count('deliveredBefore'),
    ];
    return {
      rounds: RESULT_KINDS.reduce((sum, kind) => sum + this.count(kind), 0),
      same,
      different,
      deliveredBefore,
      outOfStep: this.count('outOfStep'),
      notDelivered: this.count('notDelivered'),
      notDeliverable: this.count('notDeliverable'),
      reasons: Object.fromEntries(this.reasons),
      legacy: this.lanes.get('legacy') ?? NO_COUNTS,
      loopp: this.lanes.get('loopp') ?? NO_COUNTS,
    };
  }

  private count(kind: ChainResult['kind']): number {
    return this.kinds.get(kind) ?? 0;
  }

  private addReason(reason: string): void {
    const known = this.reasons.has(reason) || this.reasons.size < MAX_REASONS ? reason : OTHER_REASONS;
    this.reasons.set(known, (this.reasons.get(known) ?? 0) + 1);
  }

  private addFate(lane: LaneName, { kind }: LaneFate): void {
    const counts = this.lanes.get(lane) ?? NO_COUNTS;
    const one = (...kinds: readonly LaneFate['kind'][]): number => (kinds.includes(kind) ? 1 : 0);
    this.lanes.set(lane, {
      delivered: counts.delivered + one('stored', 'stale'),
      stored: counts.stored + one('stored'),
      stale: counts.stale + one('stale'),
      refusedByEncoder: counts.refusedByEncoder + one('refusedByEncoder'),
      nothingToReport: counts.nothingToReport + one('nothingToReport'),
    });
  }
}
