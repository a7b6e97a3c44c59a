import { AppError } from '../../src/errors.ts';
import type { Cause } from './cause.ts';

/** A difference that is known and tolerated for some time; docs/mismatches.md describes the file. */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  /** The last day on which it is tolerated, YYYY-MM-DD in UTC. */
  readonly expires: string;
  readonly match: Matches;
}

/**
 * All that are given must hold. `contradicted` names the lanes that the Go node's answer contradicts, as `loopp` or
 * `legacy, loopp`: without it, no contradicted round is silenced.
 */
const MATCHES = [
  'verdict',
  'contradicted',
  'field',
  'kind',
  'error',
  'chain',
  'revision',
  'feature',
] as const;
type Matches = Readonly<Partial<Record<(typeof MATCHES)[number], string>>>;

const MEMBERS = ['name', 'reason', 'expires', 'match'] as const;

/** Reads the content of the file `file`. Throws `AppError` INPUT, which names the entry and its member. */
export function parseKnown(text: string, file: string): readonly KnownDifference[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError('INPUT', `${file}: expected a JSON list of known differences, got invalid JSON`);
  }
  if (!Array.isArray(json)) throw refusal(file, 'a JSON list of known differences', json);
  const known = json.map((entry: unknown, index) => knownOf(entry, `${file}: [${String(index)}]`));
  const again = known.find(({ name }, index) => known.findIndex((other) => other.name === name) < index);
  if (again !== undefined) throw refusal(`${file}: name`, 'each name once', again.name);
  return known;
}

function knownOf(entry: unknown, place: string): KnownDifference {
  const json = object(place, entry, MEMBERS);
  const expires = textIn(place, json, 'expires');
  if (!isDay(expires)) throw refusal(`${place}.expires`, 'a day, YYYY-MM-DD', expires);
  return {
    name: textIn(place, json, 'name'),
    reason: textIn(place, json, 'reason'),
    expires,
    match: matchOf(json['match'], `${place}.match`),
  };
}

/** One without members would silence everything. */
function matchOf(value: unknown, place: string): Matches {
  const json = object(place, value, MATCHES);
  const given = MATCHES.filter((name) => json[name] !== undefined);
  if (given.length === 0) throw refusal(place, `at least one of ${MATCHES.join(', ')}`, json);
  return Object.fromEntries(given.map((name) => [name, textIn(place, json, name)]));
}

function object(place: string, value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(place, 'a JSON object', value);
  }
  const other = Object.keys(value).find((name) => !names.includes(name));
  if (other !== undefined) throw refusal(place, `no member but ${names.join(', ')}`, other);
  return { ...value };
}

function textIn(place: string, json: Readonly<Record<string, unknown>>, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw refusal(`${place}.${name}`, 'a text that is not empty', value);
}

function isDay(day: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day)) return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function refusal(place: string, expected: string, came: unknown): AppError {
  const shown = came === undefined ? 'nothing' : JSON.stringify(came);
  return new AppError('INPUT', `${place}: expected ${expected}, got ${shown}`);
}

/** How a group stands to the list: `expired` still names the entry, and is a finding all the same. */
export interface Tolerance {
  readonly known: KnownDifference;
  readonly expired: boolean;
}

/** The first entry in force that fits, else the first expired one. `now`: milliseconds since 1970. */
export function toleranceOf(
  cause: Cause,
  known: readonly KnownDifference[],
  now: number,
): Tolerance | undefined {
  const today = new Date(now).toISOString().slice(0, 'YYYY-MM-DD'.length);
  const fitting = known
    .filter(({ match }) => fits(match, cause))
    .map((entry) => ({ known: entry, expired: entry.expires < today }));
  return fitting.find(({ expired }) => !expired) ?? fitting[0];
}

/**
 * Every differing field has to be one that `field` and `kind` name: a known difference must not hide another one beside
 * it.
 */
function fits({ contradicted = '', field, kind, error, ...others }: Matches, cause: Cause): boolean {
  if (cause.contradicted.join(', ') !== contradicted) return false;
  const { verdict, chain, revision, feature } = cause;
  const facts: Readonly<Record<string, string>> = { verdict, chain, revision, feature };
  if (Object.entries(others).some(([name, wanted]) => facts[name] !== wanted)) return false;
  if (error !== undefined && !Object.values(cause.errors).some((its) => its.includes(error))) return false;
  if (field === undefined && kind === undefined) return true;
  return cause.fields.length > 0 && cause.fields.every((each) => isField(each, field, kind));
}

function isField(each: string, field: string | undefined, kind: string | undefined): boolean {
  const at = each.lastIndexOf(' ');
  const [path, itsKind] = [each.slice(0, at), each.slice(at + 1)];
  return (field === undefined || field === path) && (kind === undefined || kind === itsKind);
}
