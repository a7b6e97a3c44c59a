import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Harness } from '../../harness/harness.ts';
import { Tally } from '../../harness/tally.ts';
import { legacyLane } from '../../legacy/lane.ts';
import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { PluginCommand } from '../../loopp/host/options.ts';
import type { PluginState } from '../../loopp/host/supervisor.ts';
import type { Round } from '../../src/contract/round.ts';

/** What a run with kills came to. */
export interface KillFigures {
  readonly kills: number;
  readonly rounds: number;
  /** Served answers that failed; legacy serves, so none may. */
  readonly failedServed: number;
  readonly verdicts: Readonly<Record<string, number>>;
  /** From a kill to the next answer of the loopp lane, milliseconds, one for each kill. */
  readonly recoveryMs: readonly number[];
  /** Open file descriptors of this process before and after. */
  readonly descriptors: { readonly before: number; readonly after: number };
}

/** Rounds in progress at most. */
const LOAD = 16;
/**
 * Kills the plugin `kills` times under load, legacy serving, each time `restMs` after it answered again: more than the 10 s
 * of a crash loop, or relaunches are put off. Rounds are taken from `rounds` over and over, under new ids.
 */
export async function killUnderLoad(
  command: PluginCommand,
  rounds: readonly Round[],
  kills: number,
  restMs: number,
  onKill: (done: number) => void = () => undefined,
): Promise<KillFigures> {
  const before = descriptors();
  const run = new KillRun(command, rounds);
  await run.start();
  const load = run.load();
  for (let done = 0; done < kills; done++) {
    await delay(restMs);
    await run.killOnce();
    onKill(done + 1);
  }
  run.stop();
  await load;
  await run.close();
  return { kills, ...run.figures(), descriptors: { before, after: descriptors() } };
}

class KillRun {
  private readonly rounds: readonly Round[];
  private readonly lane: LooppLane;
  private readonly harness: Harness;
  private readonly tally = new Tally();
  private readonly recoveryMs: number[] = [];
  private failedServed = 0;
  private answered = 0;
  private pid = 0;
  private stopped = false;

  constructor(command: PluginCommand, rounds: readonly Round[]) {
    this.rounds = rounds;
    this.lane = new LooppLane(command, HOST_DEFAULTS, (state: PluginState) => {
      if (state.name === 'ready') this.pid = state.plugin.pid;
    });
    this.harness = new Harness({ legacy: legacyLane(), loopp: this.lane, seed: 1 });
  }

  start(): Promise<void> {
    return this.lane.start();
  }

  /** Keeps rounds in progress until stopped. */
  async load(): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (!this.stopped) await this.one(next++);
    };
    await Promise.all(Array.from({ length: LOAD }, worker));
  }

  async killOnce(): Promise<void> {
    const { answered, pid } = this;
    const killedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    // An answer that was on its way when the process died does not count: the next process has to give one.
    while (this.pid === pid || this.answered === answered) {
      await delay(1);
    }
    this.recoveryMs.push(performance.now() - killedAt);
  }

  stop(): void {
    this.stopped = true;
  }

  close(): Promise<void> {
    return this.lane.close();
  }

  figures(): Omit<KillFigures, 'kills' | 'descriptors'> {
    this.tally.assertSum();
    const { failedServed, recoveryMs } = this;
    return { rounds: this.tally.rounds, failedServed, verdicts: this.tally.verdicts, recoveryMs };
  }

  private async one(index: number): Promise<void> {
    const round = this.rounds[index % this.rounds.length];
    if (round === undefined) throw new Error('expected at least one round');
    const taken = this.harness.take({ ...round, id: `${round.id}/${String(index)}` });
    if (taken.kind === 'conflict') throw new Error(`round ${String(index)} came before`);
    this.tally.expect();
    const judgement = await taken.judged;
    this.tally.add(judgement);
    if (judgement.observations?.loopp?.kind === 'answer') this.answered++;
    if (judgement.observations?.legacy?.kind !== 'answer') this.failedServed++;
  }
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
