import { AggregationOutcome } from '../../src/codec/capability.ts';
import { decodeValue, decodeValueMap } from '../../src/codec/values.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';
import { roundDigest } from '../digest.ts';
import { fewerItems, firstKept, smallerIntegers, smallerItems, whileKept } from './reduce.ts';
import type { Keep } from './reduce.ts';
import { ShrinkingEnded, Trial } from './trial.ts';
import type { ShrinkLimits, StillDiffers } from './trial.ts';
import { shrinkEntries, shrinkValue } from './value.ts';

/** What became of a round that was shrunk. */
export interface Shrunk {
  /** Still shows the difference; the round itself when nothing smaller did. */
  readonly round: Round;
  readonly tries: number;
  /** A limit ended it: there may be a smaller one. */
  readonly ended: boolean;
}

/**
 * The smallest round that can be found which still differs, by taking away oracles, events and fields and making numbers,
 * texts and bytes smaller, over and over until nothing can go any more. `round` itself must differ. Rejects as
 * `stillDiffers` does. `onTry` hears of every try.
 */
export async function shrinkRound(
  round: Round,
  stillDiffers: StillDiffers,
  limits: ShrinkLimits,
  onTry: (trial: Trial) => void = () => undefined,
): Promise<Shrunk> {
  const trial = new Trial(
    plain(round),
    async (candidate) => {
      onTry(trial);
      return stillDiffers(candidate);
    },
    limits,
  );
  const ended = await untilNothingGoes(trial);
  return { round: trial.best, tries: trial.tries, ended };
}

/** Whether a limit ended it. */
async function untilNothingGoes(trial: Trial): Promise<boolean> {
  try {
    for (;;) {
      const before = roundDigest(trial.best);
      for (const step of STEPS) await step(trial);
      if (Buffer.compare(roundDigest(trial.best), before) === 0) return false;
    }
  } catch (error) {
    if (error instanceof ShrinkingEnded) return true;
    throw error;
  }
}

/** Without what does not reach the aggregation; a witness only speaks for the round that it came with. */
function plain({ id, revision, f, config, previousOutcome, observations }: Round): Round {
  return { id, revision, f, config, previousOutcome, observations };
}

type Step = (trial: Trial) => Promise<unknown>;

/** What takes most away comes first: every later try is then a try with less. */
const STEPS: readonly Step[] = [
  fewerOracles,
  fewerEvents,
  smallerPrevious,
  smallerEvents,
  smallerConfig,
  labels,
];

const keepObservations =
  (trial: Trial): Keep<readonly OracleObservations[]> =>
  (observations) =>
    trial.keep({ ...trial.best, observations });

async function fewerOracles(trial: Trial): Promise<unknown> {
  return fewerItems(trial.best.observations, keepObservations(trial));
}

async function fewerEvents(trial: Trial): Promise<unknown> {
  return eachOracle(trial, fewerItems);
}

async function smallerEvents(trial: Trial): Promise<unknown> {
  return eachOracle(trial, (values, keep) => smallerItems(values, keep, shrinkObservation));
}

function eachOracle(
  trial: Trial,
  shrink: (
    values: readonly Uint8Array[],
    keep: Keep<readonly Uint8Array[]>,
  ) => Promise<readonly Uint8Array[]>,
): Promise<unknown> {
  return smallerItems(trial.best.observations, keepObservations(trial), async (observation, keep) => {
    const values = await shrink(observation.values, (fewer) => keep({ ...observation, values: fewer }));
    return { ...observation, values };
  });
}

/** Bytes that mean something else once they are written again stay as they are. */
async function shrinkObservation(bytes: Uint8Array, keep: Keep<Uint8Array>): Promise<Uint8Array> {
  const value = decodeValue(bytes);
  const again = encodeValue(value);
  if (Buffer.compare(again, bytes) !== 0 && !(await keep(again))) return bytes;
  return encodeValue(await shrinkValue(value, (smaller) => keep(encodeValue(smaller))));
}

async function smallerPrevious(trial: Trial): Promise<void> {
  const { previousOutcome } = trial.best;
  if (previousOutcome === null) return;
  const keep: Keep<Uint8Array | null> = (smaller) => trial.keep({ ...trial.best, previousOutcome: smaller });
  if (await keep(null)) return;
  const outcome = AggregationOutcome.decode(previousOutcome);
  const keepFields: Keep<Partial<AggregationOutcome>> = (fields) => keep(AggregationOutcome.encode(fields));
  const members = await fewerItems(Object.entries(outcome), (fewer) => keepFields(Object.fromEntries(fewer)));
  if (!members.some(([name]) => name === 'lastSeenAt')) return;
  const rest: Partial<AggregationOutcome> = Object.fromEntries(members);
  await whileKept(outcome.lastSeenAt, smallerIntegers, (lastSeenAt) => keepFields({ ...rest, lastSeenAt }));
}

async function smallerConfig(trial: Trial): Promise<void> {
  const config = decodeValueMap(trial.best.config);
  const keep: Keep<Uint8Array> = (smaller) => trial.keep({ ...trial.best, config: smaller });
  const again = encodeValueMap(config);
  if (Buffer.compare(again, trial.best.config) !== 0 && !(await keep(again))) return;
  await shrinkEntries(config, (smaller) => keep(encodeValueMap(smaller)));
}

/** The tolerated faults, and the oracles' ids from 0 on. */
async function labels(trial: Trial): Promise<void> {
  const { f, observations } = trial.best;
  await firstKept(f, f > 0 ? [0] : [], (smaller) => trial.keep({ ...trial.best, f: smaller }));
  const renumbered = observations.map(({ values }, oracle) => ({ oracle, values }));
  if (observations.some(({ oracle }, index) => oracle !== index)) await keepObservations(trial)(renumbered);
}
