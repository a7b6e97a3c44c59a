import { EventEmitter } from 'node:events';
import { Unleash, UnleashEvents } from 'unleash-client';
import type { ClientFeaturesResponse, UnleashConfig } from 'unleash-client';
import type { RawFlag } from './definition.ts';
import { stickyContext } from './stickiness.ts';

/** What Unleash's client says of one key. */
export interface Evaluation {
  readonly enabled: boolean;
  /** The name of the variant; undefined: the flag gave none. */
  readonly variant: string | undefined;
}

/** Unleash's own evaluation over flags that somebody else fetched: no network, no files, no usage metrics. */
export class FlagEvaluator {
  private readonly features = new Features();
  private readonly unleash: Unleash;

  constructor() {
    this.unleash = new Unleash({
      appName: 'securemint-shadow',
      // Required, and asked by nobody: the flags come from the repository.
      url: 'http://127.0.0.1/',
      repository: this.features,
      disableMetrics: true,
      disableAutoStart: true,
      skipInstanceCountWarning: true,
    });
    // Without a listener of ours it would print.
    this.unleash.on(UnleashEvents.Error, () => undefined);
    this.features.emit(UnleashEvents.Ready);
  }

  /** Replaces all flags. */
  put(flags: readonly RawFlag[]): void {
    // Unleash's types say more than a server has to deliver; `evaluate` throws where that matters.
    this.features.byName = new Map(flags.map((flag) => [flag.name, flag as Feature]));
  }

  /** Throws whatever a malformed flag makes Unleash's client throw. */
  evaluate(name: string, key: string): Evaluation {
    const variant = this.unleash.getVariant(name, { ...stickyContext(key) });
    return { enabled: variant.featureEnabled, variant: variant.enabled ? variant.name : undefined };
  }

  close(): void {
    this.unleash.destroy();
  }
}

type Feature = ClientFeaturesResponse['features'][number];
type Repository = NonNullable<UnleashConfig['repository']>;

/** The server is asked to put segments into the strategies: there are none here. */
class Features extends EventEmitter implements Repository {
  byName: ReadonlyMap<string, Feature> = new Map();

  getToggle(name: string): Feature | undefined {
    return this.byName.get(name);
  }

  getToggles(): Feature[] {
    return [...this.byName.values()];
  }

  getTogglesWithSegmentData(): ReturnType<Repository['getTogglesWithSegmentData']> {
    return [];
  }

  getSegment(): undefined {
    return undefined;
  }

  async start(): Promise<void> {
    // Flags are put in by hand.
  }

  stop(): void {
    // Nothing was started.
  }
}
