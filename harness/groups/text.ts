import { LANE_NAMES } from '../../src/contract/judgement.ts';
import type { DifferenceKind, FieldDifference } from '../../src/contract/verdict.ts';
import type { JournalAnswer } from '../journal-entry.ts';
import { oneLine, outcomeInWords } from '../outcome-text.ts';
import { counted, grouped } from '../report-text.ts';
import type { Paint } from '../report-text.ts';
import type { Cause, Finding } from './cause.ts';
import { needsWork } from './groups.ts';
import type { Group, JournalFinding } from './groups.ts';

/** A group in the list: what it is in a few lines. */
export function groupLines(group: Group, paint: Paint): readonly string[] {
  const { number, cause, count, shortest, tolerance } = group;
  const head = `${String(number).padStart(3)}  ${grouped(count).padStart(9)}  ${inWords(cause)}`;
  return [
    needsWork(group) ? paint.bad(head) : paint.dim(head),
    ...causeDetails(cause).map((line) => `${INDENT}${line}`),
    `${INDENT}${inputsInWords(group)}${seenInWords(group)}shortest: round ${oneLine(shortest.id)}, ${counted(shortest.bytes, 'byte')}`,
    ...(tolerance === undefined ? [] : [`${INDENT}${toleranceInWords(tolerance)}`]),
  ];
}

const INDENT = ' '.repeat(16);

/** A cause on one line, without its fields. */
export function inWords({ verdict, contradicted, chain, revision, feature }: Cause): string {
  const witness = contradicted.length === 0 ? '' : `, the Go node contradicts ${contradicted.join(' and ')}`;
  return [`${verdict}${witness}`, ...(chain === '' ? [] : [chain]), revision, feature].join(', ');
}

function causeDetails({ fields, errors }: Cause): readonly string[] {
  const texts = LANE_NAMES.flatMap((lane) => {
    const text = errors[lane];
    return text === undefined ? [] : [`${lane}: ${text}`];
  });
  return [...fields, ...texts];
}

/** Nothing where each finding is of an input of its own. */
function inputsInWords({ count, inputs, inputsAtLeast }: Group): string {
  if (inputs === count) return '';
  return `${inputsAtLeast ? 'at least ' : ''}${counted(inputs, 'distinct input')}; `;
}

function seenInWords({ firstSeen, lastSeen }: Group): string {
  if (firstSeen === null || lastSeen === null) return '';
  const [first, last] = [timeInWords(firstSeen), timeInWords(lastSeen)];
  return first === last ? `seen ${first}; ` : `first ${first}, last ${last}; `;
}

function timeInWords(at: number): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return `${String(at)} ms`;
  return `${time.toISOString().replace('T', ' ').slice(0, 'YYYY-MM-DD HH:MM:SS'.length)} UTC`;
}

function toleranceInWords({ known, expired }: NonNullable<Group['tolerance']>): string {
  const until = expired ? `expired, was tolerated to ${known.expires}` : `tolerated to ${known.expires}`;
  return `known as ${oneLine(known.name)} (${until}): ${oneLine(known.reason)}`;
}

/** A round that went wrong, with both answers or how they differ. */
export function findingLines({ entry }: JournalFinding, paint: Paint): readonly string[] {
  const when = entry.at === undefined ? '' : `, ${timeInWords(entry.at)}`;
  return [`  round ${paint.bold(oneLine(entry.id))}${when}`, ...differenceLines(entry)];
}

/** How the lanes differ, four blanks in. */
export function differenceLines({ differences, answers }: Finding): readonly string[] {
  return differences === undefined || differences.length === 0
    ? answerLines(answers)
    : differences.flatMap(fieldLines);
}

const KIND_WORDS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'only legacy has it',
  extra: 'only loopp has it',
  type: 'another type',
  value: 'another value',
  order: 'another order',
};

function fieldLines({ path, kind, legacy, loopp }: FieldDifference): readonly string[] {
  const words = oneLine(path);
  // The entry that says how many more there are.
  if (legacy === undefined && loopp === undefined) return [`    ${words}`];
  return [
    `    ${words}: ${KIND_WORDS[kind]}`,
    ...(legacy === undefined ? [] : [`      legacy  ${oneLine(legacy)}`]),
    ...(loopp === undefined ? [] : [`      loopp   ${oneLine(loopp)}`]),
  ];
}

/** What each lane answered, one line each, six blanks in. */
export function answerLines(answers: Finding['answers']): readonly string[] {
  return LANE_NAMES.flatMap((lane) => {
    const answer = answers[lane];
    return answer === undefined ? [] : [`      ${lane.padEnd(6)}  ${answerInWords(answer)}`];
  });
}

function answerInWords(answer: JournalAnswer): string {
  if (answer.kind === 'digest') return `an answer with SHA-256 ${oneLine(answer.sha256)}`;
  return answer.kind === 'failure' ? `${answer.error}: ${oneLine(answer.message)}` : outcomeInWords(answer);
}
