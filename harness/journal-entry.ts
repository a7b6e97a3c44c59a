import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { LaneName, WitnessHeld } from '../src/contract/judgement.ts';
import { LANE_ERROR_KINDS } from '../src/contract/lane.ts';
import type { LaneErrorKind, Outcome } from '../src/contract/lane.ts';
import { REVISIONS } from '../src/contract/round.ts';
import type { Revision } from '../src/contract/round.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { DifferenceKind, FieldDifference, VerdictKey } from '../src/contract/verdict.ts';
import { messageOf } from '../src/errors.ts';
import { JOURNAL_SCHEMA } from './journal.ts';

/** What a lane did, as a journal keeps it: whole, or of a match the digest alone. */
export type JournalAnswer =
  | Outcome
  | { readonly kind: 'digest'; readonly sha256: string }
  | { readonly kind: 'failure'; readonly error: LaneErrorKind; readonly message: string };

/** One line of a journal (docs/journal.md), as far as judging it again needs it. */
export interface JournalEntry {
  readonly id: string;
  readonly workflow?: string;
  readonly revision: Revision;
  /** SHA-256 of the round's input, 64 hex digits. */
  readonly input: string;
  /** When it was judged, in milliseconds since 1970; journals of older programs do not say. */
  readonly at?: number;
  readonly verdict: VerdictKey;
  readonly answers: Readonly<Partial<Record<LaneName, JournalAnswer>>>;
  readonly witness?: WitnessHeld;
  readonly differences?: readonly FieldDifference[];
  /** The round as in captures, not yet read; absent where the journal only kept digests. */
  readonly round?: Json;
}

export type Json = Readonly<Record<string, unknown>>;

/** A line that is none of a journal: what was expected of which field, and what came. */
export class JournalLineError extends Error {
  override readonly name = 'JournalLineError';
}

/** The line comes from a program that writes other journals: none of the file can be counted. */
export class JournalSchemaError extends Error {
  override readonly name = 'JournalSchemaError';
}

/** Reads one line. Throws `JournalLineError`, and `JournalSchemaError` for a line of another version. */
export function parseEntry(text: string): JournalEntry {
  const json = parseObject(text);
  const { schema, round, at, workflow } = json;
  if (schema !== JOURNAL_SCHEMA) throw new JournalSchemaError(schemaWords(schema));
  if (at !== undefined && (typeof at !== 'number' || !Number.isFinite(at)))
    throw refusal('at', 'milliseconds since 1970', at);
  if (workflow !== undefined && typeof workflow !== 'string') throw refusal('workflow', 'a text', workflow);
  const witness = json['witness'] === undefined ? undefined : witnessOf(json['witness']);
  const differences = json['differences'] === undefined ? undefined : differencesOf(json['differences']);
  return {
    id: nonEmpty(json, 'id'),
    ...(workflow === undefined ? {} : { workflow }),
    revision: oneOf(json, 'revision', REVISIONS),
    input: nonEmpty(json, 'input'),
    ...(at === undefined ? {} : { at }),
    verdict: oneOf(json, 'verdict', VERDICT_KEYS),
    answers: answersOf(json),
    ...(witness === undefined ? {} : { witness }),
    ...(differences === undefined ? {} : { differences }),
    ...(round === undefined ? {} : { round: object('round', round) }),
  };
}

function schemaWords(schema: unknown): string {
  const came = schema === undefined ? 'nothing' : shown(schema);
  return `schema: expected ${String(JOURNAL_SCHEMA)}, got ${came}`;
}

function parseObject(text: string): Json {
  try {
    return object('line', JSON.parse(text));
  } catch (error) {
    if (error instanceof JournalLineError) throw error;
    throw new JournalLineError(`line: expected a JSON object, got invalid JSON (${messageOf(error)})`);
  }
}

function object(field: string, value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw refusal(field, 'a JSON object', value);
}

function nonEmpty(json: Json, field: string): string {
  const value = json[field];
  if (typeof value === 'string' && value !== '') return value;
  throw refusal(field, 'a text that is not empty', value);
}

function oneOf<T extends string>(json: Json, field: string, names: readonly T[]): T {
  const name = names.find((known) => known === json[field]);
  if (name === undefined) throw refusal(field, `one of ${names.join(', ')}`, json[field]);
  return name;
}

function witnessOf(value: unknown): WitnessHeld {
  const json = object('witness', value);
  const held: Partial<Record<LaneName, boolean>> = {};
  for (const lane of LANE_NAMES) {
    const agrees = json[lane];
    if (agrees === undefined) continue;
    if (typeof agrees !== 'boolean') throw refusal(`witness.${lane}`, 'true or false', agrees);
    held[lane] = agrees;
  }
  return held;
}

/** Of a mismatch, and of rounds of capsules: what differs, as the comparison wrote it. Throws `JournalLineError`. */
export function differencesOf(value: unknown): readonly FieldDifference[] {
  if (!Array.isArray(value)) throw refusal('differences', 'a list', value);
  return value.map((item: unknown, index) => difference(`differences[${String(index)}]`, item));
}

const DIFFERENCE_KINDS: readonly DifferenceKind[] = ['missing', 'extra', 'type', 'value', 'order'];

function difference(field: string, value: unknown): FieldDifference {
  const json = object(field, value);
  const { path, legacy, loopp } = json;
  if (typeof path !== 'string') throw refusal(`${field}.path`, 'a text', path);
  return {
    path,
    kind: oneOf(json, 'kind', DIFFERENCE_KINDS),
    ...(typeof legacy === 'string' ? { legacy } : {}),
    ...(typeof loopp === 'string' ? { loopp } : {}),
  };
}

/** What the lanes did, from the members of a line or a capsule. Throws `JournalLineError`. */
export function answersOf(json: Json): JournalEntry['answers'] {
  const answers: Partial<Record<LaneName, JournalAnswer>> = {};
  for (const lane of LANE_NAMES) {
    if (json[lane] !== undefined) answers[lane] = answerOf(lane, object(lane, json[lane]));
  }
  return answers;
}

function answerOf(lane: LaneName, json: Json): JournalAnswer {
  const { outcome, error, failed, sha256 } = json;
  if (typeof outcome === 'string') return { kind: 'outcome', outcome: Buffer.from(outcome, 'base64') };
  if (typeof error === 'string') return { kind: 'error', error };
  if (typeof sha256 === 'string') return { kind: 'digest', sha256 };
  if (failed !== undefined) {
    const { message } = json;
    return {
      kind: 'failure',
      error: oneOf(json, 'failed', LANE_ERROR_KINDS),
      message: typeof message === 'string' ? message : '',
    };
  }
  throw refusal(lane, 'an outcome, error, failed or sha256', json);
}

const SHOWN_CHARACTERS = 40;

function refusal(field: string, expected: string, came: unknown): JournalLineError {
  return new JournalLineError(`${field}: expected ${expected}, got ${shown(came)}`);
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
