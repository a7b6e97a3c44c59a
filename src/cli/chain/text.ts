import { oneLine } from '../../../harness/outcome-text.ts';
import { counted, grouped } from '../../../harness/report-text.ts';
import type { ChainFinding, ChainSummary, LaneCounts } from './tally.ts';

const LANE_ROWS = [
  ['delivered', 'delivered'],
  ['stored', '  stored'],
  ['stale', '  stale'],
  ['refusedByEncoder', 'refused by encoder'],
  ['nothingToReport', 'nothing to report'],
] as const satisfies readonly (readonly [keyof LaneCounts, string])[];

const ROUND_ROWS = [
  ['same', 'the same in both caches'],
  ['different', 'different'],
  ['deliveredBefore', 'delivered before this run'],
  ['outOfStep', 'caches differed before'],
  ['notDelivered', 'not delivered'],
  ['notDeliverable', 'not deliverable'],
] as const satisfies readonly (readonly [keyof ChainSummary, string])[];

const NAME_WIDTH = 28;
const COUNT_WIDTH = 10;

/** What the chain said, as tables for people, one line each. */
export function chainLines(summary: ChainSummary, findings: readonly ChainFinding[]): readonly string[] {
  const { legacy, loopp } = summary;
  return [
    row('on chain: reports', 'legacy', 'loopp'),
    ...LANE_ROWS.map(([key, name]) => row(`  ${name}`, grouped(legacy[key]), grouped(loopp[key]))),
    row('on chain: rounds', grouped(summary.rounds)),
    ...ROUND_ROWS.filter(([key]) => key === 'same' || key === 'different' || summary[key] > 0).map(
      ([key, name]) => row(`  ${name}`, grouped(summary[key])),
    ),
    ...Object.entries(summary.reasons).map(
      ([reason, count]) => `    ${counted(count, 'round')}: ${oneLine(reason)}`,
    ),
    ...findingLines(summary, findings),
  ];
}

const row = (name: string, ...cells: readonly string[]): string =>
  `${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(COUNT_WIDTH)).join('')}`;

function findingLines({ different }: ChainSummary, findings: readonly ChainFinding[]): readonly string[] {
  if (findings.length === 0) return [];
  const head =
    findings.length === different
      ? 'differences on chain'
      : `the first ${String(findings.length)} of ${grouped(different)} differences on chain (chain.jsonl has all)`;
  return [
    head,
    ...findings.flatMap(({ id, differences }) => [
      `  round ${oneLine(id)}`,
      ...differences.map((difference) => `    ${difference}`),
    ]),
  ];
}

/** Why the chain says no, one reason each; empty when it says yes. */
export function chainObjections(summary: ChainSummary, maxNotDelivered: number): readonly string[] {
  const { rounds, different, notDelivered, legacy, loopp } = summary;
  const reasons = different > 0 ? [`different on chain: ${grouped(different)}`] : [];
  if (notDelivered > maxNotDelivered) {
    reasons.push(
      `not delivered to the chain: ${grouped(notDelivered)}, at most ${grouped(maxNotDelivered)} allowed`,
    );
  }
  if (reasons.length === 0 && (legacy.delivered === 0 || loopp.delivered === 0)) {
    reasons.push(`nothing was delivered to the chain in ${counted(rounds, 'round')}`);
  }
  return reasons;
}
