import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hash } from 'node:crypto';
import type { Judgement } from '../src/contract/judgement.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { LaneObservation } from '../src/contract/verdict.ts';
import { AppError, messageOf } from '../src/errors.ts';
import { formatRound } from '../src/rounds/format.ts';

/** Version of the journal's lines; docs/journal.md describes them. */
export const JOURNAL_SCHEMA = 1;

/** Lines are written together once this much waits. */
const WRITE_BYTES = 64 * 1024;

/** The durable record of verdicts: one JSON line a round, in the order in which the rounds were taken. */
export class Journal {
  private readonly file: FileHandle;
  private readonly path: string;
  private pending: string[] = [];
  private pendingBytes = 0;

  private constructor(file: FileHandle, path: string) {
    this.file = file;
    this.path = path;
  }

  /** Creates the file; one that exists is not written over. Rejects with `AppError` OUTPUT. */
  static async create(path: string): Promise<Journal> {
    try {
      return new Journal(await open(path, 'wx'), path);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Resolves at once while little waits, else when it is written. Rejects with `AppError` OUTPUT. */
  async append(judgement: Judgement): Promise<void> {
    const line = `${JSON.stringify(journalLine(judgement))}\n`;
    this.pending.push(line);
    this.pendingBytes += line.length;
    if (this.pendingBytes >= WRITE_BYTES) await this.write();
  }

  /** Writes what waits, makes it durable and closes the file. */
  async close(): Promise<void> {
    try {
      await this.write();
      await this.file.sync();
    } finally {
      await this.file.close();
    }
  }

  private async write(): Promise<void> {
    const text = this.pending.join('');
    this.pending = [];
    this.pendingBytes = 0;
    try {
      await this.file.appendFile(text);
    } catch (error) {
      throw writeError(this.path, error);
    }
  }
}

function writeError(path: string, error: unknown): AppError {
  return new AppError('OUTPUT', `${path}: expected to write the journal there, got ${messageOf(error)}`, {
    cause: error,
  });
}

/** A match keeps digests and timings; everything else the whole round and both answers, so that it can be run again. */
export function journalLine(judgement: Judgement): Readonly<Record<string, unknown>> {
  const { round, verdict, witness, observations } = judgement;
  const whole = verdict.key !== 'match' && verdict.key !== 'notCompared';
  const show = whole ? wholeObservation : digestOfObservation;
  return {
    schema: JOURNAL_SCHEMA,
    id: round.id,
    ...(round.workflow === undefined ? {} : { workflow: round.workflow }),
    revision: round.revision,
    input: Buffer.from(judgement.digest).toString('hex'),
    verdict: verdict.key,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.orderDependent === undefined ? {} : { orderDependent: true }),
    served: judgement.served,
    first: judgement.first,
    ...(observations === undefined
      ? {}
      : { legacy: show(observations.legacy), loopp: show(observations.loopp) }),
    ...(witness === undefined ? {} : { witness }),
    ...(verdict.differences === undefined ? {} : { differences: verdict.differences }),
    ...(whole || isContradicted(judgement) ? { round: formatRound(round) } : {}),
  };
}

const isContradicted = ({ witness }: Judgement): boolean =>
  witness !== undefined && (witness.legacy === false || witness.loopp === false);

function digestOfObservation(observation: LaneObservation): unknown {
  if (observation.kind === 'failure') return wholeObservation(observation);
  return { ns: observation.durationNs, sha256: digestOf(observation.outcome) };
}

function wholeObservation(observation: LaneObservation): unknown {
  const { durationNs: ns } = observation;
  if (observation.kind === 'failure') return { ns, failed: observation.error, message: observation.message };
  const { outcome } = observation;
  return outcome.kind === 'error'
    ? { ns, error: outcome.error }
    : { ns, outcome: Buffer.from(outcome.outcome).toString('base64') };
}

function digestOf(outcome: Outcome): string {
  return hash('sha256', outcome.kind === 'outcome' ? outcome.outcome : outcome.error, 'hex');
}
