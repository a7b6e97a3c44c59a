import type { Registry } from 'prom-client';
import { Instruments } from '../../harness/instruments.ts';
import { SERVICE_METRICS } from '../../harness/service-metrics.ts';
import type { LaneName } from '../contract/judgement.ts';
import { alarmsOf } from './observed.ts';
import type { Observed } from './observed.ts';

type ServiceInstruments = Instruments<typeof SERVICE_METRICS>;

/** How long callers wait, by the lane that served. */
export type OnServed = (lane: LaneName, seconds: number) => void;

/** Adds the metrics of the service to those of the comparison: every row of `SERVICE_METRICS`. */
export function addServiceMetrics(registry: Registry, observed: Observed): OnServed {
  const instruments = new Instruments(registry, SERVICE_METRICS);
  addRounds(instruments, observed);
  addFlag(instruments, observed);
  addJournal(instruments, observed);
  addProcess(instruments, observed);
  const durations = instruments.histogram('served_duration_seconds');
  return (lane, seconds) => durations.observe({ lane }, seconds);
}

function addRounds(instruments: ServiceInstruments, observed: Observed): void {
  const { summary, record, service, harness } = observed;
  instruments.read('rounds_taken_total', () => summary.tally.rounds);
  instruments.read('rounds_pending', () => record.pending);
  instruments.read('rounds_in_flight', () => service.inFlight);
  instruments.read('shadow_in_progress', () => harness.comparing);
  instruments.read('shadow_queue_length', () => harness.waiting);
  instruments.read('not_compared_total', ({ reason }) => record.counts().notCompared[reason]);
  instruments.read('stage_rounds_total', ({ stage }) => record.counts().stages[stage]);
  instruments.read('conflicts_total', () => record.counts().conflicts);
}

function addFlag(instruments: ServiceInstruments, { flags, record }: Observed): void {
  instruments.read('flag_age_seconds', () => (flags.state().flagAgeMs ?? NaN) / 1000);
  instruments.read('flag_polling', ({ state }) => Number(flags.state().polling === state));
  instruments.read('flag_share', ({ stage }) => (flags.state().shares?.[stage] ?? NaN) / 1000);
  instruments.read('decisions_total', ({ reason }) => record.counts().decisions[reason]);
}

function addJournal(instruments: ServiceInstruments, { journal }: Observed): void {
  instruments.read('journal_state', ({ state }) => Number(journal.status().state === state));
  instruments.read('journal_waiting', () => journal.status().waiting);
  instruments.read('journal_dropped_total', () => journal.status().dropped);
}

function addProcess(instruments: ServiceInstruments, observed: Observed): void {
  const { plugin, eventLoop, readiness, http, connections } = observed;
  instruments.read('plugin_state', ({ state }) => Number(plugin().state === state));
  instruments.read('ready', () => Number(readiness().ready));
  instruments.read('event_loop_lag_seconds', ({ quantile }) => eventLoop.lag[quantile]);
  instruments.read('http_connections', connections);
  instruments.read('http_requests_total', ({ code }) => http.of(code));
  instruments.read('alarm', ({ part }) => Number(alarmsOf(observed)[part] !== undefined));
}
