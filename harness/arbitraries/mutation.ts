import * as fc from 'fast-check';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { decodeValue, decodeValueMap } from '../../src/codec/values.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';

type RoundEdit = (round: Round) => Round;

/**
 * One of the recorded rounds with one to three changes, without its witness, which only speaks for the round that it came
 * with. Bytes that are changed stay parseable protobuf. `recorded` has at least one round.
 */
export function arbitraryMutation(recorded: readonly Round[]): fc.Arbitrary<Round> {
  const edits = fc.array(arbitraryEdit(recorded), { minLength: 1, maxLength: 3 });
  return fc
    .tuple(fc.constantFrom(...recorded), edits)
    .map(([round, changes]) => changes.reduce((changed, edit) => edit(changed), inputOf(round)));
}

function inputOf({ id, revision, f, config, previousOutcome, observations }: Round): Round {
  return { id, revision, f, config, previousOutcome, observations };
}

function arbitraryEdit(recorded: readonly Round[]): fc.Arbitrary<RoundEdit> {
  const other = fc.constantFrom(...recorded);
  return fc.oneof(
    { weight: 4, arbitrary: arbitraryByteEdit },
    { weight: 3, arbitrary: arbitraryListEdit },
    { weight: 1, arbitrary: other.map(({ config }) => (round: Round) => ({ ...round, config })) },
    {
      weight: 1,
      arbitrary: other.map(({ previousOutcome }) => (round: Round) => ({ ...round, previousOutcome })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...REVISIONS).map((revision) => (round: Round) => ({ ...round, revision })),
    },
    { weight: 1, arbitrary: fc.nat({ max: 5 }).map((f) => (round: Round) => ({ ...round, f })) },
  );
}

type BytesEdit = (bytes: Uint8Array) => Uint8Array;

/** One byte changed, put in or taken out, anywhere. */
const arbitraryBytesEdit: fc.Arbitrary<BytesEdit> = fc
  .record({
    at: fc.nat(),
    value: fc.nat({ max: 255 }),
    kind: fc.constantFrom('set', 'set', 'insert', 'remove'),
  })
  .map(({ at, value, kind }) => (bytes) => {
    const where = bytes.length === 0 ? 0 : at % bytes.length;
    const added = kind === 'remove' ? [] : [value];
    return Uint8Array.from([...bytes].toSpliced(where, kind === 'insert' ? 0 : 1, ...added));
  });

const arbitraryByteEdit: fc.Arbitrary<RoundEdit> = fc
  .record({
    part: fc.constantFrom('config', 'previous', 'value', 'value'),
    at: fc.nat(),
    edit: arbitraryBytesEdit,
  })
  .map(({ part, at, edit }) => {
    if (part === 'config')
      return (round) => ({ ...round, config: ifReadable(round.config, edit, decodeValueMap) });
    if (part === 'previous') return (round) => withPrevious(round, edit);
    return (round) => withList(round, at, (values) => withValue(values, at, edit));
  });

function withPrevious(round: Round, edit: BytesEdit): Round {
  if (round.previousOutcome === null) return round;
  return {
    ...round,
    previousOutcome: ifReadable(round.previousOutcome, edit, (bytes) => AggregationOutcome.decode(bytes)),
  };
}

function withValue(values: readonly Uint8Array[], at: number, edit: BytesEdit): readonly Uint8Array[] {
  return values.map((value, index) =>
    index === at % values.length ? ifReadable(value, edit, decodeValue) : value,
  );
}

function ifReadable(bytes: Uint8Array, edit: BytesEdit, read: (bytes: Uint8Array) => unknown): Uint8Array {
  const changed = edit(bytes);
  try {
    read(changed);
    return changed;
  } catch (error) {
    if (error instanceof ProtobufError) return bytes;
    throw error;
  }
}

/** An oracle's list left out, emptied, turned around, repeated, or given to every oracle. */
const arbitraryListEdit: fc.Arbitrary<RoundEdit> = fc
  .record({ at: fc.nat(), kind: fc.constantFrom('remove', 'empty', 'reverse', 'repeat', 'shorten', 'share') })
  .map(({ at, kind }) => (round) => {
    switch (kind) {
      case 'remove':
        return { ...round, observations: without(round.observations, at) };
      case 'empty':
        return withList(round, at, () => []);
      case 'reverse':
        return withList(round, at, (values) => values.toReversed());
      case 'repeat':
        return withList(round, at, (values) => [...values, ...values]);
      case 'shorten':
        return withList(round, at, (values) => values.slice(0, -1));
      default:
        return { ...round, observations: shared(round.observations, at) };
    }
  });

function without(observations: readonly OracleObservations[], at: number): readonly OracleObservations[] {
  return observations.filter((_, index) => index !== at % observations.length);
}

function shared(observations: readonly OracleObservations[], at: number): readonly OracleObservations[] {
  const values = observations[at % Math.max(observations.length, 1)]?.values ?? [];
  return observations.map(({ oracle }) => ({ oracle, values }));
}

function withList(
  round: Round,
  at: number,
  edit: (values: readonly Uint8Array[]) => readonly Uint8Array[],
): Round {
  const { observations } = round;
  return {
    ...round,
    observations: observations.map((observation, index) =>
      index === at % observations.length ? { ...observation, values: edit(observation.values) } : observation,
    ),
  };
}
