import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { PROGRAM, joined, lineOf } from './cli.ts';
import { goBuild } from './go-build.ts';

const SOURCE = join(import.meta.dirname, '../interop');

/** The last line of test/interop/cmd/host. */
export interface HostReport {
  /** The factory request in hex. */
  readonly request: string;
  readonly factoryID: number;
  readonly ready: boolean;
  readonly healthReport: Readonly<Record<string, string>> | null;
  readonly readyAfterClose: boolean;
  /** Of the factory made after the first was closed. */
  readonly secondFactoryID: number;
  readonly error?: string;
  readonly ending: {
    /** "exit status N" or "signal: NAME". */
    readonly exit: string;
    /** What is still in the folder of the launch. */
    readonly left: readonly string[];
  } | null;
}

export interface HostRun {
  readonly exitCode: number | null;
  /** What the plugin answered, by round id. */
  readonly answers: ReadonlyMap<string, Outcome>;
  readonly report: HostReport;
  readonly stderr: string;
}

/** The Go host and the Go plugin of test/interop, built into a folder of their own. */
export class GoInterop {
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<GoInterop> {
    const folder = await mkdtemp(join(tmpdir(), 'securemint-interop-'));
    await goBuild(SOURCE, `${folder}/`, './cmd/...');
    return new GoInterop(folder);
  }

  /** The path of the Go plugin. */
  get plugin(): string {
    return join(this.folder, 'plugin');
  }

  /** Lets the Go host of upstream's service launch the product's own plugin; answers the object that it prints. */
  async upstream(): Promise<unknown> {
    const host = spawn(join(this.folder, 'upstream'), ['--', ...PROGRAM, 'plugin'], {
      env: { TMPDIR: this.folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(await text(host.stdout)) as unknown;
  }

  /** Lets the Go host launch the product's own plugin, or `command`, and ask it about the rounds. */
  async host(
    flags: readonly string[],
    rounds: readonly Round[] = [],
    command: readonly string[] = [...PROGRAM, 'plugin'],
  ): Promise<HostRun> {
    const file = join(this.folder, 'rounds.jsonl');
    writeFileSync(file, joined(rounds.map(lineOf)));
    // Nothing is inherited by the plugin; the host needs a place for its temporary folders.
    const host = spawn(join(this.folder, 'host'), ['-rounds', file, ...flags, '--', ...command], {
      env: { TMPDIR: this.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([text(host.stdout), text(host.stderr), once(host, 'close')]);
    const lines = stdout.split('\n').filter(Boolean);
    const { report } = JSON.parse(lines.pop() ?? '{}') as { report: HostReport };
    return { exitCode: host.exitCode, answers: new Map(lines.map(answerLine)), report, stderr };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

function answerLine(line: string): readonly [string, Outcome] {
  const { id, outcome, error } = JSON.parse(line) as { id: string; outcome?: string; error?: string };
  if (outcome !== undefined) return [id, { kind: 'outcome', outcome: Buffer.from(outcome, 'base64') }];
  return [id, { kind: 'error', error: error ?? 'the host printed no answer' }];
}
