/** Why executions got no outcome: an aggregation error (an answer), a request that was refused, a fault of the plugin. */
export const ERROR_KINDS = ['aggregation', 'refused', 'fault'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** What the plugin counts, in all its factories together. Counters only grow. */
export class PluginMetrics {
  private calls = 0;
  private executions = 0;
  private readonly errors: Record<ErrorKind, number> = { aggregation: 0, refused: 0, fault: 0 };

  /** One `securemint.Aggregator/Aggregate` call came in; a launch makes one without executions. */
  called(executions: number): void {
    this.calls++;
    this.executions += executions;
  }

  failed(kind: ErrorKind, count = 1): void {
    this.errors[kind] += count;
  }

  /** All of it and the state of the process, in Prometheus' text format. `lagSeconds`: how late the event loop is. */
  text(lagSeconds: number): string {
    const { rss, heapUsed } = process.memoryUsage();
    return [
      ...family('securemint_plugin_aggregate_calls_total', 'counter', 'Aggregate calls.', this.calls),
      ...family(
        'securemint_plugin_executions_total',
        'counter',
        'Executions in Aggregate calls.',
        this.executions,
      ),
      ...heading('securemint_plugin_errors_total', 'counter', ERRORS_HELP),
      ...ERROR_KINDS.map(
        (kind) => `securemint_plugin_errors_total{kind="${kind}"} ${String(this.errors[kind])}`,
      ),
      ...family('process_start_time_seconds', 'gauge', 'Start of the process, Unix time.', startSeconds()),
      ...family('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
      ...family('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', heapUsed),
      ...family(
        'nodejs_eventloop_lag_seconds',
        'gauge',
        'How late the event loop was for this scrape.',
        lagSeconds,
      ),
      '',
    ].join('\n');
  }
}

const ERRORS_HELP =
  'Executions answered with an aggregation error, and calls that were refused or met a fault.';

function family(name: string, type: 'counter' | 'gauge', help: string, value: number): readonly string[] {
  return [...heading(name, type, help), `${name} ${String(value)}`];
}

function heading(name: string, type: 'counter' | 'gauge', help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

const startSeconds = (): number => Math.round(performance.timeOrigin) / 1000;
