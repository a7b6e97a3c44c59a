import { onTestFinished } from 'vitest';
import type { PollingState, StageShares } from '../../src/contract/decision.ts';
import type { Stage } from '../../src/contract/stage.ts';
import { AdminApi } from '../../src/flags/admin-api.ts';
import { FlagAdmin } from '../../src/flags/admin.ts';
import { FLAG_DEFAULTS } from '../../src/flags/defaults.ts';
import { areSame } from '../../src/flags/shares.ts';
import { UnleashSource } from '../../src/flags/unleash-source.ts';
import type { UnleashOptions } from '../../src/flags/unleash-source.ts';
import { CommandLine, until } from '../helpers/cli.ts';
import type { Ended } from '../helpers/cli.ts';
import { startUnleash } from '../helpers/real/unleash.ts';
import type { Unleash } from '../helpers/real/unleash.ts';
import { serveStatus } from './status-service.ts';
import type { StatusService } from './status-service.ts';

/** A real Unleash server, flags on it, sources that follow them, and the command line. */
export class Rollout {
  readonly unleash: Unleash;
  readonly cli: CommandLine;
  private readonly api: AdminApi;

  private constructor(unleash: Unleash, cli: CommandLine) {
    this.unleash = unleash;
    this.cli = cli;
    this.api = new AdminApi({ address: unleash.url, token: unleash.adminToken, timeoutMs: 10_000 });
  }

  static async start(): Promise<Rollout> {
    const unleash = await startUnleash();
    return new Rollout(unleash, await CommandLine.open());
  }

  async stop(): Promise<void> {
    await this.unleash.stop();
    await this.cli.close();
  }

  get environment(): Readonly<Record<string, string>> {
    return { UNLEASH_URL: this.unleash.url, UNLEASH_ADMIN_TOKEN: this.unleash.adminToken };
  }

  /** Runs `flags` with these arguments. */
  async flags(...args: readonly string[]): Promise<Ended> {
    return this.cli.run(['flags', ...args], { env: this.environment });
  }

  admin(name: string): FlagAdmin {
    const { project, environment } = this.unleash;
    return new FlagAdmin(this.api, { name, project, environment });
  }

  /** A flag of ours that is switched on. */
  async make(name: string, shares: StageShares): Promise<FlagAdmin> {
    const admin = this.admin(name);
    await admin.create();
    await admin.addStrategy(shares);
    await admin.switch('on');
    return admin;
  }

  /** A flag as other people make it, switched on in an environment. */
  async makeByHand(name: string, strategy: object | undefined, environment = 'development'): Promise<void> {
    const features = '/projects/default/features';
    await this.api.ask('POST', features, { name, type: 'release' });
    const path = `${features}/${name}/environments/${environment}`;
    if (strategy !== undefined) await this.api.ask('POST', `${path}/strategies`, strategy);
    await this.api.ask('POST', `${path}/on`);
  }

  /** Answers its id. */
  async makeSegment(name: string, constraints: readonly object[]): Promise<number> {
    const segment = (await this.api.ask('POST', '/segments', { name, constraints })) as { id: number };
    return segment.id;
  }

  /** A source that follows a flag until the test ends. */
  async follow(flagName: string, options: Partial<UnleashOptions> = {}): Promise<UnleashSource> {
    const source = await UnleashSource.open({
      ...FLAG_DEFAULTS,
      refreshMs: 50,
      address: this.unleash.url,
      token: this.unleash.clientToken,
      flagName,
      log: () => undefined,
      ...options,
    });
    onTestFinished(() => source.close());
    return source;
  }
}

/** A service that shows a source until the test ends. */
export async function show(source: UnleashSource, workflows: readonly string[] = []): Promise<StatusService> {
  const service = await serveStatus(source, workflows);
  onTestFinished(() => service.close());
  return service;
}

export async function untilSeen(source: UnleashSource, shares: StageShares): Promise<void> {
  await until('a source that sees the shares', () => {
    const seen = source.state().shares;
    return seen !== undefined && areSame(seen, shares) ? true : undefined;
  });
}

export async function untilPolling(source: UnleashSource, polling: PollingState): Promise<void> {
  await until(`a source that is ${polling}`, () => {
    return source.state().polling === polling ? true : undefined;
  });
}

export function stagesOf(source: UnleashSource, workflows: readonly string[]): readonly Stage[] {
  return workflows.map((workflow) => source.decide(workflow).stage);
}

export const WORKFLOWS: readonly string[] = Array.from(
  { length: 200 },
  (_, index) => `workflow-${String(index)}`,
);
