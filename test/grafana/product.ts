import { setTimeout as delay } from 'node:timers/promises';
import { changed, until } from '../helpers/cli.ts';
import type { CommandLine, Running } from '../helpers/cli.ts';

const WRITE_TOKEN = 'written-by-a-test';

/** Samples of /metrics as they stand in the text: `name{labels}` and value, and the types and helps of the names. */
export interface Exposition {
  readonly samples: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
}

export async function scrape(url: string): Promise<Exposition> {
  const lines = (await (await fetch(url)).text()).split('\n').filter((line) => line !== '');
  const facts = (kind: string): ReadonlyMap<string, string> =>
    new Map(
      lines
        .filter((line) => line.startsWith(`# ${kind} `))
        .map((line) => {
          const [, , name = '', ...text] = line.split(' ');
          return [name, text.join(' ')];
        }),
    );
  const samples = lines
    .filter((line) => !line.startsWith('#'))
    .map((line): [string, number] => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    });
  return { samples: new Map(samples), types: facts('TYPE'), helps: facts('HELP') };
}

/** Where `run --metrics-port` answers. */
export const metricsUrlOf = (running: Running): Promise<string> =>
  until('the metrics address', () => /metrics on (\S+)/.exec(running.stderr)?.[1]);

/** `serve` on a free port, taking rounds; `env` is its configuration. */
export class ServedProduct {
  readonly running: Running;
  readonly url: string;

  private constructor(running: Running, url: string) {
    this.running = running;
    this.url = url;
  }

  static async start(cli: CommandLine, env: Readonly<Record<string, string>>): Promise<ServedProduct> {
    const running = cli.start(['serve'], {
      env: { SECUREMINT_SHADOW_HTTP_PORT: '0', SECUREMINT_SHADOW_TOKEN: WRITE_TOKEN, ...env },
    });
    const url = await until(
      'the address of the service',
      () => /serving on (http:[^\s:]+:\d+)/.exec(running.stderr)?.[1],
    );
    return new ServedProduct(running, url);
  }

  /** Answers the status. */
  async post(line: string): Promise<number> {
    const response = await fetch(`${this.url}/v1/rounds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WRITE_TOKEN}`, 'content-type': 'application/json' },
      body: line,
    });
    await response.text();
    return response.status;
  }

  async stop(): Promise<void> {
    this.running.child.kill('SIGTERM');
    await this.running.ended;
  }
}

/** Sends rounds one by one, over and over, each time under an id of its own, until it is stopped. */
export function sendOverAndOver(
  lines: readonly string[],
  send: (line: string) => unknown,
  pauseMs: number,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const sending = (async () => {
    for (let index = 0; !stopping.signal.aborted; index++) {
      await send(changed(lines[index % lines.length], { id: `round-${String(index)}` }));
      await delay(pauseMs);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await sending;
    },
  };
}
