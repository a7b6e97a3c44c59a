import { LANE_NAMES } from '../../src/contract/judgement.ts';
import type { Judgement, LaneName } from '../../src/contract/judgement.ts';
import type { Round } from '../../src/contract/round.ts';
import type { FieldDifference, LaneObservation } from '../../src/contract/verdict.ts';
import type { JournalAnswer, JournalEntry } from '../journal-entry.ts';
import { FAILING, LANE_TROUBLE } from '../report.ts';
import { targetChain } from '../target-chain.ts';
import { printable, shortText } from '../text.ts';
import { featureOf } from './feature.ts';
import type { Feature } from './feature.ts';

/** What is known of a round that went wrong, whether a journal says so or the lanes of today. */
export interface Finding {
  readonly verdict: JournalEntry['verdict'];
  readonly answers: JournalEntry['answers'];
  readonly differences?: readonly FieldDifference[];
  readonly witness?: JournalEntry['witness'];
}

/** Why a round went wrong: findings with the same cause are one piece of work. */
export interface Cause {
  readonly verdict: Finding['verdict'];
  /** `PATH KIND` of each differing field, without positions in lists; sorted, each once. */
  readonly fields: readonly string[];
  /** The class of each lane's error text, of lanes that gave one. */
  readonly errors: Readonly<Partial<Record<LaneName, string>>>;
  /** The lanes that the Go node's answer contradicts. */
  readonly contradicted: readonly LaneName[];
  /** Name or selector of the target chain; empty when unclear. */
  readonly chain: string;
  readonly revision: Round['revision'];
  readonly feature: Feature;
}

/** Whether a round needs work: what `run` calls a finding. */
export function isFinding({ verdict, witness }: Pick<Finding, 'verdict' | 'witness'>): boolean {
  return FAILING.has(verdict) || LANE_TROUBLE.has(verdict) || contradicted(witness).length > 0;
}

export function causeOf(finding: Finding, round: Round): Cause {
  const { verdict, differences = [], answers, witness } = finding;
  return {
    verdict,
    fields: [...new Set(differences.map(fieldOf))].toSorted(),
    errors: errorClasses(answers),
    contradicted: contradicted(witness),
    chain: targetChain(round.config),
    revision: round.revision,
    feature: featureOf(round),
  };
}

/** The lanes of today on a round, as a finding. */
export function findingOf({ verdict, observations = {}, witness }: Judgement): Finding {
  const answers: Partial<Record<LaneName, JournalAnswer>> = {};
  for (const lane of LANE_NAMES) {
    const observation = observations[lane];
    if (observation !== undefined) answers[lane] = answerOf(observation);
  }
  return {
    verdict: verdict.key,
    answers,
    ...(verdict.differences === undefined ? {} : { differences: verdict.differences }),
    ...(witness === undefined ? {} : { witness }),
  };
}

function answerOf(observation: LaneObservation): JournalAnswer {
  return observation.kind === 'answer' ? observation.outcome : observation;
}

/**
 * What two rounds have in common that show the same difference, whatever else is in them: feature and witness are left
 * out, since a smaller round has fewer features, and a witness only speaks for the round that it came with.
 */
export function differenceKey({ verdict, fields, errors, chain, revision }: Cause): string {
  return JSON.stringify([verdict, fields, errors.legacy ?? null, errors.loopp ?? null, chain, revision]);
}

/** Findings with equal keys are one group. */
export function groupKey(cause: Cause): string {
  return JSON.stringify([differenceKey(cause), cause.contradicted, cause.feature]);
}

function contradicted(witness: Finding['witness']): readonly LaneName[] {
  return LANE_NAMES.filter((lane) => witness?.[lane] === false);
}

/** e.g. `encodableOutcome.Reports[].Answer value`; of the entry that counts what is not listed, no number. */
function fieldOf({ path, kind }: FieldDifference): string {
  if (/^\([0-9]+ more differences?\)$/.test(path)) return '(more)';
  return `${path.replaceAll(/\[[0-9]+\]/g, '[]')} ${kind}`;
}

function errorClasses(answers: Finding['answers']): Cause['errors'] {
  const errors: Partial<Record<LaneName, string>> = {};
  for (const lane of LANE_NAMES) {
    const answer = answers[lane];
    if (answer?.kind === 'error') errors[lane] = errorClass(answer.error);
    if (answer?.kind === 'failure') errors[lane] = `${answer.error}: ${errorClass(answer.message)}`;
  }
  return errors;
}

const MAX_CLASS = 200;

/** An error text without what differs from round to round: quoted texts, hexadecimal and decimal numbers. */
export function errorClass(text: string): string {
  const general = text
    .slice(0, 10 * MAX_CLASS)
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replaceAll(/-?\b[0-9]+\b/g, 'N')
    .replaceAll(/\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{16,})\b/g, 'HEX');
  return printable(shortText(general, MAX_CLASS));
}
