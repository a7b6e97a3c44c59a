import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HttpExternalAdapter } from '../../loopp/host/bridge/http-external-adapter.ts';
import { parseExternalAdapterOptions } from '../../loopp/host/bridge/options.ts';

/** The example as it is shipped. */
export const EXAMPLE = resolve('examples/adapter');
const SCRIPT = join(EXAMPLE, 'adapter.mjs');

export type Json = Readonly<Record<string, unknown>>;

/** A shipped file of the example, parsed. */
export const shipped = (name: string): Json => JSON.parse(readFileSync(join(EXAMPLE, name), 'utf8')) as Json;

/** A folder for configurations that the example is started with, and what was started with them. */
export class ConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'sma-'));
  private readonly started: AdapterProcess[] = [];

  /** Answers the path of the file. */
  write(name: string, content: unknown): string {
    const file = join(this.path, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  copy(name: string): string {
    copyFileSync(join(EXAMPLE, name), join(this.path, name));
    return join(this.path, name);
  }

  /** Starts the example with this configuration, on a port of its own. */
  async start(config: Json): Promise<{ readonly adapter: AdapterProcess; readonly url: string }> {
    const adapter = new AdapterProcess([this.write('adapter.json', { ...config, port: 0 })]);
    this.started.push(adapter);
    return { adapter, url: await adapter.url() };
  }

  async remove(): Promise<void> {
    for (const adapter of this.started) {
      adapter.kill('SIGKILL');
      await adapter.ended;
    }
    rmSync(this.path, { recursive: true });
  }
}

/** The example as a process of its own. */
export class AdapterProcess {
  stdout = '';
  stderr = '';
  /** Exit code and signal, once both outputs are read. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  private readonly process: ChildProcess;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [SCRIPT, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.process = child;
    this.ended = once(child, 'close').then(([code, signal]) => [code, signal]);
  }

  /** Where it listens. Rejects when it ends instead. */
  async url(): Promise<string> {
    for (;;) {
      const [, url] = /listening on (http:\S+) /.exec(this.stdout) ?? [];
      if (url !== undefined) return url;
      const more = once(this.process.stdout ?? this.process, 'data').then(() => false);
      if (await Promise.race([more, this.ended.then(() => true)])) {
        throw new Error(`the adapter ended: ${this.stderr}`);
      }
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** The node's bridge to the example. */
export function bridgeTo(url: string, chains: readonly bigint[]): HttpExternalAdapter {
  const options = { url, token: 'eth', reserves: 'platform', chains: chains.map(String), retries: 0 };
  return new HttpExternalAdapter(parseExternalAdapterOptions('test', options));
}

/** Status and body of the answer to a POST. */
export async function ask(url: string, body: unknown): Promise<readonly [number, unknown]> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [response.status, await response.json()];
}

/** The words of an answer that is a refusal. */
export const messageIn = (body: unknown): string | undefined =>
  (body as { readonly error?: { readonly message?: string } }).error?.message;
