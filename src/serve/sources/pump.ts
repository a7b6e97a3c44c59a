import { Slots } from '../../../harness/slots.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ReadRound } from '../../rounds/read.ts';
import { isPowerOfTen } from '../power-of-ten.ts';
import type { ShadowService } from '../service.ts';
import type { RoundSource, SourceKind } from './source.ts';

/** Rounds of one source in progress: far fewer than may wait to be compared, so that a large file fills no queue. */
const IN_PROGRESS = 16;

/** `failed`: of no use any more. */
export type SourceState = 'running' | 'ended' | 'failed';

/** For status and metrics. */
export interface SourceStatus {
  readonly kind: SourceKind;
  readonly name: string;
  readonly state: SourceState;
  readonly rounds: number;
  /** Lines that are no round. */
  readonly refused: number;
  /** Why it failed. */
  readonly problem: string | undefined;
}

/** Feeds the rounds of one source to the service, as fast as they are judged. */
export class SourcePump {
  private readonly source: RoundSource;
  private readonly service: ShadowService;
  private readonly onRefused: () => void;
  private readonly log: Log;
  private readonly slots = new Slots(IN_PROGRESS);
  private state: SourceState = 'running';
  private rounds = 0;
  private refused = 0;
  private problem: string | undefined;

  /** `onRefused` hears of every line that is no round. */
  constructor(source: RoundSource, service: ShadowService, onRefused: () => void, log: Log) {
    this.source = source;
    this.service = service;
    this.onRefused = onRefused;
    this.log = log;
  }

  /** Until the source ends or the signal aborts. Never rejects: a source that fails takes nothing else along. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for await (const read of this.source.rounds(signal)) {
        if (signal.aborted) break;
        await this.take(read);
      }
      this.state = 'ended';
      if (!signal.aborted) this.log('info', `${this.source.name} has ended`, { rounds: this.rounds });
    } catch (error) {
      this.state = 'failed';
      this.problem = messageOf(error);
      this.log('error', `${this.source.name} is not read any more`, { problem: this.problem });
    }
  }

  status(): SourceStatus {
    const { kind, name } = this.source;
    const { state, rounds, refused, problem } = this;
    return { kind, name, state, rounds, refused, problem };
  }

  private async take(read: ReadRound): Promise<void> {
    if (read.kind === 'bad') {
      this.refuse(read.error.message);
      return;
    }
    this.rounds++;
    const { judged } = this.service.take(read.round);
    void judged.then(() => this.slots.release());
    await this.slots.take();
  }

  /** A source may hold nothing else. */
  private refuse(message: string): void {
    this.refused++;
    this.onRefused();
    if (isPowerOfTen(this.refused)) this.log('warn', `refused: ${message}`, { soFar: this.refused });
  }
}
