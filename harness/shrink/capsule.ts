import { hash } from 'node:crypto';
import type { Round } from '../../src/contract/round.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { AppError } from '../../src/errors.ts';
import { formatRound } from '../../src/rounds/format.ts';
import type { Finding } from '../groups/cause.ts';
import { JournalLineError, answersOf, differencesOf } from '../journal-entry.ts';
import type { JournalAnswer, Json } from '../journal-entry.ts';

/** Version of the file; docs/mismatches.md describes it. */
export const CAPSULE_SCHEMA = 1;

/** One difference cut to a file that shows it anywhere. */
export interface Capsule {
  readonly finding: Finding;
  readonly round: Round;
  /** The round in the journal that it was shrunk from. */
  readonly from: { readonly id: string; readonly input: string };
  readonly tries: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  /** The command that replays it. */
  readonly replay: string;
}

/** The file's content. */
export function formatCapsule({ finding, round, ...facts }: Capsule): string {
  const { verdict, differences, answers } = finding;
  const content = {
    capsule: CAPSULE_SCHEMA,
    ...facts,
    verdict,
    ...(differences === undefined ? {} : { differences }),
    ...Object.fromEntries(Object.entries(answers).map(([lane, answer]) => [lane, formatAnswer(answer)])),
    round: formatRound(round),
  };
  return `${JSON.stringify({ ...content, sha256: digestOf(content) }, null, 2)}\n`;
}

function formatAnswer(answer: JournalAnswer): Json {
  switch (answer.kind) {
    case 'outcome':
      return { outcome: Buffer.from(answer.outcome).toString('base64') };
    case 'error':
      return { error: answer.error };
    case 'failure':
      return { failed: answer.error, message: answer.message };
    default:
      return { sha256: answer.sha256 };
  }
}

/** What replaying needs of a capsule; the round is not read yet. */
export interface ReadCapsule {
  readonly finding: Finding;
  readonly round: Json;
}

/**
 * Reads the content of `file`. Throws `AppError` INPUT for what is no capsule, for one of another version, and for one
 * that was changed after it was written: what it says of its round may not be so any more.
 */
export function parseCapsule(text: string, file: string): ReadCapsule {
  const json = objectIn(text, file);
  const { capsule, sha256, ...rest } = json;
  if (capsule !== CAPSULE_SCHEMA) {
    throw refusal(file, 'capsule', `a capsule of version ${String(CAPSULE_SCHEMA)}`, capsule);
  }
  if (sha256 !== digestOf({ capsule, ...rest })) {
    throw new AppError(
      'INPUT',
      `${file}: expected the capsule as it was written, got one that was edited: to try another round, put it into a ` +
        'capture and use run',
    );
  }
  return { finding: findingOf(json, file), round: roundOf(json, file) };
}

function findingOf(json: Json, file: string): Finding {
  const verdict = VERDICT_KEYS.find((key) => key === json['verdict']);
  if (verdict === undefined) throw refusal(file, 'verdict', 'a verdict', json['verdict']);
  try {
    const { differences } = json;
    return {
      verdict,
      answers: answersOf(json),
      ...(differences === undefined ? {} : { differences: differencesOf(differences) }),
    };
  } catch (error) {
    if (error instanceof JournalLineError) throw new AppError('INPUT', `${file}: ${error.message}`);
    throw error;
  }
}

function roundOf({ round }: Json, file: string): Json {
  if (typeof round === 'object' && round !== null) return { ...round };
  throw refusal(file, 'round', 'a JSON object', round);
}

function objectIn(text: string, file: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError('INPUT', `${file}: expected a capsule, got invalid JSON`);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new AppError('INPUT', `${file}: expected a capsule, got JSON that is no object`);
}

function refusal(file: string, field: string, expected: string, came: unknown): AppError {
  const shown = came === undefined ? 'nothing' : JSON.stringify(came).slice(0, 40);
  return new AppError('INPUT', `${file}: ${field}: expected ${expected}, got ${shown}`);
}

/** Blanks and line ends do not count. */
function digestOf(content: unknown): string {
  return hash('sha256', JSON.stringify(content), 'hex');
}
