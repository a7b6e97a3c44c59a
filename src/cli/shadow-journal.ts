import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../../harness/journal.ts';
import type { Judgement } from '../contract/judgement.ts';

/** What one process leaves on the disk at most, but for what is written between two flushes. */
export interface JournalLimits {
  /** Once a file has so many bytes, the next one is begun. */
  readonly fileBytes: number;
  /** So many files stay; the oldest goes when there is one more. Those of other processes are not touched. */
  readonly files: number;
}

/** Where judgements go. Calls follow each other; none is made while another is under way. */
export interface JudgementSink {
  append(judgement: Judgement): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the journal of a shadowing plugin; `onFile` hears of every file. */
export type OpenJournal = (
  folder: string,
  limits: JournalLimits,
  onFile: (path: string) => void,
) => Promise<JudgementSink>;

/** A journal over several files. Everything rejects as `Journal` does, and with errors of the file system. */
export class RotatingJournal implements JudgementSink {
  private readonly folder: string;
  private readonly limits: JournalLimits;
  private readonly onFile: (path: string) => void;
  /** The files that stay, the oldest first. */
  private readonly paths: string[] = [];
  private begun = 0;
  private current: Journal;

  private constructor(
    folder: string,
    limits: JournalLimits,
    onFile: (path: string) => void,
    first: { readonly path: string; readonly journal: Journal },
  ) {
    this.folder = folder;
    this.limits = limits;
    this.onFile = onFile;
    this.current = first.journal;
    this.begin(first.path);
  }

  /** Makes the folder, too. */
  static async open(...[folder, limits, onFile]: Parameters<OpenJournal>): Promise<RotatingJournal> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, fileName(1));
    return new RotatingJournal(folder, limits, onFile, { path, journal: await Journal.create(path) });
  }

  append(judgement: Judgement): Promise<void> {
    return this.current.append(judgement);
  }

  /** Writes what waits; begins the next file when this one is full. */
  async flush(): Promise<void> {
    await this.current.flush();
    if (await this.isFull()) await this.rotate();
  }

  close(): Promise<void> {
    return this.current.close();
  }

  private async isFull(): Promise<boolean> {
    const path = this.paths.at(-1);
    return path !== undefined && (await stat(path)).size >= this.limits.fileBytes;
  }

  private async rotate(): Promise<void> {
    await this.current.close();
    const path = join(this.folder, fileName(this.begun + 1));
    this.current = await Journal.create(path);
    this.begin(path);
    for (const old of this.paths.splice(0, this.paths.length - this.limits.files)) {
      await rm(old, { force: true });
    }
  }

  private begin(path: string): void {
    this.begun++;
    this.paths.push(path);
    this.onFile(path);
  }
}

/** A host launches the plugin again and again, and several of them may share a folder. */
function fileName(number: number): string {
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  return `journal-${time}-${String(process.pid)}-${String(number)}.jsonl`;
}
