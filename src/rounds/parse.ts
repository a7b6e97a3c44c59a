import { AggregationOutcome } from '../codec/capability.ts';
import { checkValue, checkValueMap } from '../codec/values-check.ts';
import { REVISIONS } from '../contract/round.ts';
import type { OracleObservations, Revision, Round, Witness, WitnessAnswer } from '../contract/round.ts';
import { messageOf } from '../errors.ts';

/** A field of a round is not what it should be. */
export class RoundFormatError extends Error {
  override readonly name = 'RoundFormatError';

  constructor(field: string, expected: string, came: string) {
    super(`${field}: expected ${expected}, got ${came}`);
  }
}

type Json = Readonly<Record<string, unknown>>;

/** libocr's OracleID is a uint8. */
const MAX_ORACLE_ID = 255;

/** Decodes base64 as Node does, which takes more than the standard has, into memory of its own choice. */
export type DecodeBase64 = (text: string) => Uint8Array;

const decodeIntoPool: DecodeBase64 = (text) => Buffer.from(text, 'base64');

/**
 * Reads one line of a capture (docs/captures.md) and checks all of it, protobuf included, so that no lane ever meets
 * bytes that a node could not have decoded. Throws `RoundFormatError`.
 */
export function parseRound(line: string, decode: DecodeBase64 = decodeIntoPool): Round {
  const json = parseObject(line);
  const revision = revisionOf(json['revision']);
  const workflow = optionalText(json, 'workflow');
  const note = optionalText(json, 'note');
  const consensusSeqNr = json['consensusSeqNr'] === undefined ? undefined : count(json, 'consensusSeqNr');
  const witness = json['expect'] === undefined ? undefined : witnessOf(json['expect'], decode);
  return {
    id: idOf(json['id']),
    revision,
    f: count(json, 'f'),
    config: protobuf(() => 'config', 'values.v1.Map', json['config'], checkValueMap, decode),
    previousOutcome: previousOutcomeOf(json, decode),
    observations: observationsOf(json['observations'], decode),
    ...(workflow === undefined ? {} : { workflow }),
    ...(note === undefined ? {} : { note }),
    ...(consensusSeqNr === undefined ? {} : { consensusSeqNr }),
    ...(witness === undefined ? {} : { witness }),
  };
}

function parseObject(line: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new RoundFormatError('line', 'a JSON object', `invalid JSON (${messageOf(error)})`);
  }
  return object('line', value);
}

function object(field: string, value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RoundFormatError(field, 'a JSON object', describe(value));
  }
  return value as Json;
}

function idOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new RoundFormatError('id', 'a text that is not empty', describe(value));
}

function revisionOf(value: unknown): Revision {
  const revision = REVISIONS.find((known) => known === value);
  if (revision === undefined)
    throw new RoundFormatError('revision', `one of ${REVISIONS.join(', ')}`, describe(value));
  return revision;
}

function optionalText(json: Json, field: string): string | undefined {
  const value = json[field];
  if (value === undefined || typeof value === 'string') return value;
  throw new RoundFormatError(field, 'a text', describe(value));
}

function count(json: Json, field: string): number {
  const value = json[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RoundFormatError(field, 'a whole number, 0 or more', describe(value));
}

function previousOutcomeOf(json: Json, decode: DecodeBase64): Uint8Array | null {
  const value = json['previousOutcome'];
  if (value === null) return null;
  return protobuf(() => 'previousOutcome', 'AggregationOutcome', value, AggregationOutcome.decode, decode);
}

function observationsOf(value: unknown, decode: DecodeBase64): readonly OracleObservations[] {
  return Object.entries(object('observations', value))
    .map(([key, values]) => oracleObservations(key, values, decode))
    .toSorted((a, b) => a.oracle - b.oracle);
}

function oracleObservations(key: string, values: unknown, decode: DecodeBase64): OracleObservations {
  const field = (): string => `observations["${key}"]`;
  const oracle = /^(0|[1-9][0-9]{0,2})$/.test(key) ? Number(key) : MAX_ORACLE_ID + 1;
  if (oracle > MAX_ORACLE_ID) {
    throw new RoundFormatError('observations', `oracle ids from 0 to ${String(MAX_ORACLE_ID)}`, `"${key}"`);
  }
  if (!Array.isArray(values)) throw new RoundFormatError(field(), 'a list of base64 texts', describe(values));
  return {
    oracle,
    values: values.map((value: unknown, index) =>
      protobuf(() => `${field()}[${String(index)}]`, 'values.v1.Value', value, checkValue, decode),
    ),
  };
}

/** `field` names the field; it is only asked for a refusal. */
function protobuf(
  field: () => string,
  type: string,
  value: unknown,
  check: (bytes: Uint8Array) => unknown,
  decode: DecodeBase64,
): Uint8Array {
  const bytes = base64(field, value, decode);
  try {
    check(bytes);
  } catch (error) {
    throw new RoundFormatError(
      field(),
      `protobuf of ${type}`,
      `${String(bytes.length)} ${bytes.length === 1 ? 'byte' : 'bytes'} with ${messageOf(error)}`,
    );
  }
  return bytes;
}

function base64(field: () => string, value: unknown, decode: DecodeBase64): Uint8Array {
  if (typeof value !== 'string') throw new RoundFormatError(field(), 'a base64 text', describe(value));
  const bytes = decode(value);
  // Node's decoder skips what it does not know, takes the URL alphabet and looks at the low byte of each character. So
  // what it read is written again; a regular expression over the text takes five times as long.
  if (encode(bytes) !== value) {
    throw new RoundFormatError(field(), 'standard base64 with padding', describe(value));
  }
  return bytes;
}

const encode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

function witnessOf(value: unknown, decode: DecodeBase64): Witness {
  const json = object('expect', value);
  if (typeof json['configError'] === 'string')
    return { answers: [{ kind: 'error', error: json['configError'] }] };
  const results = json['results'];
  if (!Array.isArray(results) || results.length === 0) {
    throw new RoundFormatError(
      'expect',
      '{"configError": text} or {"results": [one or more]}',
      describe(value),
    );
  }
  return {
    answers: results.map((result: unknown, index) =>
      witnessAnswer(`expect.results[${String(index)}]`, result, decode),
    ),
  };
}

function witnessAnswer(field: string, value: unknown, decode: DecodeBase64): WitnessAnswer {
  const json = object(field, value);
  if (json['outcome'] !== undefined)
    return { kind: 'outcome', outcome: base64(() => `${field}.outcome`, json['outcome'], decode) };
  if (typeof json['error'] === 'string') return { kind: 'error', error: json['error'] };
  if (typeof json['panic'] === 'string') return { kind: 'panic', panic: json['panic'] };
  throw new RoundFormatError(
    field,
    '{"outcome": base64}, {"error": text} or {"panic": text}',
    describe(value),
  );
}

const SHOWN_CHARACTERS = 40;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, SHOWN_CHARACTERS)}… (${String(text.length)} characters)`;
}
