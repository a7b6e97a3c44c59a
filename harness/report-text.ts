import type { Judgement } from '../src/contract/judgement.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import type { LaneObservation } from '../src/contract/verdict.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { LatencySummary, Report } from './report.ts';
import { FAILING, LANE_TROUBLE } from './report.ts';
import { roundsNeeded } from './statistics.ts';
import { describeOutcome } from './words.ts';

/** How a piece of text looks on a terminal; identity functions where there are no colours. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

/** The report as tables for people, one line each, without a trailing line feed. */
export function reportLines(report: Report, findings: readonly Judgement[], paint: Paint): readonly string[] {
  return [
    ...verdictTable(report, paint),
    '',
    parityLine(report, paint),
    ...witnessLine(report, paint),
    '',
    ...latencyTable(report, paint),
    ...findingLines(findings, paint),
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
  return [paint.bold('verdict'), ...rows, `${sum}   ${grouped(report.distinct)} distinct inputs${note}`];
}

function parityLine(report: Report, paint: Paint): string {
  const { rate, lowerBound } = report.parity;
  if (rate === null || lowerBound === null) return `${paint.bold('parity')}  no data: no round was compared`;
  const text = `${percent(rate)}, at least ${percent(lowerBound)} with 95 % confidence over ${grouped(report.distinct)} distinct inputs`;
  const next = rate === 1 ? ` (99.99 % takes ${grouped(roundsNeeded(0.9999))})` : '';
  return `${paint.bold('parity')}  ${rate === 1 ? paint.good(text) : paint.bad(text)}${paint.dim(next)}`;
}

function witnessLine({ witness }: Report, paint: Paint): readonly string[] {
  if (witness.checked === 0) return [];
  const { checked, contradicted } = witness;
  const text =
    contradicted === 0
      ? paint.good(`every lane agrees with the Go node's answer on ${grouped(checked)} rounds`)
      : paint.bad(`${grouped(contradicted)} of ${grouped(checked)} rounds contradict the Go node's answer`);
  return [`${paint.bold('witness')} ${text}`];
}

function latencyTable({ latency }: Report, paint: Paint): readonly string[] {
  const head = `${'latency'.padEnd(12)}${['p50', 'p90', 'p99', 'max'].map((name) => name.padStart(10)).join('')}`;
  const { paired } = latency;
  const lines = [paint.bold(head), latencyRow('legacy', latency.legacy), latencyRow('loopp', latency.loopp)];
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

function findingLines(findings: readonly Judgement[], paint: Paint): readonly string[] {
  if (findings.length === 0) return [];
  return ['', paint.bold('first findings'), ...findings.flatMap((finding) => findingOf(finding, paint))];
}

function findingOf({ round, verdict, observations, witness }: Judgement, paint: Paint): readonly string[] {
  const note = round.note === undefined ? '' : ` (${round.note})`;
  const lines = [`  ${paint.bad(verdict.key)} round ${round.id}${note}, ${round.revision}`];
  for (const { path, kind, legacy, loopp } of verdict.differences ?? []) {
    lines.push(
      `    ${path} ${paint.dim(kind)}`,
      `      legacy  ${legacy ?? '-'}`,
      `      loopp   ${loopp ?? '-'}`,
    );
  }
  if (verdict.differences === undefined && observations !== undefined) {
    for (const lane of LANE_NAMES) lines.push(`      ${lane.padEnd(7)} ${observed(observations[lane])}`);
  }
  for (const lane of LANE_NAMES) {
    if (witness?.[lane] === false) lines.push(`      ${lane} contradicts the Go node's answer`);
  }
  return lines;
}

function observed(observation: LaneObservation): string {
  if (observation.kind === 'failure') return `${observation.error}: ${observation.message}`;
  const { outcome } = observation;
  if (outcome.kind === 'error') return `error: ${outcome.error}`;
  const fields = describeOutcome(outcome).map(({ path, text }) => `${path} ${text}`);
  return fields.length === 0 ? 'no report' : fields.join('; ');
}

/** 1,234,567 whatever the locale. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
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
  return ms.toPrecision(3).replace(/\.?0+$/, '') === '' ? '0' : ms.toFixed(ms >= 10 ? 1 : 3);
}
