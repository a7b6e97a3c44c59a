import type { Judgement } from '../src/contract/judgement.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { DifferenceKind, FieldDifference, LaneObservation } from '../src/contract/verdict.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import { answerInWords, oneLine, outcomeInWords } from './outcome-text.ts';
import type { LatencySummary, Report } from './report.ts';
import { FAILING, LANE_TROUBLE } from './report.ts';
import { roundsNeeded } from './statistics.ts';
import { targetChain } from './target-chain.ts';
import { contradictedLanes } from './verdict.ts';

/** How a piece of text looks on a terminal; identity functions where there are no colours. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

/** Rounds that went wrong: all of them counted, the first of them whole. */
export interface Findings {
  readonly findings: readonly Judgement[];
  readonly findingCount: number;
}

/** The report as tables for people, one line each, without a trailing line feed. */
export function reportLines(report: Report, found: Findings, paint: Paint): readonly string[] {
  return [
    ...verdictTable(report, paint),
    '',
    parityLine(report, paint),
    ...witnessLine(report, paint),
    '',
    ...latencyTable(report, paint),
    ...findingLines(found, paint),
  ];
}

function verdictTable(report: Report, paint: Paint): readonly string[] {
  const { verdicts, rounds } = report;
  const width = Math.max(...VERDICT_KEYS.map((key) => key.length));
  const rows = VERDICT_KEYS.map((key) => {
    const count = verdicts[key];
    const row = `  ${key.padEnd(width)} ${grouped(count).padStart(11)}`;
    if (count === 0) return paint.dim(row);
    if (FAILING.has(key) || LANE_TROUBLE.has(key)) return paint.bad(row);
    return key === 'match' ? paint.good(row) : row;
  });
  const sum = `  ${'rounds'.padEnd(width)} ${grouped(rounds).padStart(11)}`;
  const dependent = report.orderDependent;
  const note = dependent === 0 ? '' : `, of which order dependent: ${grouped(dependent)}`;
  return [paint.bold('verdict'), ...rows, `${sum}   ${counted(report.distinct, 'distinct input')}${note}`];
}

/** The bound that the report says how to reach: a number of distinct inputs without a disagreement. */
const GOAL = 0.9999;

function parityLine(report: Report, paint: Paint): string {
  const { rate, lowerBound } = report.parity;
  if (rate === null || lowerBound === null) return `${paint.bold('parity')}  no data: no round was compared`;
  const text = `${percent(rate)}, at least ${percent(lowerBound)} with 95 % confidence over ${counted(report.distinct, 'distinct input')}`;
  const next = rate === 1 && lowerBound < GOAL ? ` (${grouped(roundsNeeded(GOAL))} would show 99.99 %)` : '';
  return `${paint.bold('parity')}  ${rate === 1 ? paint.good(text) : paint.bad(text)}${paint.dim(next)}`;
}

function witnessLine({ witness }: Report, paint: Paint): readonly string[] {
  if (witness.checked === 0) return [];
  const { checked, contradicted } = witness;
  const contradict = contradicted === 1 ? 'contradicts' : 'contradict';
  const text =
    contradicted === 0
      ? paint.good(`every lane agrees with the Go node's answer on ${counted(checked, 'round')}`)
      : paint.bad(
          `${grouped(contradicted)} of ${counted(checked, 'round')} ${contradict} the Go node's answer`,
        );
  return [`${paint.bold('witness')} ${text}`];
}

function latencyTable({ latency, concurrency }: Report, paint: Paint): readonly string[] {
  const head = `${'latency'.padEnd(12)}${['p50', 'p90', 'p99', 'max'].map((name) => name.padStart(10)).join('')}`;
  const { paired } = latency;
  const under = paint.dim(`   ${counted(concurrency, 'round')} in progress`);
  const lines = [
    `${paint.bold(head)}${under}`,
    latencyRow('legacy', latency.legacy),
    latencyRow('loopp', latency.loopp),
  ];
  if (paired.medianMs === null || paired.meanMs === null) return lines;
  const interval =
    paired.lowMs === null || paired.highMs === null
      ? ''
      : `, 95 % interval ${signed(paired.lowMs)} to ${signed(paired.highMs)}`;
  return [
    ...lines,
    `  paired    loopp minus legacy: median ${signed(paired.medianMs)}, mean ${signed(paired.meanMs)}${interval}`,
  ];
}

function latencyRow(name: string, { p50Ms, p90Ms, p99Ms, maxMs }: LatencySummary): string {
  const cells = [p50Ms, p90Ms, p99Ms, maxMs].map((value) => duration(value).padStart(10));
  return `  ${name.padEnd(10)}${cells.join('')}`;
}

function findingLines({ findings, findingCount }: Findings, paint: Paint): readonly string[] {
  if (findings.length === 0) return [];
  const head =
    findingCount === findings.length
      ? 'findings'
      : `the first ${String(findings.length)} of ${grouped(findingCount)} findings (the journal has all)`;
  return ['', paint.bold(head), ...findings.flatMap((finding) => findingOf(finding, paint))];
}

function findingOf(finding: Judgement, paint: Paint): readonly string[] {
  const { round, verdict, observations } = finding;
  const contradicted = contradictedLanes(finding).length > 0;
  const what = contradicted ? `${verdict.key}, witness contradicted` : verdict.key;
  const note = round.note === undefined ? '' : ` (${oneLine(round.note)})`;
  const chain = targetChain(round.config);
  const where = chain === '' ? round.revision : `${chain}, ${round.revision}`;
  const lines = [`  ${paint.bad(what)}: round ${oneLine(round.id)}${note}, ${where}`];
  if (verdict.differences !== undefined) lines.push(...verdict.differences.flatMap(differenceLines));
  else lines.push(...observedLines(observations));
  if (contradicted) lines.push(...contradictionLines(finding));
  return lines;
}

function observedLines(observations: Judgement['observations'] = {}): readonly string[] {
  return LANE_NAMES.flatMap((lane) => {
    const observation = observations[lane];
    return observation === undefined ? [] : [row(lane, observed(observation))];
  });
}

const DIFFERENCE_WORDS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'only legacy has it',
  extra: 'only loopp has it',
  type: 'another type',
  value: 'another value',
  order: 'another order',
};

function differenceLines({ path, kind, legacy, loopp }: FieldDifference): readonly string[] {
  // The entry that says how many more there are.
  if (legacy === undefined && loopp === undefined) return [`    ${path}`];
  return [
    `    ${path}: ${DIFFERENCE_WORDS[kind]}`,
    ...(legacy === undefined ? [] : [row('legacy', legacy)]),
    ...(loopp === undefined ? [] : [row('loopp', loopp)]),
  ];
}

const SHOWN_ANSWERS = 3;

/** A lane that the Go node agrees with already shows what it answered. */
function contradictionLines({ round, witness }: Judgement): readonly string[] {
  const right = LANE_NAMES.find((lane) => witness?.[lane] === true);
  if (right !== undefined) return [`    the Go node answered as ${right} did`];
  const answers = round.witness?.answers ?? [];
  const more = answers.length - SHOWN_ANSWERS;
  return [
    '    the Go node answered otherwise',
    ...answers.slice(0, SHOWN_ANSWERS).map((answer) => row('Go node', answerInWords(answer))),
    ...(more > 0 ? [`      or one of ${String(more)} more`] : []),
  ];
}

const row = (who: string, text: string): string => `      ${who.padEnd(7)}  ${text}`;

function observed(observation: LaneObservation): string {
  return observation.kind === 'failure'
    ? `${observation.error}: ${oneLine(observation.message)}`
    : outcomeInWords(observation.outcome);
}

/** 1,234,567 whatever the locale. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 round`, `1,234 rounds`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Cut, never rounded up: 99.9999 % is not 100 %. */
function percent(rate: number): string {
  return `${(Math.floor(rate * 1e6) / 1e4).toFixed(4).replace(/\.?0+$/, '')} %`;
}

function duration(ms: number | null): string {
  return ms === null ? '-' : `${digits(ms)} ms`;
}

const signed = (ms: number): string => `${ms < 0 ? '-' : '+'}${digits(Math.abs(ms))} ms`;

function digits(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  return ms.toFixed(ms >= 10 ? 1 : 3);
}
