import { LaneError } from '../../src/contract/lane.ts';
import type { Lane, LaneHealth, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import type { Execution, Result } from '../wire/messages.ts';
import { packValues } from '../wire/observations.ts';
import { toLaneError } from './lane-errors.ts';
import type { LaunchedPlugin } from './launch.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import { Supervisor, inWords } from './supervisor.ts';
import type { PluginState } from './supervisor.ts';

/**
 * The candidate: rounds go to a supervised plugin process, several in one call when several wait. A round has one
 * deadline, `laneTimeoutMs` after `aggregate`, for everything: waiting for a call, waiting for a process, the call, and
 * a second one alone. So what the round is given does not depend on the rounds that it happened to share a call with.
 */
export class LooppLane implements Lane {
  readonly name = 'loopp';
  private readonly supervisor: Supervisor;
  private readonly options: HostOptions;
  private readonly waiting: WaitingRound[] = [];
  private calls = 0;
  /** Rounds whose shared call failed and that are asked alone now. */
  private retries = 0;
  private sending = false;

  /** `onState` hears of every change of the plugin process. */
  constructor(command: PluginCommand, options: HostOptions, onState: (state: PluginState) => void) {
    this.options = options;
    this.supervisor = new Supervisor(command, options, onState);
  }

  /** Launches the plugin. Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile; nothing is left then. */
  start(signal?: AbortSignal): Promise<void> {
    return this.supervisor.start(signal);
  }

  aggregate(round: Round, signal?: AbortSignal): Promise<Outcome> {
    if (this.waiting.length >= this.options.waitingRounds) {
      return Promise.reject(
        new LaneError('unavailable', `${String(this.waiting.length)} rounds wait already`),
      );
    }
    if (signal?.aborted === true) return Promise.reject(givenUp(signal));
    return this.enqueue(toExecution(round), signal);
  }

  health(): LaneHealth {
    const { state } = this.supervisor;
    return state.name === 'ready' ? { ok: true } : { ok: false, reason: inWords(state) };
  }

  async close(): Promise<void> {
    for (const { reject } of this.waiting.splice(0))
      reject(new LaneError('unavailable', 'the lane is closed'));
    await this.supervisor.close();
  }

  private enqueue(execution: Execution, signal: AbortSignal | undefined): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const end = (): void => this.giveUp(entry);
      const timer = setTimeout(() => this.expire(entry), this.options.laneTimeoutMs);
      const release = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
      };
      const entry: WaitingRound = {
        execution,
        bytes: sizeOf(execution),
        deadline: Date.now() + this.options.laneTimeoutMs,
        timer,
        signal,
        resolve: (outcome) => {
          release();
          resolve(outcome);
        },
        reject: (error) => {
          release();
          reject(error);
        },
      };
      signal?.addEventListener('abort', end, { once: true });
      this.waiting.push(entry);
      if (this.calls === 0) this.sendMore();
      else this.sendSoon();
    });
  }

  /** Once everything that is ready now has been queued: rounds that come together go together. */
  private sendSoon(): void {
    if (this.sending) return;
    this.sending = true;
    setImmediate(() => {
      this.sending = false;
      this.sendMore();
    });
  }

  private giveUp(entry: WaitingRound): void {
    this.leaveQueue(entry);
    entry.reject(givenUp(entry.signal));
  }

  /** The deadline passed in the queue; `takeBatch` stops the timer, then the call has the deadline. */
  private expire(entry: WaitingRound): void {
    this.leaveQueue(entry);
    const { state } = this.supervisor;
    entry.reject(
      state.name === 'ready'
        ? new LaneError('timeout', 'the round waited for a call until its deadline')
        : new LaneError('unavailable', `plugin unavailable: ${inWords(state)}`),
    );
  }

  private leaveQueue(entry: WaitingRound): void {
    const at = this.waiting.indexOf(entry);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private sendMore(): void {
    const { callsInFlight, batchRounds } = this.options;
    while (this.calls < callsInFlight && this.retries < batchRounds && this.waiting.length > 0) {
      void this.send(this.takeBatch());
    }
  }

  /**
   * Rounds that are asked alone run beside each other and beside other calls: one that hangs holds up no other. The call
   * is over before its rounds are settled, so that whoever asks the next round on an answer need not wait for a turn.
   */
  private async send(batch: readonly WaitingRound[]): Promise<void> {
    this.calls++;
    const answered = await this.answered(batch);
    this.calls--;
    const again = settle(answered);
    this.retries += again.length;
    if (this.waiting.length > 0) this.sendSoon();
    await Promise.all(again.map((entry) => this.sendAlone(entry)));
  }

  private async sendAlone(entry: WaitingRound): Promise<void> {
    settle(await this.answered([entry]));
    this.retries--;
    if (this.waiting.length > 0) this.sendSoon();
  }

  private takeBatch(): readonly WaitingRound[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.waiting) {
      bytes += entry.bytes;
      if (count > 0 && (bytes > this.options.batchBytes || count >= this.options.batchRounds)) break;
      count++;
    }
    const batch = this.waiting.splice(0, count);
    for (const { timer } of batch) clearTimeout(timer);
    return batch;
  }

  /** What the plugin says to the rounds that it can still be asked; the others are rejected. Never rejects. */
  private async answered(batch: readonly WaitingRound[]): Promise<Answered> {
    const { plugin, rounds } = await this.reach(batch);
    if (plugin === undefined) return { rounds: [], outcomes: [] };
    try {
      return { rounds, outcomes: await this.ask(plugin, rounds) };
    } catch (error) {
      return { rounds, failure: toLaneError(error) };
    }
  }

  /** The running plugin, and the rounds whose deadlines let them wait for it; the others are rejected as unavailable. */
  private async reach(batch: readonly WaitingRound[]): Promise<Reached> {
    const { state } = this.supervisor;
    // One that a call could not reach answers nobody: rounds wait for the next.
    if (state.name === 'ready' && !this.supervisor.isSuspected(state.plugin))
      return { plugin: state.plugin, rounds: batch };
    const plugins = await Promise.all(
      batch.map(async ({ deadline, reject }) => {
        try {
          return await this.supervisor.ready(deadline - Date.now());
        } catch (error) {
          reject(toLaneError(error));
          return undefined;
        }
      }),
    );
    return {
      plugin: plugins.find((plugin) => plugin !== undefined),
      rounds: batch.filter((_, index) => plugins[index] !== undefined),
    };
  }

  private async ask(
    plugin: LaunchedPlugin,
    rounds: readonly WaitingRound[],
  ): Promise<readonly (Outcome | LaneError)[]> {
    const executions = rounds.map(({ execution }) => execution);
    try {
      return outcomesOf(executions, await plugin.factory.aggregate(executions, callDeadline(rounds)));
    } catch (error) {
      const { kind, message } = toLaneError(error);
      if (kind === 'unavailable') this.supervisor.suspect(plugin, message);
      throw error;
    }
  }
}

interface WaitingRound {
  readonly execution: Execution;
  readonly bytes: number;
  /** When the round must be settled, in milliseconds as `Date.now()`. */
  readonly deadline: number;
  /** Runs while the round is in the queue. */
  readonly timer: NodeJS.Timeout;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: LaneError) => void;
}

interface Reached {
  readonly plugin: LaunchedPlugin | undefined;
  readonly rounds: readonly WaitingRound[];
}

/** One outcome for each round, or why the call failed. */
type Answered = { readonly rounds: readonly WaitingRound[] } & (
  { readonly outcomes: readonly (Outcome | LaneError)[] } | { readonly failure: LaneError }
);

/**
 * Returns the rounds to be asked again: those of a call of several that failed, if they are still wanted, so that a
 * failure is the round's own. None when the plugin is gone: every round that was with it is unavailable.
 */
function settle(answered: Answered): readonly WaitingRound[] {
  const { rounds } = answered;
  if ('failure' in answered) {
    const { failure } = answered;
    if (rounds.length > 1 && failure.kind !== 'unavailable')
      return rounds.filter(({ signal }) => signal?.aborted !== true);
    for (const { reject } of rounds) reject(failure);
    return [];
  }
  for (const [index, { resolve, reject }] of rounds.entries()) {
    const outcome = answered.outcomes[index] ?? new LaneError('protocol', MISSING);
    if (outcome instanceof LaneError) reject(outcome);
    else resolve(outcome);
  }
  return [];
}

/** A call of several rounds leaves each at least half of its time, for a call alone should one of them hang. */
function callDeadline(rounds: readonly WaitingRound[]): Date {
  const first = Math.min(...rounds.map(({ deadline }) => deadline));
  return new Date(rounds.length === 1 ? first : (Date.now() + first) / 2);
}

function givenUp(signal: AbortSignal | undefined): LaneError {
  const reason: unknown = signal?.reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return new LaneError(timedOut ? 'timeout' : 'unavailable', 'the round was given up');
}

const MISSING = 'the plugin answered without a result';

function toExecution(round: Round): Execution {
  return {
    id: round.id,
    f: round.f,
    previousOutcome: round.previousOutcome ?? undefined,
    observations: new Map(round.observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config: round.config,
    revision: round.revision,
  };
}

function sizeOf({ observations, previousOutcome, config }: Execution): number {
  let bytes = (previousOutcome?.length ?? 0) + (config?.length ?? 0);
  for (const list of observations.values()) bytes += list.length;
  return bytes;
}

/** Results come in the order of the executions, each with its id (loopp/wire/proto/securemint.proto). */
function outcomesOf(
  executions: readonly Execution[],
  results: readonly Result[],
): readonly (Outcome | LaneError)[] {
  if (results.length !== executions.length) {
    throw new LaneError(
      'protocol',
      `expected ${String(executions.length)} results from the plugin, got ${String(results.length)}`,
    );
  }
  return results.map((result, index) => outcomeOf(result, executions[index]?.id ?? ''));
}

function outcomeOf({ id, outcome, error }: Result, expectedId: string): Outcome | LaneError {
  if (id !== expectedId) {
    return new LaneError('protocol', `expected the result of round "${expectedId}", got that of "${id}"`);
  }
  // The last member of a oneof that came is the one that counts; both together are no answer.
  if ((outcome === undefined) === (error === undefined)) {
    return new LaneError('protocol', 'expected an outcome or an error in the result, got neither or both');
  }
  return error === undefined
    ? { kind: 'outcome', outcome: outcome ?? new Uint8Array() }
    : { kind: 'error', error };
}
