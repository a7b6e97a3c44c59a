import { AggregationOutcome } from '../src/codec/capability.ts';
import type { Value, ValueMap } from '../src/codec/values.ts';
import type { Lane, Outcome } from '../src/contract/lane.ts';

/** Known lies that can be put into a lane, to see that the comparison finds them. */
export const PLANTS = {
  /** The block number is one too high. */
  'block-plus-one': (outcome) =>
    withAnswer(outcome, ({ mintable, block }, bits) => mintable | ((block + 1n) << bits)),
  /** Block and mintable have changed places in the packed answer. */
  'swapped-packing': (outcome) =>
    withAnswer(outcome, ({ mintable, block }, bits) => block | (mintable << bits)),
  /** The outcome says that there is nothing to report. */
  'lost-report': () => AggregationOutcome.encode({}),
} as const satisfies Readonly<Record<string, Lie>>;
export type PlantName = keyof typeof PLANTS;

type Lie = (outcome: AggregationOutcome) => Uint8Array;

/** The lane, lying about every outcome with a report; errors and empty outcomes pass unchanged. */
export function plant(lane: Lane, name: PlantName): Lane {
  const lie: Lie = PLANTS[name];
  return {
    name: lane.name,
    aggregate: async (round, signal) => lieAbout(await lane.aggregate(round, signal), lie),
    health: () => lane.health(),
    close: () => lane.close(),
  };
}

function lieAbout(outcome: Outcome, lie: Lie): Outcome {
  if (outcome.kind === 'error') return outcome;
  const decoded = AggregationOutcome.decode(outcome.outcome);
  return decoded.shouldReport ? { kind: 'outcome', outcome: lie(decoded) } : outcome;
}

interface Packed {
  readonly mintable: bigint;
  readonly block: bigint;
}

/** Width of the mintable below the block, by the key that holds the packed answer (docs/spec/aggregator.md H.5). */
const MINTABLE_BITS: Readonly<Record<string, bigint>> = { Answer: 128n, Price: 128n, answer: 91n };

function withAnswer(
  outcome: AggregationOutcome,
  repack: (packed: Packed, mintableBits: bigint) => bigint,
): Uint8Array {
  const change = (map: ValueMap): ValueMap =>
    new Map([...map].map(([key, value]) => [key, changeValue(key, value)]));
  const changeValue = (key: string, value: Value): Value => {
    const bits = MINTABLE_BITS[key];
    if (value.kind === 'bigint' && bits !== undefined) {
      const mintable = BigInt.asUintN(Number(bits), value.value);
      return { kind: 'bigint', value: repack({ mintable, block: value.value >> bits }, bits) };
    }
    if (value.kind === 'map') return { kind: 'map', entries: change(value.entries) };
    // Reports and payload are lists of maps, one level deep.
    return value.kind === 'list'
      ? { kind: 'list', items: value.items.map((item) => changeValue('', item)) }
      : value;
  };
  return AggregationOutcome.encode({
    ...outcome,
    encodableOutcome: change(outcome.encodableOutcome ?? new Map()),
  });
}
