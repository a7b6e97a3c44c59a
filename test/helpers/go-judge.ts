import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { GO_CRASHES } from '../../src/contract/texts.ts';
import { bareEvents } from './bare-events.ts';
import type { GoAnswer, GoOracle } from './go-oracle.ts';

/** Whether a lane's answer is the one of real Go. Where Go crashes, the lane says so with Go's cause. */
export function isSameAnswer(ours: Outcome, go: GoAnswer): boolean {
  switch (go.kind) {
    case 'outcome':
      return ours.kind === 'outcome' && Buffer.compare(ours.outcome, go.outcome) === 0;
    case 'error':
      return ours.kind === 'error' && ours.error === go.error;
    case 'panic':
      return ours.kind === 'error' && ours.error === GO_CRASHES + go.panic;
    default:
      return false;
  }
}

/** A round on which a lane's answer is none that Go gave. */
export interface Disagreement {
  readonly round: Round;
  readonly ours: Outcome;
  readonly go: readonly GoAnswer[];
}

export interface Judgement {
  /** Rounds that the oracle can judge (see `bareEvents`). */
  readonly judged: number;
  /** Of those, rounds where Go gave another answer first, and the lane's after some attempts. */
  readonly orderDependent: number;
  readonly disagreements: readonly Disagreement[];
}

/**
 * How often Go is asked again about a round on which it did not agree at once. Its random order reaches each of a dozen
 * oracles within so many attempts with a probability that no test run will ever see fail.
 */
const ATTEMPTS = 1_000;

/**
 * Holds a lane against the real aggregator: on every round that the oracle can judge, the lane's answer must be one
 * that Go gives. `aggregate` gets those rounds as they are, wrapped, and answers one outcome for each, in order.
 */
export async function judge(
  oracle: GoOracle,
  rounds: readonly Round[],
  aggregate: (rounds: readonly Round[]) => Promise<readonly Outcome[]>,
): Promise<Judgement> {
  const pairs = rounds.flatMap((round) => {
    const bare = bareEvents(round);
    return bare === undefined ? [] : [{ round, bare }];
  });
  const [ours, go] = await Promise.all([
    aggregate(pairs.map(({ round }) => round)),
    oracle.answers(pairs.map(({ bare }) => bare)),
  ]);
  if (ours.length !== pairs.length) throw new Error('the lane must answer every round once');
  const open = pairs.flatMap((pair, index) => {
    const [mine, gos] = [ours[index], go[index]];
    return mine === undefined || gos === undefined || isSameAnswer(mine, gos) ? [] : [{ ...pair, mine }];
  });
  const sets = await oracle.allAnswers(
    open.map(({ bare }) => bare),
    ATTEMPTS,
  );
  const disagreements = open.flatMap(({ round, mine }, index) => {
    const set = sets[index] ?? [];
    return set.some((answer) => isSameAnswer(mine, answer)) ? [] : [{ round, ours: mine, go: set }];
  });
  return { judged: pairs.length, orderDependent: open.length - disagreements.length, disagreements };
}

/** One line a disagreement, for the message of a failing test. */
export function describeDisagreement({ round, ours, go }: Disagreement): string {
  const note = round.note === undefined ? '' : ` (${round.note})`;
  return `${round.id}${note}: ours ${describe(ours)}, Go ${go.map(describe).join(' or ')}`;
}

function describe(answer: Outcome | GoAnswer): string {
  switch (answer.kind) {
    case 'outcome':
      return `outcome ${Buffer.from(answer.outcome).toString('hex')}`;
    case 'error':
      return `error ${JSON.stringify(answer.error)}`;
    case 'panic':
      return `panic ${JSON.stringify(answer.panic)}`;
    default:
      return `invalid ${JSON.stringify(answer.reason)}`;
  }
}
