import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Round } from '../../src/contract/round.ts';
import { VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { formatRound } from '../../src/rounds/format.ts';

/** The built program: what users run. `npm test` builds it first. */
export const PROGRAM = [process.execPath, resolve('dist/src/cli/main.js')] as const;

export type Json = Readonly<Record<string, unknown>>;

/** How a command ended and what it said. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Without progress, which a slow machine shows and a fast one does not. */
  readonly stderr: string;
}

const PROGRESS = /^([0-9]+ % {2})?[0-9,]+ rounds? {2}[0-9,]+\/s {2}[0-9,]+ findings?\n/gm;

export interface RunningOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another program in place of `node main.js`, e.g. a shell. */
  readonly program?: readonly [file: string, ...args: readonly string[]];
}

/** A started command. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // A command may end before it has read everything.
    child.stdin.on('error', () => undefined);
    this.ended = once(child, 'close').then(() => ({
      exitCode: child.exitCode,
      stdout: this.stdout,
      stderr: this.stderr.replaceAll(PROGRESS, ''),
    }));
  }

  /** The process that this one launched. */
  async pluginPid(): Promise<number> {
    return until('a plugin process', () => childrenOf(this.child.pid ?? 0)[0]);
  }

  /** Samples of /metrics by series, once the server says where it listens. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const url = await until('the metrics address', () => /metrics on (\S+)/.exec(this.stderr)?.[1]);
    const text = await (await fetch(url)).text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** Waits until at least `count` rounds have a verdict. */
  async judged(count: number): Promise<void> {
    await until(`${String(count)} verdicts`, async () => {
      const samples = await this.metrics();
      return sumOfRounds(samples) >= count ? true : undefined;
    });
  }
}

/** The sum over all verdicts. */
export function sumOfRounds(samples: ReadonlyMap<string, number>): number {
  return [...samples]
    .filter(([series]) => series.startsWith('securemint_shadow_rounds_total{'))
    .reduce((sum, [, value]) => sum + value, 0);
}

/** Commands in a temporary folder of their own, which is their working directory. */
export class CommandLine {
  readonly folder: string;
  private readonly running: Running[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<CommandLine> {
    const folder = await mkdtemp(join(tmpdir(), 'cli-'));
    await mkdir(join(folder, 'tmp'));
    return new CommandLine(folder);
  }

  /** Writes a file into the folder; answers its name. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(this.folder, name), content);
    return name;
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  /** The lines of a JSON lines file. */
  async lines(path: string): Promise<readonly Json[]> {
    return linesOf(await this.read(path)).map(parseJson);
  }

  start(args: readonly string[], { env = {}, program = PROGRAM }: RunningOptions = {}): Running {
    const [file, ...before] = program;
    const child = spawn(file, [...before, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], TMPDIR: join(this.folder, 'tmp'), ...env },
    });
    const running = new Running(child);
    this.running.push(running);
    return running;
  }

  /** Runs a command to its end, with nothing or `stdin` on its standard input. */
  async run(
    args: readonly string[],
    options: RunningOptions & { readonly stdin?: string } = {},
  ): Promise<Ended> {
    const running = this.start(args, options);
    running.child.stdin.end(options.stdin ?? '');
    return running.ended;
  }

  /** Processes and sockets that outlived their command; waits a moment for what is being killed. */
  async leftovers(): Promise<readonly string[]> {
    const temporary = join(this.folder, 'tmp');
    const find = (): readonly string[] => [...readdirSync(temporary), ...processesWith(temporary)];
    for (let attempt = 0; attempt < 50 && find().length > 0; attempt++) await delay(20);
    return find();
  }

  async close(): Promise<void> {
    for (const { child } of this.running) child.kill('SIGKILL');
    await Promise.all(this.running.map(({ ended }) => ended));
    await rm(this.folder, { recursive: true });
  }
}

/** Every round of a report has exactly one verdict. */
export function expectSum(report: Json): void {
  const verdicts = Object.values(memberOf(report, 'verdicts')).map(Number);
  expect(verdicts).toHaveLength(VERDICT_KEYS.length);
  expect(verdicts.reduce((sum, count) => sum + count, 0)).toBe(report['rounds']);
}

/** The first rounds of the bundled capture, one JSON text each. */
export function bundledLines(count: number): readonly string[] {
  return linesOf(gunzipSync(readFileSync('examples/don-2025-09.jsonl.gz')).toString('utf8')).slice(0, count);
}

export const lineOf = (round: Round): string => JSON.stringify(formatRound(round));
export const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The line with some members replaced; undefined removes one. */
export function changed(line: string | undefined, members: Json): string {
  return JSON.stringify({ ...parseJson(line ?? ''), ...members });
}

export function parseJson(text: string): Json {
  return asObject(JSON.parse(text));
}

/** An object inside an object. */
export function memberOf(json: Json | undefined, name: string): Json {
  return asObject(json?.[name]);
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null)
    throw new Error(`expected a JSON object, got ${JSON.stringify(value)}`);
  return { ...value };
}

/** Output without what differs from run to run: durations, the output folder and a random seed. */
export function steady(text: string): string {
  return text
    .replaceAll(/[-+]?[0-9.]+ ms/g, '_ ms')
    .replaceAll(/ +_ ms/g, ' _ ms')
    .replaceAll(/securemint-shadow-out\/[0-9TZ-]+/g, 'securemint-shadow-out/TIME')
    .replaceAll(/seed [0-9]+$/gm, 'seed N');
}

/** Asks until there is an answer. */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(10);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Processes are watched through /proc. */
export const HAS_PROC = existsSync('/proc/self/stat');

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function processIds(): readonly number[] {
  return HAS_PROC
    ? readdirSync('/proc')
        .filter((name) => /^[0-9]+$/.test(name))
        .map(Number)
    : [];
}

function childrenOf(parent: number): readonly number[] {
  return processIds().filter((pid) => {
    // pid (name) state ppid; the name may hold anything.
    const [, ppid] = procFile(pid, 'stat').split(')').at(-1)?.trim().split(' ') ?? [];
    return Number(ppid) === parent;
  });
}

function processesWith(text: string): readonly string[] {
  return processIds()
    .filter((pid) => procFile(pid, 'environ').includes(text))
    .map((pid) => `process ${String(pid)}: ${procFile(pid, 'cmdline').replaceAll('\0', ' ')}`);
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
