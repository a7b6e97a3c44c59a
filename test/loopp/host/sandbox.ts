import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { LooppLane } from '../../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import type { HostOptions, PluginCommand } from '../../../loopp/host/options.ts';
import type { PluginState } from '../../../loopp/host/supervisor.ts';
import { AppError } from '../../../src/errors.ts';
import { LaneError } from '../../../src/contract/lane.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import type { Round } from '../../../src/contract/round.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/plugins');
export const MAIN_FILE = join(import.meta.dirname, '../../../dist/src/cli/main.js');

/** The product's own plugin, compiled. */
export const OWN_PLUGIN = [MAIN_FILE, 'plugin'] as const;

/** A misbehaving program of test/fixtures/plugins, by its name. */
export const fixture = (name: string): readonly string[] => [join(FIXTURES, `${name}.mjs`)];

/**
 * Where one test launches plugins: temporary files go to a folder of the test, and every process that descends from a
 * launch carries a mark in its PATH, so that the test can tell what is left.
 */
export class Sandbox {
  readonly folder: string;
  private readonly mark = `/nonexistent-${randomUUID()}`;
  private readonly lanes: LooppLane[] = [];

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'smt-'));
    vi.stubEnv('TMPDIR', this.folder);
  }

  /** The command that runs a script with this test's Node. */
  node(args: readonly string[]): PluginCommand {
    return this.program(process.execPath, args);
  }

  program(file: string, args: readonly string[] = []): PluginCommand {
    return { file, args, path: `/usr/bin:/bin:${this.mark}` };
  }

  /** A lane that has not started, and what it tells of its process. */
  lane(command: PluginCommand, options: Partial<HostOptions> = {}): LaneUnderTest {
    const states: PluginState[] = [];
    const lane = new LooppLane(command, { ...HOST_DEFAULTS, ...options }, (state) => states.push(state));
    this.lanes.push(lane);
    return { lane, states };
  }

  async started(args: readonly string[], options: Partial<HostOptions> = {}): Promise<LaneUnderTest> {
    const made = this.lane(this.node(args), options);
    await made.lane.start();
    return made;
  }

  /** Processes that descend from a launch of this test. */
  processes(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name) && environmentOf(name).includes(this.mark))
      .map(Number);
  }

  /** Whatever is in the temporary folder. */
  files(): readonly string[] {
    return readdirSync(this.folder);
  }

  /** Sockets of all launches. */
  sockets(): readonly string[] {
    return this.files().flatMap((name) => readdirSync(join(this.folder, name)));
  }

  /** Removes a file that a plugin left by design. */
  remove(name: string): void {
    rmSync(join(this.folder, name));
  }

  /** Waits until the killed processes are gone, and expects that no file is left. */
  async expectNothingLeft(): Promise<void> {
    await vi.waitFor(() => expect(this.processes()).toEqual([]), { timeout: 10_000 });
    expect(this.files()).toEqual([]);
  }

  /** Closes the lanes; then nothing may be left. */
  async end(): Promise<void> {
    try {
      await Promise.all(this.lanes.map((lane) => lane.close()));
      await this.expectNothingLeft();
    } finally {
      vi.unstubAllEnvs();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

export interface LaneUnderTest {
  readonly lane: LooppLane;
  /** In order, from `launching` on. */
  readonly states: readonly PluginState[];
}

/** Empty for a process that is gone or a zombie. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

/** A round of which only the id matters. */
export const roundOf = (id: string): Round => ({
  id,
  revision: '2025-09',
  f: 1,
  config: new Uint8Array(),
  previousOutcome: null,
  observations: [],
});

/** How a lane ended a round, for comparing: the outcome as text, the error, or the lane error. */
export async function ending(outcome: Promise<Outcome>): Promise<string> {
  try {
    const answer = await outcome;
    return answer.kind === 'outcome' ? Buffer.from(answer.outcome).toString() : `error ${answer.error}`;
  } catch (error) {
    if (error instanceof LaneError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}

/** The error with which a start failed. */
export async function refusal(start: Promise<void>): Promise<AppError> {
  try {
    await start;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('expected the plugin to be refused, but it started');
}

/** Waits for a state of the plugin process that came after the first `skip` ones. */
export async function untilState(
  { states }: LaneUnderTest,
  name: PluginState['name'],
  skip = 0,
): Promise<PluginState> {
  return vi.waitFor(
    () => {
      const state = states.slice(skip).find((candidate) => candidate.name === name);
      if (state === undefined) throw new Error(`not ${name} after ${states.map((s) => s.name).join(', ')}`);
      return state;
    },
    { timeout: 20_000, interval: 5 },
  );
}
