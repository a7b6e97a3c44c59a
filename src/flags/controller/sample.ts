import * as v from 'valibot';
import { POLLING_STATES } from '../../contract/decision.ts';
import { STAGES } from '../../contract/stage.ts';
import { VERDICT_KEYS } from '../../contract/verdict.ts';
import { messageOf } from '../../errors.ts';
import { parseAs } from '../definition.ts';
import { jsonOf, refusalInWords, request } from '../http.ts';
import { readServed } from './served.ts';
import type { ServedBuckets } from './served.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

function countsOf<const Names extends readonly string[]>(names: Names) {
  const entries = Object.fromEntries(names.map((name) => [name, count]));
  return v.object(entries as Record<Names[number], typeof count>);
}

/** What of a service's `GET /status` counts here; null is what the service does not know. */
const statusSchema = v.object({
  startedAt: v.string(),
  flag: v.object({
    kind: v.picklist(['fixed', 'unleash']),
    name: v.optional(v.string()),
    polling: v.picklist(POLLING_STATES),
    enabled: v.optional(v.boolean()),
    shares: v.optional(countsOf(STAGES)),
  }),
  workflows: v.array(v.string()),
  distinct: count,
  verdicts: countsOf(VERDICT_KEYS),
  witness: v.object({ contradicted: count }),
  stages: v.object({
    shadow: v.object({ rounds: count }),
    live: v.object({ rounds: count }),
    complete: v.object({ rounds: count }),
  }),
  counts: v.object({ fallbacks: count }),
  latency: v.object({ paired: v.object({ count, meanMs: v.nullable(v.number()) }) }),
  plugin: v.object({ state: v.string(), reason: v.optional(v.string()) }),
});

/** How a service fares; counters are those of its process. */
export interface Sample extends v.InferOutput<typeof statusSchema> {
  readonly served: ServedBuckets;
}

/** A service's answer, or in a sentence why there is none. */
export interface Look {
  readonly service: string;
  readonly sample: Sample | string;
}

/** Asks a service once for `/status` and `/metrics`. Never rejects. */
export async function lookAt(service: string, timeoutMs: number, signal: AbortSignal): Promise<Look> {
  try {
    const [status, metrics] = await Promise.all([
      textOf(`${service}/status`, timeoutMs, signal),
      textOf(`${service}/metrics`, timeoutMs, signal),
    ]);
    return { service, sample: readSample(status, metrics, `${service}/status`) };
  } catch (error) {
    return { service, sample: messageOf(error) };
  }
}

type Answer = Awaited<ReturnType<typeof request>>;

async function textOf(url: string, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  const answer = await request({ url, timeoutMs, signal });
  if (answer.status === 200) return answer;
  throw new Error(`${url}: expected 200, got ${refusalInWords(answer, undefined)}`);
}

function readSample(status: Answer, metrics: Answer, url: string): Sample {
  const json = jsonOf(status, url);
  try {
    return { ...parseAs(statusSchema, json), served: readServed(metrics.text) };
  } catch (error) {
    throw new Error(`${url}: ${messageOf(error)}`, { cause: error });
  }
}
