import { ProtobufError } from '../../src/codec/protobuf.ts';
import { decodeValue, decodeValueMap } from '../../src/codec/values.ts';
import type { Value } from '../../src/codec/values.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Round } from '../../src/contract/round.ts';
import { editEntries } from './edit-outcome.ts';

/** Edits the entries of the configuration; what is no `values.v1.Map` stays. */
export function withConfig(round: Round, edit: (key: string, value: Value) => Value): Round {
  const config = orUnchanged(round.config, (bytes) =>
    encodeValueMap(editEntries(decodeValueMap(bytes), edit)),
  );
  return { ...round, config };
}

/** Edits each observation; what is no `values.v1.Value` stays. */
export function withEachValue(round: Round, edit: (value: Value) => Value): Round {
  return withEachList(round, (values) =>
    values.map((bytes) => orUnchanged(bytes, (readable) => encodeValue(edit(decodeValue(readable))))),
  );
}

/** Edits the list of each oracle. */
export function withEachList(
  round: Round,
  edit: (values: readonly Uint8Array[]) => readonly Uint8Array[],
): Round {
  const observations = round.observations.map(({ oracle, values }) => ({ oracle, values: edit(values) }));
  return { ...round, observations };
}

function orUnchanged(bytes: Uint8Array, edit: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  try {
    return edit(bytes);
  } catch (error) {
    if (error instanceof ProtobufError) return bytes;
    throw error;
  }
}
