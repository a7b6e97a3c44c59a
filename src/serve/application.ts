import type { AdmissionLimits } from '../../harness/admissions.ts';
import { Metrics } from '../../harness/metrics.ts';
import { Summary } from '../../harness/report.ts';
import { ServingHarness } from '../../harness/serving.ts';
import type { FlagSource } from '../contract/decision.ts';
import type { Lane } from '../contract/lane.ts';
import type { Log } from '../log.ts';
import { EventLoopWatch } from './event-loop.ts';
import { HttpCounts } from './http/counts.ts';
import { RoundsEndpoint } from './http/rounds-endpoint.ts';
import type { RoundsOptions } from './http/rounds-endpoint.ts';
import { routesOf } from './http/endpoints.ts';
import { route } from './http/routes.ts';
import { HttpServer } from './http/server.ts';
import type { HttpServerOptions } from './http/server.ts';
import { JournalWriter } from './journal-writer.ts';
import type { JournalFile } from './journal-writer.ts';
import { addServiceMetrics } from './metrics.ts';
import type { Observed, PluginStatus } from './observed.ts';
import { readinessOf } from './readiness.ts';
import { ServiceRecord } from './record.ts';
import { ShadowService } from './service.ts';
import { settlesWithin } from './settles-within.ts';
import { SourcePump } from './sources/pump.ts';
import type { RoundSource } from './sources/source.ts';
import { statusOf } from './status.ts';
import { Workflows } from './workflows.ts';

/** What the application is made of; it closes the lanes and the flags. */
export interface ApplicationParts {
  readonly legacy: Lane;
  readonly loopp: Lane;
  readonly flags: FlagSource;
  /** Opens a journal that goes on after the last one. */
  readonly openJournal: () => Promise<JournalFile>;
  readonly sources: readonly RoundSource[];
  readonly plugin: () => PluginStatus;
  readonly log: Log;
}

export interface ApplicationOptions {
  readonly http: HttpServerOptions;
  readonly rounds: Omit<RoundsOptions, 'onServed'>;
  readonly shadow: AdmissionLimits;
  readonly journalFolder: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Distinct inputs that are told apart: about 40 MB of memory, and a bound within 3 in a million. */
const DISTINCT_INPUTS = 1_000_000;
/** For verdicts that are due once the lanes have ended. */
const VERDICTS_WAIT_MS = 2000;
const JOURNAL_WAIT_MS = 5000;

/** The staging service: rounds in over HTTP and from sources, answers out, verdicts beside. */
export class Application {
  private readonly parts: ApplicationParts;
  private readonly options: ApplicationOptions;
  private readonly startedAt = new Date();
  private readonly summary = new Summary(DISTINCT_INPUTS);
  private readonly metrics: Metrics;
  private readonly journal: JournalWriter;
  private readonly record: ServiceRecord;
  private readonly harness: ServingHarness;
  private readonly workflows = new Workflows();
  private readonly service: ShadowService;
  private readonly endpoint: RoundsEndpoint;
  private readonly server: HttpServer;
  private readonly pumps: readonly SourcePump[];
  private readonly eventLoop = new EventLoopWatch();
  private readonly http = new HttpCounts();
  private readonly stopping = new AbortController();
  private pumping: Promise<unknown> = Promise.resolve();

  constructor(parts: ApplicationParts, options: ApplicationOptions) {
    this.parts = parts;
    this.options = options;
    const { legacy, loopp, flags, log } = parts;
    this.metrics = new Metrics(this.summary, parts.plugin, options.versions);
    this.journal = new JournalWriter(parts.openJournal, log);
    this.record = new ServiceRecord({
      summary: this.summary,
      metrics: this.metrics,
      journal: this.journal,
      log,
    });
    this.harness = new ServingHarness({ legacy, loopp, shadow: options.shadow });
    this.service = new ShadowService({
      harness: this.harness,
      flags,
      record: this.record,
      workflows: this.workflows,
    });
    const observed = this.observed();
    const onServed = addServiceMetrics(this.metrics.registry, observed);
    this.endpoint = new RoundsEndpoint(this.service, { ...options.rounds, onServed });
    this.pumps = parts.sources.map(
      (source) => new SourcePump(source, this.service, () => this.refuse(), log),
    );
    this.server = this.newServer(observed);
  }

  /** Answers where it listens. Rejects with `AppError` LISTEN. */
  async start(): Promise<string> {
    const url = await this.server.listen();
    this.pumping = Promise.all(this.pumps.map((pump) => pump.run(this.stopping.signal)));
    return url;
  }

  /**
   * Takes no further rounds, answers those in progress and finishes comparisons, both in `graceMs` at most, then makes the
   * journal durable. Answers whether every round that was taken has exactly one verdict. Never rejects.
   */
  async stop(graceMs: number): Promise<boolean> {
    const end = performance.now() + graceMs;
    const left = (): number => Math.max(0, end - performance.now());
    this.stopping.abort();
    this.endpoint.drain();
    this.server.drain();
    await this.server.close(left());
    await this.harness.close(left());
    const { legacy, loopp, flags } = this.parts;
    await Promise.all([legacy.close(), loopp.close(), flags.close(), this.record.settled(VERDICTS_WAIT_MS)]);
    await settlesWithin(this.pumping, VERDICTS_WAIT_MS);
    await this.journal.close(JOURNAL_WAIT_MS);
    this.eventLoop.close();
    return this.sums();
  }

  private newServer(observed: Observed): HttpServer {
    const { log } = this.parts;
    const { registry } = this.metrics;
    const { versions, journalFolder } = this.options;
    const facts = { startedAt: this.startedAt, versions, journalFolder };
    const routes = routesOf({
      takeRound: (incoming) => this.endpoint.handle(incoming),
      readiness: observed.readiness,
      status: () => statusOf(observed, facts),
      registry,
    });
    return new HttpServer(this.options.http, route(routes), (status) => this.http.replied(status), log);
  }

  private observed(): Observed {
    const { flags, plugin, legacy, loopp } = this.parts;
    const isDraining = (): boolean => this.stopping.signal.aborted;
    return {
      summary: this.summary,
      harness: this.harness,
      record: this.record,
      service: this.service,
      journal: this.journal,
      flags,
      workflows: this.workflows,
      eventLoop: this.eventLoop,
      http: this.http,
      plugin,
      isDraining,
      sources: () => this.pumps.map((pump) => pump.status()),
      readiness: () => readinessOf({ legacy, loopp }, flags, this.workflows, isDraining()),
      connections: () => this.server.connections,
    };
  }

  private refuse(): void {
    this.summary.refuse();
    this.metrics.refuse();
  }

  private sums(): boolean {
    const { log } = this.parts;
    const { rounds, verdicts } = this.summary.tally;
    const right = this.record.isSumRight && this.record.pending === 0;
    if (!right) log('error', 'the verdicts do not add up to the rounds', { pending: this.record.pending });
    const seen = Object.entries(verdicts).filter(([, count]) => count > 0);
    const { dropped, waiting } = this.journal.status();
    log('info', 'stopped', { rounds, ...Object.fromEntries(seen), notWritten: dropped + waiting });
    return right;
  }
}
