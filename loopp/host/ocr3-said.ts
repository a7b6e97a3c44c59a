import { Id, Observations, Query } from '../../src/codec/capability.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { encodeValueList } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { AttributedObservation } from '../../src/contract/reporting-plugin.ts';
import type { Round } from '../../src/contract/round.ts';
import { executionId, submissionOf } from '../wire/submission.ts';

/**
 * Whether oracles say what they were given. Everything that comes after, here and in whatever the round is held against,
 * is made of their query and observations: what these leave out, no later comparison can miss.
 */

/** Oracles that should agree do not, or the round cannot be held with them. */
export class Ocr3RoundError extends Error {
  override readonly name = 'Ocr3RoundError';
}

/** Throws `Ocr3RoundError` when the leader was given a request and does not ask for it. */
export function assertQuery(round: Round, leader: number, query: Uint8Array): void {
  if (!round.observations.some(({ oracle }) => oracle === leader)) return;
  const refuse = (expected: string, got: string): Ocr3RoundError => refusal(round, leader, expected, got);
  const id = executionId(round);
  const expected = `a query for execution "${id.workflowExecutionId}"`;
  const { ids } = decoded(
    () => Query.decode(query),
    () => refuse(expected, 'bytes that are no protobuf'),
  );
  // Of an execution that comes twice, oracles take the first.
  const asked = ids.find(isExecution(id));
  if (asked === undefined) throw refuse(expected, `one for ${executions(ids.length)}`);
  if (!sameId(asked, id)) throw refuse(expected, 'one with another id of it');
}

/**
 * Throws `Ocr3RoundError` when an oracle does not say, byte for byte, the values that it was given for the round's
 * execution, or says some without having been given any.
 */
export function assertObservations(round: Round, attributed: readonly AttributedObservation[]): void {
  const id = executionId(round);
  for (const { observer, observation } of attributed) {
    const own = round.observations.find(({ oracle }) => oracle === observer);
    const submitted = own && submissionOf(round, own).observations;
    const expected =
      `${submitted === undefined ? 'no observation' : `an observation of ${sizeOf(submitted)}`} ` +
      `for execution "${id.workflowExecutionId}"`;
    const said = decoded(
      () => entryOf(observation, id),
      () => refusal(round, observer, expected, 'bytes that are no protobuf'),
    );
    const got = deviation(id, submitted, said);
    if (got !== undefined) throw refusal(round, observer, expected, got);
  }
}

type Entry = ReturnType<typeof Observations.decode>['observations'][number];

/** The first: it is the one that counts. */
function entryOf(observation: Uint8Array, id: Id): Entry | undefined {
  const isOwn = isExecution(id);
  return Observations.decode(observation).observations.find(
    (entry) => entry.id !== undefined && isOwn(entry.id),
  );
}

/** What the oracle said instead; undefined when it said what it was given. */
function deviation(
  id: Id,
  submitted: readonly Value[] | undefined,
  said: Entry | undefined,
): string | undefined {
  if (said === undefined) return submitted === undefined ? undefined : 'none';
  if (submitted === undefined) return `one of ${sizeOf(said.observations ?? [])}`;
  if (said.id === undefined || !sameId(said.id, id)) return 'one with another id of it';
  // Requests name no encoder.
  if (said.overriddenEncoderName !== '') return `one that names the encoder "${said.overriddenEncoderName}"`;
  const [expected, got] = [encodeValueList(submitted), encodeValueList(said.observations ?? [])];
  if (Buffer.compare(expected, got) === 0) return undefined;
  const at = expected.findIndex((byte, index) => byte !== got[index]);
  const from = at < 0 ? expected.length : at;
  return `one of ${sizeOf(said.observations ?? [])} that differs from byte ${String(from)}`;
}

const sameId = (a: Id, b: Id): boolean => Buffer.compare(Id.encode(a), Id.encode(b)) === 0;

const isExecution =
  ({ workflowExecutionId }: Id) =>
  (other: Id): boolean =>
    other.workflowExecutionId === workflowExecutionId;

function sizeOf(values: readonly Value[]): string {
  const { length } = encodeValueList(values);
  return `${String(values.length)} ${values.length === 1 ? 'value' : 'values'} in ${String(length)} bytes`;
}

function executions(others: number): string {
  if (others === 0) return 'none';
  return others === 1 ? 'another one' : `${String(others)} others`;
}

function decoded<T>(read: () => T, refuse: () => Ocr3RoundError): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ProtobufError ? refuse() : error;
  }
}

const refusal = (round: Round, oracle: number, expected: string, got: string): Ocr3RoundError =>
  new Ocr3RoundError(`round "${round.id}": oracle ${String(oracle)}: expected ${expected}, got ${got}`);
