import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { freePort } from '../helpers/real/port.ts';
import { Service } from '../helpers/real/service.ts';

const START_TIMEOUT_MS = 30_000;

const sampleSchema = v.looseObject({
  metric: v.record(v.string(), v.string()),
  value: v.tuple([v.number(), v.string()]),
});
const answerSchema = v.looseObject({ status: v.literal('success'), data: v.unknown() });
const vectorSchema = v.looseObject({
  resultType: v.picklist(['vector', 'scalar']),
  result: v.array(v.union([sampleSchema, v.unknown()])),
});
const groupsSchema = v.looseObject({
  groups: v.array(v.looseObject({ rules: v.array(v.looseObject({ health: v.string() })) })),
});
const textsSchema = v.array(v.string());

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusOptions {
  /** A folder that is there; the configuration is written into it. */
  readonly folder: string;
  /** Addresses that are scraped, `host:port`. */
  readonly targets: readonly string[];
  /** Seconds between scrapes, and between evaluations. */
  readonly intervalS: number;
  /** `host:port` of an Alertmanager. */
  readonly alertmanager?: string;
}

/** A real Prometheus with the committed rules. */
export class Prometheus {
  readonly url: string;
  private readonly service: Service;

  private constructor(url: string, service: Service) {
    this.url = url;
    this.service = service;
  }

  static async start({ folder, targets, intervalS, alertmanager }: PrometheusOptions): Promise<Prometheus> {
    const interval = `${String(intervalS)}s`;
    const config = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: ['rules.yml', 'alerts.yml'].map((file) => resolve('grafana/prometheus', file)),
      ...(alertmanager === undefined
        ? {}
        : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
      scrape_configs: [{ job_name: 'securemint-shadow', static_configs: [{ targets: [...targets] }] }],
    };
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, stringify(config));
    const address = `127.0.0.1:${String(await freePort())}`;
    const service = await Service.start({
      name: 'Prometheus',
      file: 'prometheus',
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=${address}`,
      ],
      isReady: () => isUp(`http://${address}/-/ready`),
      startTimeoutMs: START_TIMEOUT_MS,
    });
    return new Prometheus(`http://${address}`, service);
  }

  stop(): Promise<void> {
    return this.service.stop();
  }

  /** What a query comes to now. Rejects with Prometheus' own words when it is wrong. */
  async query(expr: string): Promise<readonly Sample[]> {
    const data = await this.ask('/api/v1/query', { query: expr });
    const { result } = v.parse(vectorSchema, data);
    return result
      .filter((sample) => v.is(sampleSchema, sample))
      .map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** The values of a label on the series that a selector matches. */
  async labelValues(selector: string, label: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ 'match[]': selector });
    return v.parse(textsSchema, await this.ask(`/api/v1/label/${label}/values?${String(query)}`));
  }

  /** `ok`, `err` or `unknown`, for each rule. */
  async ruleHealth(): Promise<readonly string[]> {
    const { groups } = v.parse(groupsSchema, await this.ask('/api/v1/rules'));
    return groups.flatMap(({ rules }) => rules.map(({ health }) => health));
  }

  private async ask(path: string, form?: Readonly<Record<string, string>>): Promise<unknown> {
    const body = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
    const response = await fetch(`${this.url}${path}`, { ...body, signal: AbortSignal.timeout(10_000) });
    const json: unknown = await response.json();
    if (!response.ok) throw new Error(`expected an answer of Prometheus, got ${JSON.stringify(json)}`);
    return v.parse(answerSchema, json).data;
  }
}

/** Whether a server answers 200 there. */
export async function isUp(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(1000) });
    return status === 200;
  } catch {
    return false;
  }
}
