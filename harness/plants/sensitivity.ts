import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { roundDigest } from '../digest.ts';
import { Exchange } from '../exchange.ts';
import type { Lanes } from '../exchange.ts';
import { isFinding } from '../groups/cause.ts';
import { observe } from '../observe.ts';
import { PLANTS, plant, plantLanes } from '../plants.ts';
import type { PlantName } from '../plants.ts';
import { Coin } from '../random.ts';
import { contradictedLanes } from '../verdict.ts';
import { LatenessBet } from './lateness.ts';

/** What tells a lie: the lanes differ, a witness contradicts them, or the paired differences of their times. */
export type Teller = 'verdict' | 'witness' | 'latency';

/** What became of one planted lie. */
export interface Fault {
  readonly name: PlantName;
  readonly caught: boolean;
  /** Rounds until it was caught; null when it was not. */
  readonly rounds: number | null;
  readonly by: Teller | null;
}

export interface Sensitivity {
  readonly planted: number;
  readonly caught: number;
  /** The lanes without a lie, on the same rounds: each finding here is a false alarm, or a difference of its own. */
  readonly control: { readonly rounds: number; readonly findings: number };
  /** In the order of the table. */
  readonly faults: readonly Fault[];
}

export interface SensitivityOptions {
  readonly names: readonly PlantName[];
  /** For each lie at most. */
  readonly maxRounds: number;
  /** Ends it after the round in progress; what is not caught by then is not caught. */
  readonly signal: AbortSignal;
}

export interface SensitivityProgress {
  readonly rounds: number;
  readonly caught: number;
}

/** Plants each lie in the lanes, on the rounds that `rounds` gives afresh each time, until it is caught. */
export async function sensitivity(
  lanes: Lanes,
  rounds: () => Iterable<Round>,
  options: SensitivityOptions,
  onProgress: (progress: SensitivityProgress) => void = () => undefined,
): Promise<Sensitivity> {
  const { names, maxRounds, signal } = options;
  const hunt = new AnswerHunt(
    lanes,
    names.filter((name) => !isLate(name)),
  );
  for (const batch of growing(limited(rounds(), maxRounds, signal))) {
    await hunt.take(batch);
    onProgress({ rounds: hunt.rounds, caught: hunt.caught.size });
    if (hunt.isOver) break;
  }
  const caught = new Map(hunt.caught);
  for (const name of names.filter(isLate)) {
    const at = await roundsUntilLate(lanes.loopp, name, limited(rounds(), maxRounds, signal));
    if (at !== undefined) caught.set(name, { rounds: at, by: 'latency' });
    onProgress({ rounds: hunt.rounds, caught: caught.size });
  }
  return {
    planted: names.length,
    caught: caught.size,
    control: { rounds: hunt.rounds, findings: hunt.findings },
    faults: names.map((name) => ({ name, caught: caught.has(name), ...(caught.get(name) ?? NOT_CAUGHT) })),
  };
}

const isLate = (name: PlantName): boolean => PLANTS[name].lateMs !== undefined;

type Caught = Pick<Fault, 'rounds' | 'by'>;
const NOT_CAUGHT: Caught = { rounds: null, by: null };

function* limited(rounds: Iterable<Round>, limit: number, signal: AbortSignal): Generator<Round> {
  let left = limit;
  for (const round of rounds) {
    if (left-- <= 0 || signal.aborted) return;
    yield round;
  }
}

const MAX_BATCH = 32;

/** Batches of 1, 2, 4 and so on: the first rounds catch most lies, and then nobody has to ask about them again. */
function* growing(rounds: Iterable<Round>): Generator<readonly Round[]> {
  let size = 1;
  let batch: Round[] = [];
  for (const round of rounds) {
    batch.push(round);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    size = Math.min(size * 2, MAX_BATCH);
  }
  if (batch.length > 0) yield batch;
}

/** All lies about answers beside each other on the same rounds; the lanes are asked the same question once. */
class AnswerHunt {
  rounds = 0;
  findings = 0;
  readonly caught = new Map<PlantName, Caught>();
  private readonly honest: Lanes;
  private readonly open: Map<PlantName, Lanes>;

  constructor({ legacy, loopp }: Lanes, names: readonly PlantName[]) {
    const honest = { legacy: askedOnce(legacy), loopp: askedOnce(loopp) };
    this.honest = honest;
    this.open = new Map(names.map((name) => [name, plantLanes(honest, name)]));
  }

  get isOver(): boolean {
    return this.open.size === 0;
  }

  async take(batch: readonly Round[]): Promise<void> {
    const before = this.rounds;
    const control = await Promise.all(batch.map((round) => tellerOf(this.honest, round)));
    this.rounds += batch.length;
    this.findings += control.filter((teller) => teller !== undefined).length;
    const tryOn = async (name: PlantName, lanes: Lanes): Promise<void> => {
      // Where the lanes differ by themselves, a lie proves nothing.
      const tellers = await Promise.all(
        batch.map(async (round, index) =>
          control[index] === undefined ? tellerOf(lanes, round) : undefined,
        ),
      );
      const index = tellers.findIndex((teller) => teller !== undefined);
      const by = tellers[index];
      if (by === undefined) return;
      this.open.delete(name);
      this.caught.set(name, { rounds: before + index + 1, by });
    };
    await Promise.all([...this.open].map(([name, lanes]) => tryOn(name, lanes)));
  }
}

/** What in the comparison of a round makes it a finding. */
async function tellerOf(lanes: Lanes, round: Round): Promise<Teller | undefined> {
  const question = { round, digest: roundDigest(round), stage: 'shadow' } as const;
  const judged = await new Exchange(lanes, question).compared('legacy');
  if (isFinding({ verdict: judged.verdict.key })) return 'verdict';
  return contradictedLanes(judged).length > 0 ? 'witness' : undefined;
}

/** The lane, which is asked once for each round object. */
function askedOnce(lane: Lane): Lane {
  const answers = new WeakMap<Round, Promise<Outcome>>();
  const possible = lane.possibleOutcomes?.bind(lane);
  return {
    name: lane.name,
    aggregate: (round) => {
      const answer = answers.get(round) ?? lane.aggregate(round);
      answers.set(round, answer);
      return answer;
    },
    ...(possible === undefined ? {} : { possibleOutcomes: possible }),
    health: () => lane.health(),
    close: () => lane.close(),
  };
}

/** The lane against itself with the lie, both asked at once; who is asked first is drawn. */
async function roundsUntilLate(
  lane: Lane,
  name: PlantName,
  rounds: Iterable<Round>,
): Promise<number | undefined> {
  const planted = plant(lane, name);
  const bet = new LatenessBet();
  const coin = new Coin(1);
  let count = 0;
  for (const round of rounds) {
    count++;
    const swapped = coin.toss();
    const asked = (swapped ? [lane, planted] : [planted, lane]).map((one) => observe(one, round));
    const [first, second] = await Promise.all(asked);
    if (first?.kind !== 'answer' || second?.kind !== 'answer') continue;
    const difference = first.durationNs - second.durationNs;
    bet.observe(swapped ? -difference : difference);
    if (bet.isLate) return count;
  }
  return undefined;
}
