import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StageShares } from '../../contract/decision.ts';
import { AppError, messageOf, systemCode } from '../../errors.ts';
import type { FlagPlace } from '../admin.ts';

/** One act; a line of the log. */
export interface AuditEntry {
  readonly act: 'promote' | 'rollBack' | 'forgetRollBacks';
  /** `intended` is durable before Unleash is asked, one of the others follows. */
  readonly outcome: 'intended' | 'done' | 'failed';
  readonly place: FlagPlace;
  readonly before?: StageShares;
  readonly after?: StageShares;
  readonly because: readonly string[];
  /** Why it failed. */
  readonly problem?: string;
}

/** Roll backs that a log knows of. */
export interface PastRollBacks {
  readonly count: number;
  /** Wall clock, in milliseconds; undefined: there was none. */
  readonly lastAtMs: number | undefined;
}

/** Every act as a JSON line that is on the disk when `append` resolves. */
export class AuditLog {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Rejects with `AppError` OUTPUT. */
  async append(entry: AuditEntry): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const file = await open(this.path, 'a');
      try {
        await file.writeFile(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      const expected = `${this.path}: expected to append to the audit log there`;
      throw new AppError('OUTPUT', `${expected}, got ${messageOf(error)}`, { cause: error });
    }
  }

  /** Of one flag, since somebody had them forgotten. A line that a crash cut short says nothing. Rejects with `AppError` INPUT. */
  async rollBacks(place: FlagPlace): Promise<PastRollBacks> {
    const entries = (await this.text()).split('\n').flatMap(entryOf);
    const own = entries.filter((entry) => isSamePlace(entry.place, place));
    const from = own.findLastIndex(({ act }) => act === 'forgetRollBacks') + 1;
    const since = own.slice(from).filter(({ act }) => act === 'rollBack');
    // Without an outcome the process has ended in between: what was intended may have reached Unleash.
    const counted = since.filter(({ outcome }, index) => {
      return outcome === 'done' || (outcome === 'intended' && isUnfinished(since[index + 1]));
    });
    const last = since.at(-1);
    return { count: counted.length, lastAtMs: last === undefined ? undefined : Date.parse(last.at) };
  }

  private async text(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return '';
      const expected = `${this.path}: expected the audit log there`;
      throw new AppError('INPUT', `${expected}, got ${messageOf(error)}`, { cause: error });
    }
  }
}

type PastEntry = Pick<AuditEntry, 'act' | 'outcome' | 'place'> & { readonly at: string };

function isUnfinished(next: PastEntry | undefined): boolean {
  return next === undefined || next.outcome === 'intended';
}

function entryOf(line: string): readonly PastEntry[] {
  try {
    const entry = JSON.parse(line) as Partial<PastEntry> | null;
    const { at, act, outcome, place } = entry ?? {};
    const isWhole = act !== undefined && outcome !== undefined && typeof place?.name === 'string';
    if (!isWhole || typeof at !== 'string' || Number.isNaN(Date.parse(at))) return [];
    return [{ at, act, outcome, place }];
  } catch {
    return [];
  }
}

function isSamePlace(one: FlagPlace, other: FlagPlace): boolean {
  return one.name === other.name && one.project === other.project && one.environment === other.environment;
}
