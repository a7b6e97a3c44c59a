import type { DecisionReason, PollingState } from '../contract/decision.ts';
import type { PollOutcome } from './poll.ts';
import type { FlagReading } from './reading.ts';

/** A poll that gave no flags. */
export type Trouble = Extract<PollOutcome, { readonly problem: string }>;

/**
 * What is known of the flag and how good that is. Times are on the monotonic clock, in milliseconds: setting the machine's
 * clock makes nothing older or younger.
 */
export class Knowledge {
  private readonly ageLimitMs: number;
  private last: FlagReading | undefined;
  /** When the server was asked for `last`, or a file was read. */
  private atMs = 0;
  /** By the server, else by a file at the start. */
  private confirmed = false;
  private lastTrouble: Trouble | undefined;

  constructor(ageLimitMs: number) {
    this.ageLimitMs = ageLimitMs;
  }

  get flag(): FlagReading | undefined {
    return this.last;
  }

  /** Of the last poll; undefined: it went well, or there was none. */
  get trouble(): Trouble | undefined {
    return this.lastTrouble;
  }

  fromFile(flag: FlagReading): void {
    this.last = flag;
    this.atMs = performance.now();
  }

  fromServer(flag: FlagReading, askedMs: number): void {
    this.last = flag;
    this.atMs = askedMs;
    this.confirmed = true;
    this.lastTrouble = undefined;
  }

  failed(trouble: Trouble): void {
    this.lastTrouble = trouble;
  }

  /** Since the server confirmed the flag; undefined: it never did. */
  ageMs(): number | undefined {
    return this.confirmed ? Math.round(performance.now() - this.atMs) : undefined;
  }

  /** The flag, or why it says nothing; in the order in which the reasons count. */
  valid(): FlagReading | Extract<DecisionReason, 'refused' | 'never read' | 'stale'> {
    if (this.lastTrouble?.kind === 'refused') return 'refused';
    if (this.last === undefined) return 'never read';
    return performance.now() - this.atMs > this.ageLimitMs ? 'stale' : this.last;
  }

  polling(): PollingState {
    const valid = this.valid();
    if (valid === 'refused' || valid === 'stale') return valid;
    if (!this.confirmed) return 'waiting';
    return this.lastTrouble === undefined ? 'ready' : 'failing';
  }
}
