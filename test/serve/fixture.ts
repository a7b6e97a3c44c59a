import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { legacyLane } from '../../legacy/lane.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { Lane } from '../../src/contract/lane.ts';
import type { Stage } from '../../src/contract/stage.ts';
import { FixedSource } from '../../src/flags/fixed-source.ts';
import type { Log } from '../../src/log.ts';
import { Application } from '../../src/serve/application.ts';
import type { ApplicationOptions, ApplicationParts } from '../../src/serve/application.ts';
import type { JournalFile } from '../../src/serve/journal-writer.ts';
import type { PluginStatus } from '../../src/serve/observed.ts';
import { parseJson } from '../helpers/cli.ts';
import type { Json } from '../helpers/cli.ts';

export const TOKEN = 'a-token-for-tests';

/** A journal in memory. */
export class MemoryJournal implements JournalFile {
  readonly judgements: Judgement[] = [];

  append(judgement: Judgement): Promise<void> {
    this.judgements.push(judgement);
    return Promise.resolve();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keeps what is logged, one text a line. */
export class MemoryLog {
  readonly lines: string[] = [];
  readonly log: Log = (level, message, fields = {}) => {
    const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
    this.lines.push(`${level}: ${message}${facts.join('')}`);
  };
}

const READY: PluginStatus = {
  ready: true,
  launches: 1,
  exits: 0,
  state: 'ready',
  reason: undefined,
  command: 'a plugin',
};

export interface Changes {
  readonly stage?: Stage;
  readonly parts?: Partial<ApplicationParts>;
  readonly http?: Partial<ApplicationOptions['http']>;
  readonly rounds?: Partial<ApplicationOptions['rounds']>;
  readonly shadow?: Partial<ApplicationOptions['shadow']>;
}

/** The service with real HTTP; both lanes are the aggregator in this process unless a test says otherwise. */
export class TestService {
  readonly journal = new MemoryJournal();
  readonly logged = new MemoryLog();
  readonly flags: FixedSource;
  readonly application: Application;
  url = '';
  private stopped: Promise<boolean> | undefined;

  private constructor({ stage = 'shadow', parts, http, rounds, shadow }: Changes) {
    this.flags = new FixedSource(stage);
    this.application = new Application(
      {
        legacy: legacyLane(),
        loopp: legacyLane(),
        flags: this.flags,
        openJournal: () => Promise.resolve(this.journal),
        sources: [],
        plugin: () => READY,
        log: this.logged.log,
        ...parts,
      },
      {
        http: {
          host: '127.0.0.1',
          port: 0,
          connections: 100,
          headersTimeoutMs: 10_000,
          requestTimeoutMs: 10_000,
          keepAliveTimeoutMs: 10_000,
          idleTimeoutMs: 30_000,
          ...http,
        },
        rounds: {
          token: TOKEN,
          bodyLimitBytes: 256 * 1024,
          bodiesLimitBytes: 1024 * 1024,
          roundsPerSecond: 10_000,
          roundsInFlight: 100,
          ...rounds,
        },
        shadow: { concurrency: 8, waiting: 1000, ...shadow },
        journalFolder: 'a folder',
        versions: { product: '0.0.0' },
      },
    );
  }

  static async start(changes: Changes = {}): Promise<TestService> {
    const service = new TestService(changes);
    service.url = await service.application.start();
    return service;
  }

  post(
    body: string | Uint8Array | ReadableStream,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Replied> {
    return this.fetch('/v1/rounds', {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    });
  }

  async fetch(path: string, init: RequestInit & { readonly duplex?: 'half' } = {}): Promise<Replied> {
    const response = await fetch(`${this.url}${path}`, init);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? parseJson(text) : {},
    };
  }

  async status(): Promise<Json> {
    return (await this.fetch('/status')).json;
  }

  /** A connection to write to by hand. */
  connect(): Wire {
    const { hostname, port } = new URL(this.url);
    return new Wire(connect(Number(port), hostname));
  }

  /** Whether the sums hold. Idempotent. */
  stop(graceMs = 5000): Promise<boolean> {
    return (this.stopped ??= this.application.stop(graceMs));
  }
}

export interface Replied {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** One connection, byte by byte. */
export class Wire {
  readonly socket: Socket;
  received = '';
  readonly closed: Promise<string>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve(this.received));
    });
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** The status of the first answer. */
  get status(): number {
    return Number(/^HTTP\/1.1 ([0-9]{3})/.exec(this.received)?.[1] ?? NaN);
  }
}

/** A lane that answers as told. */
export function laneThat(aggregate: Lane['aggregate'], more: Partial<Lane> = {}): Lane {
  return {
    name: 'fake',
    aggregate,
    health: () => ({ ok: true }),
    close: () => Promise.resolve(),
    ...more,
  };
}
