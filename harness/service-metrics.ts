import { DECISION_REASONS, POLLING_STATES } from '../src/contract/decision.ts';
import { LANE_NAMES } from '../src/contract/judgement.ts';
import { STAGES } from '../src/contract/stage.ts';
import { NOT_COMPARED_REASONS } from '../src/contract/verdict.ts';
import type { MetricTable } from './metric-row.ts';

const STATE_VALUE = '1 for the state that holds, else 0';

/** What `serve` exports besides. */
export const SERVICE_METRICS = {
  rounds_taken_total: {
    type: 'counter',
    help: 'Rounds taken; each ends in one verdict.',
    unit: 'rounds',
  },
  rounds_pending: {
    type: 'gauge',
    help: 'Rounds taken whose verdict is still due.',
    unit: 'rounds',
  },
  rounds_in_flight: {
    type: 'gauge',
    help: 'Rounds taken and not yet served.',
    unit: 'rounds',
  },
  shadow_in_progress: {
    type: 'gauge',
    help: 'Comparisons in progress.',
    unit: 'rounds',
  },
  shadow_queue_length: {
    type: 'gauge',
    help: 'Rounds that wait to be compared.',
    unit: 'rounds',
  },
  not_compared_total: {
    type: 'counter',
    help: 'Rounds that were not compared, by reason.',
    unit: 'rounds',
    labels: { reason: NOT_COMPARED_REASONS },
  },
  stage_rounds_total: {
    type: 'counter',
    help: 'Rounds taken, by stage.',
    unit: 'rounds',
    labels: { stage: STAGES },
  },
  conflicts_total: {
    type: 'counter',
    help: 'Ids that came again with other bytes.',
    unit: 'rounds',
  },
  served_duration_seconds: {
    type: 'histogram',
    help: 'From the last byte of a round over HTTP to its answer, by the lane that served.',
    unit: 'seconds',
    labels: { lane: LANE_NAMES },
    // A round that legacy serves takes a millisecond, one that waits for a plugin that hangs 2 s.
    buckets: [
      0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ],
  },
  journal_state: {
    type: 'gauge',
    help: 'The journal: 1 for what holds.',
    unit: STATE_VALUE,
    labels: { state: ['opening', 'open', 'broken', 'closed'] },
  },
  journal_waiting: {
    type: 'gauge',
    help: 'Verdicts that wait for the disk.',
    unit: 'verdicts',
  },
  journal_dropped_total: {
    type: 'counter',
    help: 'Verdicts that are missing in the journal.',
    unit: 'verdicts',
  },
  flag_age_seconds: {
    type: 'gauge',
    help: "Since the flag's server last confirmed the flag.",
    unit: 'seconds',
    nan: 'when the server never did, or there is no flag',
  },
  flag_polling: {
    type: 'gauge',
    help: 'How the flag fares: 1 for what holds.',
    unit: STATE_VALUE,
    labels: { state: POLLING_STATES },
  },
  flag_share: {
    type: 'gauge',
    help: 'Share of the workflows in each stage, as the flag was last read.',
    unit: 'ratio',
    labels: { stage: STAGES },
    nan: 'when the flag was never read, or depends on more than its weights',
  },
  decisions_total: {
    type: 'counter',
    help: 'Rounds taken, by why they got their stage.',
    unit: 'rounds',
    labels: { reason: DECISION_REASONS },
  },
  plugin_state: {
    type: 'gauge',
    help: 'The plugin process: 1 for what holds.',
    unit: STATE_VALUE,
    labels: { state: ['idle', 'launching', 'ready', 'unhealthy', 'backingOff', 'closed'] },
  },
  ready: {
    type: 'gauge',
    help: '1 when every stage in use is served.',
    unit: '0 or 1',
  },
  event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the event loop was in the last 10 s.',
    unit: 'seconds',
    labels: { quantile: ['0.5', '0.99', '1'] },
    nan: 'in the first 10 s',
  },
  http_connections: {
    type: 'gauge',
    help: 'Open connections.',
    unit: 'connections',
  },
  http_requests_total: {
    type: 'counter',
    help: 'Answers over HTTP, by status.',
    unit: 'answers',
    labels: {
      code: [
        '200',
        '400',
        '401',
        '403',
        '404',
        '405',
        '408',
        '413',
        '415',
        '429',
        '431',
        '500',
        '502',
        '503',
        'other',
      ],
    },
  },
  alarm: {
    type: 'gauge',
    help: '1 when somebody should look at it.',
    unit: '0 or 1',
    labels: { part: ['flag', 'plugin', 'journal', 'source', 'sum'] },
  },
} as const satisfies MetricTable;
