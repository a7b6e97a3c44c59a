import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeliveryError } from '../../../loopp/provider/evm/delivery/errors.ts';
import { EvmContractError } from '../../../loopp/provider/evm/contract.ts';
import { untilAborted } from '../../../loopp/provider/patience.ts';
import { messageOf } from '../../errors.ts';

/** How patient a run is with its chain. */
export interface ReachabilityOptions {
  /** How long one step is tried again while the chain fails; then the chain counts as down. 0: once. */
  readonly patienceMs: number;
  /** Between the first two tries; doubles. */
  readonly retryPauseMs: number;
}

/** A step on the chain came to nothing; the message is one sentence for people. */
export class ChainTrouble extends Error {
  override readonly name = 'ChainTrouble';
}

type State =
  | { readonly name: 'up' }
  /** Nothing is asked of it before `askAgainAt`, and then by one step. */
  | { readonly name: 'down'; readonly reason: string; readonly pauseMs: number; readonly askAgainAt: number };

/** Between two looks at a chain that is down. */
const LONGEST_PAUSE_MS = 10_000;
/** Kinds of refusal that another try meets again. */
const FINAL: ReadonlySet<DeliveryError['kind']> = new Set(['report', 'signatures', 'refused']);
const SHOWN_CHARACTERS = 300;

/**
 * Whether the chain answers. Steps are tried again while it fails. Once one has run out of patience the others wait no
 * longer: what is asked of a chain that is down fails at once, and now and then one step finds out whether it is back.
 */
export class Reachability {
  private readonly options: ReachabilityOptions;
  /** Each step listens to it. */
  private readonly signal: AbortSignal;
  private readonly closing = new AbortController();
  private state: State = { name: 'up' };

  /** Once `signal` aborts, every step fails. */
  constructor(options: ReachabilityOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = AbortSignal.any([signal, this.closing.signal]);
    setMaxListeners(0, this.signal);
  }

  /**
   * The step is told which try it is, from 1. Rejects with `ChainTrouble`. A step that is not waited for any more goes
   * on, and nobody hears of it.
   */
  async step<T>(task: (attempt: number) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.options.patienceMs;
    for (let attempt = 1, pauseMs = this.options.retryPauseMs; ; attempt++, pauseMs *= 2) {
      const isProbe = this.enter();
      const outcome = await this.tried(() => task(attempt));
      if (outcome.kind !== 'failed') this.state = { name: 'up' };
      if (outcome.kind === 'answered') return outcome.value;
      const { reason } = outcome;
      if (outcome.kind === 'refused') throw new ChainTrouble(reason);
      const wait = Math.min(pauseMs, LONGEST_PAUSE_MS);
      if (isProbe || performance.now() + wait > deadline) {
        this.fail(reason);
        throw new ChainTrouble(reason);
      }
      await this.pause(wait);
    }
  }

  /** Every step fails from now on, also those on their way. */
  close(): void {
    this.closing.abort();
  }

  /** Ends early when the run is interrupted. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => undefined);
  }

  /** Whether this step is the one that looks whether the chain is back. Throws `ChainTrouble` when it is to wait. */
  private enter(): boolean {
    if (this.signal.aborted) throw new ChainTrouble(INTERRUPTED);
    if (this.state.name === 'up') return false;
    const { reason, askAgainAt } = this.state;
    if (performance.now() < askAgainAt) throw new ChainTrouble(`the chain is down: ${reason}`);
    this.fail(reason);
    return true;
  }

  private fail(reason: string): void {
    const before = this.state.name === 'down' ? this.state.pauseMs * 2 : this.options.retryPauseMs;
    const pauseMs = Math.min(before, LONGEST_PAUSE_MS);
    this.state = { name: 'down', reason, pauseMs, askAgainAt: performance.now() + pauseMs };
  }

  private async tried<T>(task: () => Promise<T>): Promise<Tried<T>> {
    try {
      return { kind: 'answered', value: await untilAborted([this.signal], task()) };
    } catch (error) {
      if (this.signal.aborted) return { kind: 'refused', reason: INTERRUPTED };
      return { kind: isFinal(error) ? 'refused' : 'failed', reason: shortened(messageOf(error)) };
    }
  }
}

type Tried<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** The chain answered, and says no. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const INTERRUPTED = 'interrupted';

const isFinal = (error: unknown): boolean =>
  error instanceof EvmContractError || (error instanceof DeliveryError && FINAL.has(error.kind));

/** What ethers says may hold whole transactions. */
const shortened = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
