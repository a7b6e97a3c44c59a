import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isWitnessed } from '../../harness/witness.ts';
import { parseRound } from '../../src/rounds/parse.ts';
import { parseJson, until } from '../helpers/cli.ts';
import type { CommandLine, Ended, Json, Running } from '../helpers/cli.ts';

export const TOKEN = 'a-token-for-tests';

export interface Answer {
  readonly status: number;
  readonly json: Json;
}

export interface ServedOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As YAML; the port is a free one. */
  readonly config?: string;
  readonly program?: readonly [file: string, ...args: readonly string[]];
}

/** A running `serve`, as a client sees it. */
export class Served {
  readonly running: Running;
  readonly url: string;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });

  private constructor(running: Running, url: string) {
    this.running = running;
    this.url = url;
  }

  /** Starts it with a token and a free port, and waits until it listens. */
  static async start(cli: CommandLine, options: ServedOptions = {}): Promise<Served> {
    const running = await Served.launch(cli, options);
    const url = await until('the address', () => /serving on (http:\S+):/.exec(running.stderr)?.[1]);
    return new Served(running, url);
  }

  static async launch(
    cli: CommandLine,
    { args = [], env, config = '', program }: ServedOptions,
  ): Promise<Running> {
    await cli.file('serve.yaml', config);
    return cli.start(['serve', '--config', 'serve.yaml', ...args], {
      env: { SECUREMINT_SHADOW_HTTP_PORT: '0', SECUREMINT_SHADOW_TOKEN: TOKEN, ...env },
      ...(program === undefined ? {} : { program }),
    });
  }

  /** Sends a round; rejects when there is no answer. */
  post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(this.open(headers), body);
  }

  /** A request whose body is to be written. */
  open(headers: Readonly<Record<string, string>> = {}, agent: Agent | false = this.agent): ClientRequest {
    return request(`${this.url}/v1/rounds`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    });
  }

  send(sent: ClientRequest, body: string): Promise<Answer> {
    const answer = answerTo(sent);
    sent.end(body);
    return answer;
  }

  async get(path: string): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`);
    return { status: response.status, json: parseJson(await response.text()) };
  }

  async status(): Promise<Json> {
    return (await this.get('/status')).json;
  }

  /** Waits until every round that was taken has its verdict. */
  async settled(): Promise<Json> {
    return until('all verdicts', async () => {
      const status = await this.status();
      return status['pending'] === 0 ? status : undefined;
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.running.child.kill(signal);
    const ended = await this.running.ended;
    this.agent.destroy();
    return ended;
  }
}

/** The answer to a request, however much of it is sent. */
export function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response: IncomingMessage) => {
      const read = async (): Promise<Answer> => ({
        status: response.statusCode ?? NaN,
        json: parseJson(await text(response)),
      });
      read().then(resolve, reject);
    });
  });
}

/** How often each value of that member came. */
export function countedBy(items: readonly Json[], name: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[String(item[name])] = (counts[String(item[name])] ?? 0) + 1;
  return counts;
}

export const sumOf = (counts: Json): number =>
  Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);

/** The lines that were not answered as a real Go node did. */
export function unwitnessed(
  lines: readonly string[],
  answers: readonly (Answer | undefined)[],
): readonly (readonly [string, Answer | undefined])[] {
  return lines
    .map((line, at) => [line, answers[at]] as const)
    .filter(([line, answer]) => !isAsWitnessed(line, answer?.json));
}

function isAsWitnessed(line: string, json: Json = {}): boolean {
  const { witness } = parseRound(line);
  const { outcome, error } = json;
  if (witness === undefined) return false;
  if (typeof error === 'string') return isWitnessed(witness, { kind: 'error', error });
  return (
    typeof outcome === 'string' &&
    isWitnessed(witness, { kind: 'outcome', outcome: Buffer.from(outcome, 'base64') })
  );
}

/** Sends lines from several clients, each its next one when it is answered; keeps what became of each. */
export async function load(
  served: Served,
  lines: readonly string[],
  clients: number,
): Promise<readonly (Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let at = next++; at < lines.length; at = next++) {
      answers[at] = await served.post(lines[at] ?? '').catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}

/** Every line of every journal file in the output folder. */
export async function journalled(cli: CommandLine): Promise<readonly Json[]> {
  const folder = 'securemint-shadow-out/latest';
  const names = await readdir(join(cli.folder, folder));
  const files = await Promise.all(names.toSorted().map((name) => cli.lines(join(folder, name))));
  return files.flat();
}
