import * as v from 'valibot';
import { POLLING_STATES } from '../../contract/decision.ts';
import { messageOf } from '../../errors.ts';
import { parseAs } from '../../flags/definition.ts';
import { jsonOf, refusalInWords, request } from '../../flags/http.ts';
import { sharesInWords } from '../../flags/shares.ts';

const permille = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `RolloutStatus` after JSON, which drops what is undefined. */
const statusSchema = v.looseObject({
  flag: v.looseObject({
    kind: v.picklist(['fixed', 'unleash']),
    name: v.optional(v.string()),
    polling: v.picklist(POLLING_STATES),
    problem: v.optional(v.string()),
    enabled: v.optional(v.boolean()),
    shares: v.optional(v.object({ off: permille, shadow: permille, live: permille, complete: permille })),
  }),
  workflows: v.optional(v.array(v.string()), []),
});

/** How a service says it fares. */
export type ServiceStatus = v.InferOutput<typeof statusSchema>;

/** A service's answer, or in a sentence why there is none. */
export interface ServiceAnswer {
  /** Its address. */
  readonly service: string;
  readonly status: ServiceStatus | string;
}

/** Asks a service once. Never rejects. */
export async function askService(service: string, timeoutMs: number): Promise<ServiceAnswer> {
  return { service, status: await ask(service, timeoutMs) };
}

async function ask(service: string, timeoutMs: number): Promise<ServiceStatus | string> {
  const url = `${service}/status`;
  try {
    const answer = await request({ url, timeoutMs });
    if (answer.status !== 200) return `${url}: expected 200, got ${refusalInWords(answer, undefined)}`;
    return readStatus(jsonOf(answer, url), url);
  } catch (error) {
    return messageOf(error);
  }
}

function readStatus(json: unknown, url: string): ServiceStatus | string {
  try {
    return parseAs(statusSchema, json);
  } catch (error) {
    return `${url}: ${messageOf(error)}`;
  }
}

/** e.g. `flag securemint.loopp: shadow 100 %, failing: ...`. */
export function statusInWords({ status }: ServiceAnswer): string {
  if (typeof status === 'string') return status;
  const { kind, name, polling, problem, shares } = status.flag;
  const stages = shares === undefined ? 'no shares' : sharesInWords(shares);
  if (kind === 'fixed') return `${stages}, fixed by its configuration`;
  const state = polling === 'ready' ? '' : `, ${polling}`;
  return `flag ${name ?? '-'}: ${stages}${state}${problem === undefined ? '' : `: ${problem}`}`;
}
