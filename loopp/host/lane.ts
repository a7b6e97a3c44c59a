import { LaneError } from '../../src/contract/lane.ts';
import type { Lane, LaneHealth, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import type { Execution, Result } from '../wire/messages.ts';
import { packValues } from '../wire/observations.ts';
import { toLaneError } from './lane-errors.ts';
import type { HostOptions, PluginCommand } from './options.ts';
import { Supervisor, inWords } from './supervisor.ts';
import type { PluginState } from './supervisor.ts';

/** The candidate: rounds go to a supervised plugin process, several in one call when several wait. */
export class LooppLane implements Lane {
  readonly name = 'loopp';
  private readonly supervisor: Supervisor;
  private readonly options: HostOptions;
  private readonly waiting: WaitingRound[] = [];
  private calls = 0;
  private sending = false;

  /** `onState` hears of every change of the plugin process. */
  constructor(command: PluginCommand, options: HostOptions, onState: (state: PluginState) => void) {
    this.options = options;
    this.supervisor = new Supervisor(command, options, onState);
  }

  /** Launches the plugin. Rejects with `AppError` PLUGIN_START. */
  start(): Promise<void> {
    return this.supervisor.start();
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
      const release = (): void => signal?.removeEventListener('abort', end);
      const entry: WaitingRound = {
        execution,
        bytes: sizeOf(execution),
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
    const at = this.waiting.indexOf(entry);
    if (at >= 0) this.waiting.splice(at, 1);
    entry.reject(givenUp(entry.signal));
  }

  private sendMore(): void {
    while (this.calls < this.options.callsInFlight && this.waiting.length > 0) {
      this.calls++;
      void this.settle(this.takeBatch()).finally(() => {
        this.calls--;
        this.sendSoon();
      });
    }
  }

  private takeBatch(): readonly WaitingRound[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.waiting) {
      bytes += entry.bytes;
      if (count > 0 && (bytes > this.options.batchBytes || count >= this.options.batchRounds)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  /**
   * A call of several rounds that fails is made again for each of them that is still wanted, so that a failure is the
   * round's own. Not when the plugin is gone: every round that was with it is unavailable.
   */
  private async settle(batch: readonly WaitingRound[]): Promise<void> {
    try {
      const outcomes = await this.ask(batch);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome instanceof LaneError || outcome === undefined)
          reject(outcome ?? new LaneError('protocol', MISSING));
        else resolve(outcome);
      }
    } catch (error) {
      const laneError = toLaneError(error);
      if (batch.length > 1 && laneError.kind !== 'unavailable') {
        const wanted = batch.filter(({ signal }) => signal?.aborted !== true);
        await Promise.all(wanted.map((entry) => this.settle([entry])));
      } else {
        for (const { reject } of batch) reject(laneError);
      }
    }
  }

  private async ask(batch: readonly WaitingRound[]): Promise<readonly (Outcome | LaneError)[]> {
    const plugin = await this.supervisor.ready(this.options.laneTimeoutMs);
    const executions = batch.map(({ execution }) => execution);
    const deadline = new Date(Date.now() + this.options.laneTimeoutMs);
    try {
      return outcomesOf(executions, await plugin.factory.aggregate(executions, deadline));
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
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: LaneError) => void;
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
