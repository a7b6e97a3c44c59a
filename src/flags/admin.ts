import * as v from 'valibot';
import type { StageShares } from '../contract/decision.ts';
import { STAGES } from '../contract/stage.ts';
import { AppError, messageOf } from '../errors.ts';
import { NotFoundError } from './admin-api.ts';
import type { AdminApi } from './admin-api.ts';
import { parseAs, parseDefinition, strategySchema } from './definition.ts';
import type { FlagDefinition } from './definition.ts';
import { readFlag } from './reading.ts';
import type { FlagReading } from './reading.ts';

/** Where a flag is. */
export interface FlagPlace {
  readonly name: string;
  readonly project: string;
  readonly environment: string;
}

/** A flag in one environment. */
export interface AdminFlag {
  readonly reading: FlagReading;
  /** As the client API would deliver it, but that segments are ids. */
  readonly definition: FlagDefinition;
  /** All of the environment, those too that are switched off. */
  readonly strategies: readonly AdminStrategy[];
}

const adminStrategySchema = v.looseObject({
  ...strategySchema.entries,
  id: v.string(),
  disabled: v.optional(v.boolean(), false),
});
export type AdminStrategy = v.InferOutput<typeof adminStrategySchema>;

const environmentSchema = v.looseObject({
  name: v.string(),
  enabled: v.boolean(),
  strategies: v.array(adminStrategySchema),
  variants: v.optional(v.array(v.unknown()), []),
});
type Environment = v.InferOutput<typeof environmentSchema>;

const featureSchema = v.looseObject({
  environments: v.array(environmentSchema),
  dependencies: v.optional(v.array(v.unknown()), []),
});

const eventSchema = v.looseObject({
  type: v.string(),
  /** ISO 8601. */
  createdAt: v.string(),
  createdBy: v.string(),
  environment: v.nullish(v.string()),
  data: v.unknown(),
  preData: v.unknown(),
});
export type FlagEvent = v.InferOutput<typeof eventSchema>;
const eventsSchema = v.looseObject({ events: v.array(eventSchema) });

/** One flag through Unleash's admin API. Rejects as `AdminApi` does, and with UNLEASH when an answer cannot be understood. */
export class FlagAdmin {
  readonly place: FlagPlace;
  private readonly api: AdminApi;

  constructor(api: AdminApi, place: FlagPlace) {
    this.api = api;
    this.place = place;
  }

  /** Rejects with `AppError` INPUT when the project has no such flag, or the flag no such environment. */
  async read(): Promise<AdminFlag> {
    const { name, project } = this.place;
    try {
      const answer = await this.api.ask('GET', `${this.flagPath()}?variantEnvironments=true`);
      const { environments, dependencies } = understand(featureSchema, answer);
      return readIn(this.environmentOf(environments), name, dependencies);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      const expected = `flag ${name}: expected it in project ${project}`;
      throw new AppError('INPUT', `${expected}, got ${error.said}; \`flags create\` makes it`, {
        cause: error,
      });
    }
  }

  /** The same; undefined when there is no such flag. */
  async find(): Promise<AdminFlag | undefined> {
    return this.read().catch((error: unknown) => {
      if (error instanceof AppError && error.cause instanceof NotFoundError) return undefined;
      throw error;
    });
  }

  /** Makes the flag, switched off in all environments. */
  async create(): Promise<void> {
    const { name, project } = this.place;
    await this.api.ask('POST', `/projects/${encodeURIComponent(project)}/features`, {
      name,
      type: 'release',
      description: 'Which stage of the Secure Mint migration a workflow is in: off, shadow, live, complete',
      impressionData: false,
    });
  }

  async addStrategy(shares: StageShares): Promise<void> {
    await this.api.ask('POST', `${this.environmentPath()}/strategies`, {
      name: 'flexibleRollout',
      constraints: [],
      segments: [],
      // With another group id every workflow has another place.
      parameters: { rollout: '100', stickiness: 'default', groupId: this.place.name },
      variants: variantsOf(shares),
    });
  }

  /** Replaces the variants of a strategy and leaves everything else as it is. */
  async setShares({ id, ...rest }: AdminStrategy, shares: StageShares): Promise<void> {
    const path = `${this.environmentPath()}/strategies/${encodeURIComponent(id)}`;
    await this.api.ask('PUT', path, { ...rest, variants: variantsOf(shares) });
  }

  async switch(to: 'on' | 'off'): Promise<void> {
    await this.api.ask('POST', `${this.environmentPath()}/${to}`);
  }

  /** Of all environments, the latest first. */
  async history(limit: number): Promise<readonly FlagEvent[]> {
    const query = new URLSearchParams({ feature: `IS:${this.place.name}`, limit: String(limit) });
    return understand(eventsSchema, await this.api.ask('GET', `/search/events?${query.toString()}`)).events;
  }

  private environmentOf(environments: readonly Environment[]): Environment {
    const { environment } = this.place;
    const found = environments.find(({ name }) => name === environment);
    if (found !== undefined) return found;
    const expected = environments.map(({ name }) => name).join(', ');
    throw new AppError(
      'INPUT',
      `--environment: expected one of ${expected}, got ${JSON.stringify(environment)}`,
    );
  }

  private flagPath(): string {
    const { name, project } = this.place;
    return `/projects/${encodeURIComponent(project)}/features/${encodeURIComponent(name)}`;
  }

  private environmentPath(): string {
    return `${this.flagPath()}/environments/${encodeURIComponent(this.place.environment)}`;
  }
}

function readIn(
  { enabled, strategies, variants }: Environment,
  name: string,
  dependencies: readonly unknown[],
): AdminFlag {
  const active = strategies.filter(({ disabled }) => !disabled);
  const definition = understanding(() =>
    parseDefinition(name, { name, enabled, strategies: active, variants, dependencies }),
  );
  return { reading: readFlag(name, definition), definition, strategies };
}

function understand<Schema extends v.GenericSchema>(schema: Schema, answer: unknown): v.InferOutput<Schema> {
  return understanding(() => parseAs(schema, answer));
}

function understanding<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new AppError('UNLEASH', `Unleash's admin API: ${messageOf(error)}`, { cause: error });
  }
}

/** The server insists on a variant whose weight it works out itself: shadow's, which is what the others leave. */
function variantsOf(shares: StageShares): readonly object[] {
  return STAGES.map((name) => ({
    name,
    weight: shares[name],
    weightType: name === 'shadow' ? 'variable' : 'fix',
    stickiness: 'default',
  }));
}
