import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { StageShares } from '../../../src/contract/decision.ts';
import { STAGES } from '../../../src/contract/stage.ts';
import type { Sample } from '../../../src/flags/controller/sample.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { FLAG, flagOf } from '../builders.ts';
import { sampleWith } from './samples.ts';
import type { SampleChanges } from './samples.ts';

/** A server on loopback until it is closed. */
class TinyServer {
  readonly server: Server;
  url = '';

  constructor(answer: (request: IncomingMessage) => Promise<Answer>) {
    this.server = createServer((request, response) => {
      void answer(request).then(({ status = 200, body = '' }) => response.writeHead(status).end(body));
    });
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    return this;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

interface Answer {
  readonly status?: number;
  readonly body?: string;
}

/** As much of Unleash's admin and client API as one flag in one environment needs. */
export class TinyUnleash {
  shares: StageShares = allIn('shadow');
  enabled = true;
  /** Everything is answered with it. */
  failing: number | undefined;
  /** Writes that are answered and forgotten. */
  forgetful = false;
  readonly writes: StageShares[] = [];
  private readonly tiny = new TinyServer((request) => this.answer(request));

  static async open(): Promise<TinyUnleash> {
    const unleash = new TinyUnleash();
    await unleash.tiny.listen();
    return unleash;
  }

  get url(): string {
    return this.tiny.url;
  }

  close(): void {
    this.tiny.close();
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    if (this.failing !== undefined) return { status: this.failing };
    if (request.url?.startsWith('/api/client') === true) return this.delivered(request);
    if (request.method === 'GET') return { body: JSON.stringify(this.feature()) };
    if (request.method === 'PUT') this.put((await json(request)) as Written);
    else this.enabled = request.url?.endsWith('/on') ?? false;
    return {};
  }

  private delivered({ url }: IncomingMessage): Answer {
    if (url?.startsWith('/api/client/features') !== true) return { status: 202 };
    const features = [{ ...flagOf(this.shares), enabled: this.enabled }];
    return { body: JSON.stringify({ version: 2, features }) };
  }

  private put({ variants }: Written): void {
    const shares = { off: 0, shadow: 0, live: 0, complete: 0 };
    for (const { name, weight } of variants) {
      const stage = STAGES.find((known) => known === name);
      if (stage !== undefined) shares[stage] = weight;
    }
    this.writes.push(shares);
    if (!this.forgetful) this.shares = shares;
  }

  private feature(): object {
    const { strategies } = flagOf(this.shares) as unknown as { strategies: readonly object[] };
    const own = strategies.map((strategy) => ({ ...strategy, id: 'one', disabled: false }));
    return { name: FLAG, environments: [{ name: 'development', enabled: this.enabled, strategies: own }] };
  }
}

interface Written {
  readonly variants: readonly { readonly name: string; readonly weight: number }[];
}

/** A service that follows the tiny flag and compares more with every look, unless told otherwise. */
export class TinyService {
  /** What it says besides what it counts. */
  changes: SampleChanges = {};
  /** Rounds more with every look. */
  growth = 100;
  failing: number | undefined;
  /** Takes requests and never answers. */
  hangs = false;
  rounds = 0;
  private readonly unleash: TinyUnleash;
  private readonly tiny = new TinyServer((request) => this.answerOrHang(request));

  private constructor(unleash: TinyUnleash) {
    this.unleash = unleash;
  }

  static async open(unleash: TinyUnleash): Promise<TinyService> {
    const service = new TinyService(unleash);
    await service.tiny.listen();
    return service;
  }

  get url(): string {
    return this.tiny.url;
  }

  close(): void {
    this.tiny.close();
  }

  private answerOrHang(request: IncomingMessage): Promise<Answer> {
    return this.hangs ? new Promise(() => undefined) : Promise.resolve(this.answer(request));
  }

  private answer({ url }: IncomingMessage): Answer {
    if (this.failing !== undefined) return { status: this.failing };
    if (url === '/metrics') return { body: this.metrics() };
    this.rounds += this.growth;
    const { served: _, ...status } = this.sample();
    return { body: JSON.stringify(status) };
  }

  private sample(): Sample {
    const { rounds, unleash, changes } = this;
    const { verdicts, ...others } = changes;
    return sampleWith({
      shares: unleash.enabled ? unleash.shares : allIn('off'),
      distinct: rounds,
      live: unleash.shares.live === 0 ? 0 : rounds,
      pairs: [rounds, 1],
      verdicts: { match: rounds, ...verdicts },
      ...others,
    });
  }

  private metrics(): string {
    const name = 'securemint_shadow_served_duration_seconds_bucket';
    const lines = ['legacy', 'loopp'].map(
      (lane) => `${name}{le="0.005",lane="${lane}"} ${String(this.rounds)}`,
    );
    return `${lines.join('\n')}\n`;
  }
}
