import type { Round } from '../../src/contract/round.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { causeOf, groupKey } from './cause.ts';
import type { Cause } from './cause.ts';
import { InputMemory, Inputs } from './inputs.ts';
import type { DistinctInputs } from './inputs.ts';
import { toleranceOf } from './known.ts';
import type { KnownDifference, Tolerance } from './known.ts';
import { Draws, Reservoir } from './reservoir.ts';

/** A finding of a journal with its round. */
export interface JournalFinding {
  readonly entry: JournalEntry;
  readonly round: Round;
}

/** Findings with one cause. */
export interface Group extends DistinctInputs {
  /** From 1, the largest group first; the numbers of a journal that does not grow stay. */
  readonly number: number;
  readonly cause: Cause;
  readonly count: number;
  /** Milliseconds since 1970; null when the journal does not say. */
  readonly firstSeen: number | null;
  readonly lastSeen: number | null;
  readonly shortest: { readonly id: string; readonly bytes: number };
  /** A fair sample, in the journal's order. */
  readonly sample: readonly JournalFinding[];
  readonly tolerance?: Tolerance;
}

export interface GroupsOptions {
  readonly known: readonly KnownDifference[];
  /** For expiries, milliseconds since 1970. */
  readonly now: number;
  /** Draws the samples. */
  readonly seed: number;
  readonly sampleSize: number;
}

/** Groups beyond are counted together: memory stays bounded whatever differs. */
const MAX_GROUPS = 500;
/** Larger rounds are counted and never in a sample. */
const MAX_SAMPLE_BYTES = 1024 * 1024;

/** Sorts findings by their cause, as they come. */
export class Groups {
  /** Findings whose cause came after as many others as are kept apart. */
  beyond = 0;
  private readonly options: GroupsOptions;
  private readonly draws: Draws;
  private readonly memory = new InputMemory();
  private readonly byKey = new Map<string, Gathered>();

  constructor(options: GroupsOptions) {
    this.options = options;
    this.draws = new Draws(options.seed);
  }

  add(finding: JournalFinding): void {
    const cause = causeOf(finding.entry, finding.round);
    const key = groupKey(cause);
    let gathered = this.byKey.get(key);
    if (gathered === undefined) {
      if (this.byKey.size >= MAX_GROUPS) {
        this.beyond++;
        return;
      }
      gathered = new Gathered(cause, new Reservoir(this.options.sampleSize, this.draws), this.memory);
      this.byKey.set(key, gathered);
    }
    gathered.add(finding);
  }

  /** The largest first; of equal size, the one whose cause came first. */
  list(): readonly Group[] {
    const { known, now } = this.options;
    return [...this.byKey.values()]
      .toSorted((a, b) => b.count - a.count)
      .map((gathered, index) => {
        const tolerance = toleranceOf(gathered.cause, known, now);
        return { number: index + 1, ...gathered.facts(), ...(tolerance === undefined ? {} : { tolerance }) };
      });
  }
}

/** Whether the group is one that somebody has to look at: not known, or not any more. */
export function needsWork({ tolerance }: Pick<Group, 'tolerance'>): boolean {
  return tolerance === undefined || tolerance.expired;
}

class Gathered {
  readonly cause: Cause;
  count = 0;
  private firstSeen: number | null = null;
  private lastSeen: number | null = null;
  private shortest = { id: '', bytes: Infinity };
  private readonly sample: Reservoir<JournalFinding>;
  private readonly inputs: Inputs;

  constructor(cause: Cause, sample: Reservoir<JournalFinding>, memory: InputMemory) {
    this.cause = cause;
    this.sample = sample;
    this.inputs = new Inputs(memory);
  }

  add(finding: JournalFinding): void {
    const { id, at, input } = finding.entry;
    const bytes = inputBytes(finding.round);
    this.count++;
    this.inputs.add(input);
    if (bytes < this.shortest.bytes) this.shortest = { id, bytes };
    if (bytes <= MAX_SAMPLE_BYTES) this.sample.offer(finding);
    if (at === undefined) return;
    this.firstSeen = Math.min(this.firstSeen ?? at, at);
    this.lastSeen = Math.max(this.lastSeen ?? at, at);
  }

  facts(): Omit<Group, 'number' | 'tolerance'> {
    const { cause, count, firstSeen, lastSeen, shortest } = this;
    return {
      cause,
      count,
      firstSeen,
      lastSeen,
      shortest,
      ...this.inputs.facts(),
      sample: this.sample.items(),
    };
  }
}

/** Bytes of everything that reaches the aggregation. */
export function inputBytes({ config, previousOutcome, observations }: Round): number {
  const inside = observations.flatMap(({ values }) => values.map((value) => value.length));
  return inside.reduce((sum, size) => sum + size, config.length + (previousOutcome?.length ?? 0));
}
