import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { StoredAnswer } from '../../../loopp/provider/evm/delivery/cache.ts';
import { AppError, messageOf } from '../../errors.ts';
import type { CacheAnswers, ChainResult, LaneFate } from './fate.ts';

/** Version of the lines; docs/chain.md describes them. */
const SCHEMA = 1;

/** What the chain said of each round: one JSON line each, in the order in which rounds ended there. */
export class ChainRecord {
  private readonly file: FileHandle;
  private readonly path: string;
  private written: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, path: string) {
    this.file = file;
    this.path = path;
  }

  /** Creates the file; one that exists is not written over. Rejects with `AppError` OUTPUT. */
  static async create(path: string): Promise<ChainRecord> {
    return new ChainRecord(await open(path, 'wx').catch(refusing(path)), path);
  }

  /** Resolves when it is written. Rejects with `AppError` OUTPUT, and so does all that follows. */
  append(id: string, result: ChainResult): Promise<void> {
    const line = `${JSON.stringify(lineOf(id, result))}\n`;
    this.written = this.written.then(() => this.file.appendFile(line).catch(refusing(this.path)));
    return this.written;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.written.catch(() => undefined);
    await this.file.close();
  }
}

const refusing =
  (path: string) =>
  (error: unknown): never => {
    const text = `${path}: expected to write what the chain says there, got ${messageOf(error)}`;
    throw new AppError('OUTPUT', text, { cause: error });
  };

function lineOf(id: string, result: ChainResult): Readonly<Record<string, unknown>> {
  return {
    schema: SCHEMA,
    id,
    result: result.kind,
    ...('reason' in result ? { reason: result.reason } : {}),
    ...('differences' in result ? { differences: result.differences } : {}),
    ...('fates' in result && result.fates !== undefined
      ? { legacy: fateLine(result.fates.legacy), loopp: fateLine(result.fates.loopp) }
      : {}),
    ...('caches' in result ? { caches: result.caches.map(cacheLine) } : {}),
  };
}

function fateLine(fate: LaneFate): Readonly<Record<string, unknown>> {
  return {
    kind: fate.kind,
    ...('reason' in fate ? { reason: fate.reason } : {}),
    ...('transaction' in fate ? { transaction: fate.transaction } : {}),
  };
}

const cacheLine = ({ dataId, legacy, loopp }: CacheAnswers): Readonly<Record<string, unknown>> => ({
  dataId,
  legacy: answerLine(legacy),
  loopp: answerLine(loopp),
});

/** Whole numbers are texts: they have up to 224 bits. */
const answerLine = (answer: StoredAnswer | undefined): unknown =>
  answer === undefined
    ? null
    : {
        answer: String(answer.answer),
        timestamp: String(answer.timestamp),
        roundId: String(answer.roundId),
      };
