import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, systemCode } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { unrecognized } from '../wire/handshake.ts';
import { SocketFolder } from '../wire/sockets.ts';
import { pluginEnvironment } from './environment.ts';
import { killByToken, killGroup } from './leftovers.ts';
import type { PluginCommand } from './options.ts';
import { PluginLogReader } from './plugin-log.ts';

/** go-plugin's scanner takes no longer line (docs/spec/loopp-wire.md A.2). */
const MAX_LINE_BYTES = 64 * 1024;
const TAIL_LINES = 10;
const TAIL_CHARACTERS = 4096;
const LINE_FEED = 0x0a;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Children of this process; whatever ends it takes them along. */
const running = new Set<PluginChild>();
process.on('exit', () => {
  for (const child of running) child.removeAll();
});

/** One plugin process with its sockets: launched in a process group and with an environment of its own. */
export class PluginChild {
  /** Where both sides put their sockets; removed with the process. */
  readonly sockets = new SocketFolder();
  /** How it ended, in words. Never rejects. */
  readonly exited: Promise<string>;
  private readonly process: Child;
  private readonly token = randomUUID();
  private readonly stderrRead: Promise<void>;
  private tail = '';

  /**
   * Throws, with Go's wording, what the system refuses at once; `exited` tells the rest. `log` gets what the plugin
   * logs; it must not throw.
   */
  constructor(command: PluginCommand, log: Log = () => undefined) {
    this.process = this.spawn(command);
    running.add(this);
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(notStarted(command, error)));
      this.process.once('exit', (code, signal) => resolve(endedWith(code, signal)));
    });
    const stderr = this.process.stderr.setEncoding('utf8');
    const reader = new PluginLogReader(log);
    stderr.on('data', (text: string) => {
      reader.add(text);
      this.tail = (this.tail + text).slice(-TAIL_CHARACTERS);
    });
    this.stderrRead = new Promise((resolve) => {
      stderr.once('close', () => {
        reader.end();
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** The last lines of its standard error, for messages; empty when there are none. */
  stderrTail(): string {
    return this.tail.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  /**
   * The first line of standard output; everything after it is read and dropped, or the plugin would block once the
   * pipe is full. Rejects with go-plugin's wording.
   */
  async firstLine(timeoutMs: number): Promise<string> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      return await Promise.race([
        firstLine(this.process.stdout),
        // A descendant may hold standard output open after the process itself is gone.
        this.exited.then(async () => {
          await delay(EXIT_GRACE_MS, undefined, { ref: false });
          throw new NoLineError(NO_LINE);
        }),
        aborted(timeout.signal).then(() => {
          throw new Error(
            `timeout while waiting for plugin to start (no handshake within ${String(timeoutMs)} ms)`,
          );
        }),
      ]);
    } catch (error) {
      throw await this.withExit(error);
    } finally {
      clearTimeout(timer);
      this.process.stdout.resume();
    }
  }

  /** Waits until the process ended by itself; false when it did not in time. */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    return settlesWithin(this.exited, timeoutMs);
  }

  /** Kills what still runs, waits until it is gone and removes the sockets. Idempotent. */
  async destroy(): Promise<void> {
    this.kill();
    await this.exited;
    // Its last words may still be in the pipe; whatever escaped the kill could hold the pipe open for ever.
    await settlesWithin(this.stderrRead, STDERR_GRACE_MS);
    this.sockets.removeAll();
    running.delete(this);
  }

  /** `destroy` for a host that ends now. */
  removeAll(): void {
    this.kill();
    this.sockets.removeAll();
  }

  /** SIGKILL to everything that descends from the launch. */
  kill(): void {
    if (this.pid === undefined) return;
    killGroup(this.pid);
    killByToken(this.token);
  }

  private spawn(command: PluginCommand): Child {
    try {
      const child = spawn(command.file, command.args, {
        env: pluginEnvironment({ socketFolder: this.sockets.path, token: this.token, path: command.path }),
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      if (hasPipes(child)) return child;
      child.once('error', () => undefined);
      throw new Error('too many open files or processes');
    } catch (error) {
      this.sockets.removeAll();
      throw new Error(notStarted(command, error), { cause: error });
    }
  }

  /** A process that is gone explains a missing line better than the missing line does. */
  private async withExit(error: unknown): Promise<unknown> {
    if (!(error instanceof NoLineError)) return error;
    if (!(await this.endsWithin(EXIT_GRACE_MS)))
      return new Error(`${error.message} (it closed standard output)`);
    const how = await this.exited;
    return new Error(how.startsWith('exec:') ? how : `plugin exited before we could connect: ${how}`);
  }
}

/** Standard output closes a moment before the process is reaped. */
const EXIT_GRACE_MS = 1000;
const STDERR_GRACE_MS = 200;

class NoLineError extends Error {
  override readonly name = 'NoLineError';
}

const NO_LINE = "Failed to read any lines from plugin's stdout";

function firstLine(stdout: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const settle = (line: string): void => {
      stdout.off('data', onData);
      resolve(line);
    };
    const onData = (chunk: Uint8Array): void => {
      chunks.push(chunk);
      size += chunk.length;
      const end = chunk.indexOf(LINE_FEED);
      const text = (): string => Buffer.concat(chunks).toString('utf8');
      if (end >= 0) settle(text().split('\n', 1)[0] ?? '');
      else if (size > MAX_LINE_BYTES) {
        stdout.off('data', onData);
        reject(unrecognized(text()));
      }
    };
    stdout.on('data', onData);
    stdout.once('close', () => {
      if (size > 0) settle(Buffer.concat(chunks).toString('utf8'));
      else reject(new NoLineError(NO_LINE));
    });
  });
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const settled = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return settled;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Go's os/exec wording. */
function notStarted(command: PluginCommand, error: unknown): string {
  const file = JSON.stringify(command.file);
  switch (systemCode(error)) {
    case 'ENOENT':
      return `exec: ${file}: ${command.file.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH'}`;
    case 'EACCES':
      return `exec: ${file}: permission denied (is it executable?)`;
    default:
      return `exec: ${file}: ${messageOf(error)}`;
  }
}

function endedWith(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
}

/** Without descriptors left, Node gives a child whose pipes are not there, against its own types. */
function hasPipes(child: Partial<Child>): boolean {
  return child.stdout instanceof Readable && child.stderr instanceof Readable;
}
