import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real server to run for a test. */
export interface ServiceCommand {
  /** For messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Beside PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another user, for servers that refuse root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Asked until it says yes; `output` is the end of what the program has printed so far. */
  readonly isReady: (output: string) => boolean | Promise<boolean>;
  /** How long a start may take. */
  readonly startTimeoutMs: number;
  /** What makes it end soon and in order; SIGTERM unless said otherwise. */
  readonly stopSignal?: NodeJS.Signals;
}

const POLL_MS = 20;
const STOP_TIMEOUT_MS = 10_000;
/** Characters of a program's output that are kept for messages. */
const KEPT = 16_384;

/** A server process on its own: its home is a temporary folder that goes with it. */
export class Service {
  /** The end of what the program has printed. */
  output = '';
  private readonly child: ChildProcess;
  private readonly stopSignal: NodeJS.Signals;
  private readonly folder: string;
  private readonly ended: Promise<void>;
  private ending: string | undefined;

  private constructor(command: ServiceCommand, folder: string) {
    const { file, args, env, user, stopSignal = 'SIGTERM' } = command;
    this.folder = folder;
    this.stopSignal = stopSignal;
    this.child = spawn(file, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-KEPT);
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.ending ??= how;
        resolve();
      };
      this.child.once('error', (error) => end(error.message));
      this.child.once('close', (code, signal) => end(`ended with ${signal ?? String(code)}`));
    });
  }

  /** Rejects, and leaves nothing behind, when the server is not ready in time or ends before. */
  static async start(command: ServiceCommand): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), 'securemint-service-'));
    if (command.user !== undefined) await chown(folder, command.user.uid, command.user.gid);
    const service = new Service(command, folder);
    try {
      await service.waitUntilReady(command);
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  /** Ends the process, by force when it does not end by itself, and removes its folder. Idempotent. */
  async stop(): Promise<void> {
    if (this.ending === undefined) {
      this.child.kill(this.stopSignal);
      const force = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await this.ended;
      clearTimeout(force);
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async waitUntilReady({ name, isReady, startTimeoutMs }: ServiceCommand): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while (!(await isReady(this.output))) {
      const failure =
        this.ending ?? (Date.now() > deadline ? `not in ${String(startTimeoutMs)} ms` : undefined);
      if (failure !== undefined) {
        throw new Error(`expected ${name} to be ready, got: ${failure}; it said: ${this.output.trim()}`);
      }
      await sleep(POLL_MS);
    }
  }
}
