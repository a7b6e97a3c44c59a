import * as fc from 'fast-check';
import type { Round } from '../src/contract/round.ts';
import type { VerdictKey } from '../src/contract/verdict.ts';
import { causeOf, differenceKey, isFinding } from './groups/cause.ts';
import type { Finding } from './groups/cause.ts';
import { inputBytes } from './groups/groups.ts';
import { shrinkRound } from './shrink/shrink.ts';

/** What both lanes make of a round. */
export type AskLanes = (round: Round) => Promise<Finding>;

export interface FuzzOptions {
  /** Rounds to generate at most. */
  readonly rounds: number;
  /** From 0 to 2^32 - 1. The same seed gives the same rounds. */
  readonly seed: number;
  /** Rounds asked while a counterexample is made smaller, at most. */
  readonly maxTries: number;
  /** Ends it after the rounds in progress. */
  readonly signal: AbortSignal;
}

/** How far it is. */
export interface FuzzProgress {
  readonly rounds: number;
  /** Rounds asked while a counterexample is made smaller; 0 before there is one. */
  readonly tries: number;
  /** Size of the round asked last, while there are tries. */
  readonly bytes: number;
}

export interface Fuzzed {
  /** Rounds that were compared. */
  readonly rounds: number;
  readonly verdicts: Readonly<Partial<Record<VerdictKey, number>>>;
  /** Absent: the lanes agree on all of them. */
  readonly counterexample?: Counterexample;
}

/** The smallest round that was found on which the lanes differ. */
export interface Counterexample {
  readonly round: Round;
  readonly finding: Finding;
  /** Which of the generated rounds it came from, counted from 1. */
  readonly foundAt: number;
  readonly tries: number;
  /** A limit ended it: there may be a smaller one. */
  readonly ended: boolean;
}

/** Rounds in progress at once, which are also generated together. */
const BATCH = 64;

/** Generates rounds until the lanes differ on one, and makes that one smaller. Rejects as `ask` does. */
export async function fuzz(
  arbitrary: fc.Arbitrary<Round>,
  ask: AskLanes,
  options: FuzzOptions,
  onProgress: (progress: FuzzProgress) => void = () => undefined,
): Promise<Fuzzed> {
  const verdicts: Partial<Record<VerdictKey, number>> = {};
  let rounds = 0;
  for (const batch of batches(arbitrary, options.seed, options.rounds)) {
    if (options.signal.aborted) break;
    const findings = await Promise.all(batch.rounds.map(ask));
    for (const { verdict } of findings) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    const index = findings.findIndex(isFinding);
    const [round, finding] = [batch.rounds[index], findings[index]];
    if (round !== undefined && finding !== undefined) {
      const found: Found = { round, finding, index, seed: batch.seed };
      const asking = new Tries(ask, (tries, bytes) => onProgress({ rounds, tries, bytes }));
      rounds += batch.rounds.length;
      const smallest = await new Shrinking(asking, options).shrink(arbitrary, found);
      const counterexample = { ...smallest, foundAt: rounds - batch.rounds.length + index + 1 };
      return { rounds, verdicts, counterexample };
    }
    rounds += batch.rounds.length;
    onProgress({ rounds, tries: 0, bytes: 0 });
  }
  return { rounds, verdicts };
}

interface Batch {
  readonly seed: number;
  readonly rounds: readonly Round[];
}

function* batches(arbitrary: fc.Arbitrary<Round>, seed: number, limit: number): Generator<Batch> {
  for (let done = 0; done < limit; done += BATCH) {
    // The multiplier is odd, so that no two batches of a run have the same seed.
    const own = (seed + Math.imul(done / BATCH, 0x9e37_79b1)) | 0;
    const rounds = fc.sample(arbitrary, { seed: own, numRuns: Math.min(BATCH, limit - done) });
    yield {
      seed: own,
      rounds: rounds.map((round, index) => ({
        ...round,
        id: `fuzz-${String(seed)}-${String(done + index + 1)}`,
      })),
    };
  }
}

/** Rounds without end, each with an id of its own. The same seed gives the same ones. */
export function* generatedRounds(arbitrary: fc.Arbitrary<Round>, seed: number): Generator<Round> {
  for (const { rounds } of batches(arbitrary, seed, Infinity)) yield* rounds;
}

interface Found {
  readonly round: Round;
  readonly finding: Finding;
  /** Where the round stands in its batch. */
  readonly index: number;
  /** Of the batch. */
  readonly seed: number;
}

/** The lanes, and how often they were asked. */
class Tries {
  count = 0;
  private readonly askLanes: AskLanes;
  private readonly told: (count: number, bytes: number) => void;

  constructor(askLanes: AskLanes, told: (count: number, bytes: number) => void) {
    this.askLanes = askLanes;
    this.told = told;
  }

  ask(round: Round): Promise<Finding> {
    this.told(++this.count, inputBytes(round));
    return this.askLanes(round);
  }
}

/** Makes one counterexample smaller, first by what generated it, then by its bytes. */
class Shrinking {
  private readonly tries: Tries;
  private readonly options: FuzzOptions;

  constructor(tries: Tries, options: FuzzOptions) {
    this.tries = tries;
    this.options = options;
  }

  async shrink(arbitrary: fc.Arbitrary<Round>, found: Found): Promise<Omit<Counterexample, 'foundAt'>> {
    const generated = await this.regenerate(arbitrary, found);
    const { id } = found.round;
    const round = { ...(generated?.round ?? found.round), id };
    const finding = generated?.finding ?? found.finding;
    const key = differenceKey(causeOf(finding, round));
    let last = finding;
    const shrunk = await shrinkRound(
      round,
      async (candidate) => {
        const next = await this.tries.ask(candidate);
        const same = differenceKey(causeOf(next, candidate)) === key;
        if (same) last = next;
        return same;
      },
      { maxTries: Math.max(this.options.maxTries - this.tries.count, 0), signal: this.options.signal },
    );
    return { round: { ...shrunk.round, id }, finding: last, tries: this.tries.count, ended: shrunk.ended };
  }

  /** The smallest round of fast-check's that has the same verdict and differing fields; none when it was not seen again. */
  private async regenerate(
    arbitrary: fc.Arbitrary<Round>,
    { index, seed, round: original, finding }: Found,
  ): Promise<Pick<Counterexample, 'round' | 'finding'> | undefined> {
    const wanted = kindOf(finding, original);
    let smallest: Pick<Counterexample, 'round' | 'finding'> | undefined;
    const property = fc.asyncProperty(arbitrary, async (round) => {
      // Half of the tries are left for what only knows bytes.
      if (this.tries.count >= this.options.maxTries / 2 || this.options.signal.aborted) return true;
      const now = await this.tries.ask(round);
      if (kindOf(now, round) !== wanted) return true;
      smallest = { round, finding: now };
      return false;
    });
    await fc.check(property, { seed, path: String(index), numRuns: 1 });
    return smallest;
  }
}

function kindOf(finding: Finding, round: Round): string {
  const { verdict, fields } = causeOf(finding, round);
  return JSON.stringify([verdict, fields]);
}
