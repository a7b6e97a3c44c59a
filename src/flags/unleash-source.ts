import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, FlagSource, FlagState } from '../contract/decision.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { decideByFlag } from './decide.ts';
import { parseDefinition } from './definition.ts';
import type { RawFlag } from './definition.ts';
import { FlagEvaluator } from './evaluator.ts';
import { readFlagFiles, writeStateFile } from './flag-files.ts';
import type { FlagFiles } from './flag-files.ts';
import { Knowledge } from './knowledge.ts';
import type { Trouble } from './knowledge.ts';
import { pollFeatures } from './poll.ts';
import type { PollOutcome } from './poll.ts';
import { effectiveShares, problemOf, readFlag } from './reading.ts';
import type { FlagReading } from './reading.ts';
import { sharesInWords } from './shares.ts';

export interface UnleashOptions extends FlagFiles {
  /** The server's address as `unleashAddress` answers it. */
  readonly address: string;
  /** A client token; it says which project and environment are read. */
  readonly token: string;
  /** Default: securemint.loopp. */
  readonly flagName: string;
  /** From one poll to the next. Default: 1,000. */
  readonly refreshMs: number;
  /** How long the flag holds when the server does not confirm it. Default: 30,000. */
  readonly ageLimitMs: number;
  /** For one poll. Default: 3,000. */
  readonly pollTimeoutMs: number;
  readonly log: Log;
}

/** Between polls that fail: the refresh interval doubles up to this, and is back after the first good one. */
const MAX_PAUSE_MS = 5000;

/**
 * Stages from a flag of an Unleash server. Polls the server itself and has Unleash's client evaluate what came: the client's
 * own polling ends for good when the server refuses its token, and slows down for minutes after failures. Whatever goes
 * wrong, rounds are off once the age limit is over, and at once when the token is refused; polling goes on for ever.
 */
export class UnleashSource implements FlagSource {
  private readonly options: UnleashOptions;
  private readonly evaluator = new FlagEvaluator();
  private readonly knowledge: Knowledge;
  private readonly closing = new AbortController();
  private polling: Promise<void> = Promise.resolve();
  private failures = 0;
  private etag: string | undefined;

  private constructor(options: UnleashOptions) {
    this.options = options;
    this.knowledge = new Knowledge(options.ageLimitMs);
  }

  /** Waits for the first poll, good or bad. Rejects with `AppError` INPUT when the bootstrap file cannot be read. */
  static async open(options: UnleashOptions): Promise<UnleashSource> {
    const source = new UnleashSource(options);
    const flag = await readFlagFiles(options, (features) => source.read(features), options.log);
    if (flag !== undefined) source.knowledge.fromFile(flag);
    await source.poll();
    source.polling = source.keepPolling();
    return source;
  }

  decide(key: string): Decision {
    const flagAgeMs = this.knowledge.ageMs();
    const flag = this.knowledge.valid();
    if (typeof flag === 'string') return { stage: 'off', reason: flag, flagAgeMs };
    return { ...decideByFlag(this.options.flagName, flag, this.evaluator, key), flagAgeMs };
  }

  state(): FlagState {
    const { flag, trouble } = this.knowledge;
    return {
      kind: 'unleash',
      name: this.options.flagName,
      polling: this.closing.signal.aborted ? 'closed' : this.knowledge.polling(),
      flagAgeMs: this.knowledge.ageMs(),
      problem: trouble?.problem ?? (flag === undefined ? undefined : problemOf(flag)),
      enabled: flag?.enabled,
      shares: flag === undefined ? undefined : effectiveShares(flag),
      revision: flag?.revision,
    };
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.polling;
    this.evaluator.close();
  }

  private async keepPolling(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await sleep(this.pauseMs(), undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.poll();
    }
  }

  private pauseMs(): number {
    const { refreshMs } = this.options;
    return Math.max(refreshMs, Math.min(refreshMs * 2 ** this.failures, MAX_PAUSE_MS));
  }

  private async poll(): Promise<void> {
    const { address, token, pollTimeoutMs: timeoutMs } = this.options;
    const { signal } = this.closing;
    const askedMs = performance.now();
    const outcome = await pollFeatures({ address, token, timeoutMs, signal, etag: this.etag });
    if (signal.aborted) return;
    if (outcome.kind === 'changed') await this.takeFlags(outcome, askedMs);
    else if (outcome.kind === 'unchanged') this.confirm(askedMs);
    else this.fail(outcome);
  }

  private async takeFlags(
    { features, etag }: Extract<PollOutcome, { readonly kind: 'changed' }>,
    askedMs: number,
  ): Promise<void> {
    try {
      this.succeed(this.read(features), askedMs);
    } catch (error) {
      this.fail({ kind: 'failed', problem: messageOf(error) });
      return;
    }
    this.etag = etag;
    await this.keep(features);
  }

  private confirm(askedMs: number): void {
    const { flag } = this.knowledge;
    if (flag !== undefined && this.etag !== undefined) this.succeed(flag, askedMs);
    else this.fail({ kind: 'failed', problem: `${this.options.address}: expected flags, got 304 at once` });
  }

  /** Reads the flag and has it evaluated from now on. Throws an `Error` when it is malformed; nothing changes then. */
  private read(features: readonly RawFlag[]): FlagReading {
    const { flagName } = this.options;
    const found = features.find(({ name }) => name === flagName);
    const flag = readFlag(flagName, found === undefined ? undefined : parseDefinition(flagName, found));
    this.evaluator.put(features);
    return flag;
  }

  private succeed(flag: FlagReading, askedMs: number): void {
    const { flag: before, trouble } = this.knowledge;
    if (trouble !== undefined) this.options.log('info', 'the flag server answers again');
    this.knowledge.fromServer(flag, askedMs);
    this.failures = 0;
    if (before === undefined || before.revision !== flag.revision) this.logFlag(flag);
  }

  /** Logged once for each kind of trouble: it may last for hours. */
  private fail(trouble: Trouble): void {
    if (trouble.kind !== this.knowledge.trouble?.kind) this.options.log('warn', trouble.problem);
    this.knowledge.failed(trouble);
    this.failures++;
  }

  private logFlag(flag: FlagReading): void {
    const { log, flagName } = this.options;
    const shares = effectiveShares(flag);
    const inWords = shares === undefined ? 'by conditions of its own' : sharesInWords(shares);
    log('info', `flag ${flagName}: ${inWords}`, { revision: flag.revision ?? 'none' });
    const problem = problemOf(flag);
    if (problem !== undefined) log('warn', problem);
  }

  private async keep(features: readonly RawFlag[]): Promise<void> {
    const { stateFile, log } = this.options;
    if (stateFile === undefined) return;
    await writeStateFile(stateFile, features).catch((error: unknown) => {
      log('warn', `${stateFile}: expected to keep the flags there, got ${messageOf(error)}`);
    });
  }
}
