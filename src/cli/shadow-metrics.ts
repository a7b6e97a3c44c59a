import type { Metrics, PluginFacts } from '../../harness/metrics.ts';
import { AGREEING } from '../../harness/tally.ts';
import type { Judgement } from '../contract/judgement.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { productVersion } from './version.ts';

/**
 * The comparisons of a shadowing plugin as metrics, with the series that `run` has. What is gathered does not grow with the
 * rounds: distinct inputs, and the bound that stands on them, are NaN.
 */
export class ShadowMetrics {
  private readonly facts: () => PluginFacts;
  private readonly log: Log;
  private compared = 0;
  private agreed = 0;
  private loading: Promise<Metrics | undefined> | undefined;

  /** `facts`: of the inner plugin. */
  constructor(facts: () => PluginFacts, log: Log) {
    this.facts = facts;
    this.log = log;
  }

  observe(judgement: Judgement): void {
    const { key } = judgement.verdict;
    if (key !== 'notCompared') this.compared++;
    if (AGREEING.has(key)) this.agreed++;
    this.metrics()
      .then((metrics) => metrics?.observe(judgement))
      .catch((error: unknown) => this.fail(error));
  }

  /** In Prometheus' text format; empty when there can be none. Never rejects. */
  async text(): Promise<string> {
    const metrics = await this.metrics();
    return (await metrics?.registry.metrics()) ?? '';
  }

  /** Made for the first judgement or scrape: a host waits for the handshake, and prom-client takes a while to load. */
  private metrics(): Promise<Metrics | undefined> {
    this.loading ??= this.load().catch((error: unknown) => this.fail(error));
    return this.loading;
  }

  private fail(error: unknown): undefined {
    this.log('error', 'comparisons are missing in the metrics', { error: messageOf(error) });
    return undefined;
  }

  private async load(): Promise<Metrics> {
    const { Metrics: Loaded } = await import('../../harness/metrics.ts');
    const versions = {
      product: productVersion(),
      node: process.version,
      loopp: 'securemint-shadow plugin',
      plant: 'none',
    };
    return new Loaded({ tally: this }, this.facts, versions);
  }

  get distinct(): number {
    return NaN;
  }

  get parity(): { readonly rate: number; readonly lowerBound: number } {
    return { rate: this.compared === 0 ? NaN : this.agreed / this.compared, lowerBound: NaN };
  }
}
