import { LANE_NAMES } from '../src/contract/judgement.ts';
import { LANE_ERROR_KINDS } from '../src/contract/lane.ts';
import { STAGES } from '../src/contract/stage.ts';
import { VERDICT_KEYS } from '../src/contract/verdict.ts';
import type { DifferenceKind } from '../src/contract/verdict.ts';
import { OTHER_CHAIN } from './chain-labels.ts';
import { DIFFERENCE_FIELDS } from './difference-fields.ts';
import type { MetricTable } from './metric-row.ts';

/** What rounds come to, by chain: the verdicts in five groups. */
export const CHAIN_RESULTS = ['agree', 'disagree', 'ambiguous', 'unanswered', 'notCompared'] as const;
export type ChainResult = (typeof CHAIN_RESULTS)[number];

const DIFFERENCE_KINDS: readonly DifferenceKind[] = ['missing', 'extra', 'type', 'value', 'order'];
const BEFORE_ROUNDS = 'before the first compared round; `plugin --shadow` keeps no digests: always';

/** What every command that compares exports: `run`, `serve` and `plugin --shadow`. */
export const COMPARISON_METRICS = {
  rounds_total: {
    type: 'counter',
    help: 'Rounds by verdict; the sum is the rounds seen.',
    unit: 'rounds',
    labels: { verdict: VERDICT_KEYS },
  },
  chain_rounds_total: {
    type: 'counter',
    help: 'Rounds by target chain and what they came to.',
    unit: 'rounds',
    labels: { chain: [OTHER_CHAIN], result: CHAIN_RESULTS },
    openLabels: { chain: 'the first 31 known chains that rounds came for, by name; every other is `other`' },
  },
  order_dependent_matches_total: {
    type: 'counter',
    help: 'Matches whose answer depends on the order of the oracles.',
    unit: 'rounds',
  },
  differences_total: {
    type: 'counter',
    help: 'Differing fields of outcomes, by field and kind of difference.',
    unit: 'fields',
    labels: { field: DIFFERENCE_FIELDS, kind: DIFFERENCE_KINDS },
  },
  disagreement_timestamp_seconds: {
    type: 'gauge',
    help: 'When the first and the last round was judged on which the lanes disagree, Unix time.',
    unit: 'seconds since 1970',
    labels: { which: ['first', 'last'] },
    nan: 'before there is one',
  },
  witness_total: {
    type: 'counter',
    help: "Answers held against a Go node's, by lane and result.",
    unit: 'answers',
    labels: { lane: LANE_NAMES, result: ['agrees', 'contradicts'] },
  },
  lane_errors_total: {
    type: 'counter',
    help: 'Rounds without an answer, by lane and error.',
    unit: 'rounds',
    labels: { lane: LANE_NAMES, error: LANE_ERROR_KINDS },
  },
  served_total: {
    type: 'counter',
    help: 'Rounds served, by lane and stage.',
    unit: 'rounds',
    labels: { lane: LANE_NAMES, stage: STAGES },
  },
  fallbacks_total: {
    type: 'counter',
    help: 'Rounds served by the other lane because the serving one had no answer.',
    unit: 'rounds',
  },
  refused_lines_total: {
    type: 'counter',
    help: 'Lines of the input that are no round.',
    unit: 'lines',
  },
  lane_duration_seconds: {
    type: 'histogram',
    help: 'From the question to the answer, by lane.',
    unit: 'seconds',
    labels: { lane: LANE_NAMES },
    // Microseconds in process to seconds of a plugin that hangs.
    buckets: [
      0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
      0.5, 1, 2.5, 10,
    ],
  },
  lane_difference_seconds: {
    type: 'gauge',
    help: 'How much longer loopp takes than legacy on the same round: median, mean and its 95 % interval.',
    unit: 'seconds',
    labels: { statistic: ['median', 'mean', 'low', 'high'] },
    nan: 'before both lanes answered a round; the interval before they answered two',
  },
  parity_rate: {
    type: 'gauge',
    help: 'Share of compared rounds on which the lanes agree.',
    unit: 'ratio',
    nan: 'before the first compared round',
  },
  parity_lower_bound: {
    type: 'gauge',
    help: 'Exact one-sided 95 % lower bound of the parity rate over distinct inputs.',
    unit: 'ratio',
    nan: BEFORE_ROUNDS,
  },
  distinct_inputs: {
    type: 'gauge',
    help: 'Distinct inputs among the compared rounds.',
    unit: 'inputs',
    nan: '`plugin --shadow` keeps no digests: always',
  },
  distinct_inputs_needed: {
    type: 'gauge',
    help: 'Distinct inputs, all in agreement, that show this lower bound.',
    unit: 'inputs',
    labels: { bound: ['0.99', '0.999', '0.9999'] },
  },
  plugin_ready: {
    type: 'gauge',
    help: '1 when the plugin process answers.',
    unit: '0 or 1',
  },
  plugin_launches_total: {
    type: 'counter',
    help: 'Launches of the plugin process.',
    unit: 'launches',
  },
  plugin_exits_total: {
    type: 'counter',
    help: 'Times the plugin process was lost.',
    unit: 'exits',
  },
  build_info: {
    type: 'gauge',
    help: 'Versions of what is running; the value is always 1.',
    unit: '1',
    openLabels: {
      product: 'version of this product',
      node: 'version of Node.js',
      loopp: "the plugin's command line",
      plant: 'the known lie in the loopp lane, or `none`',
    },
  },
} as const satisfies MetricTable;
