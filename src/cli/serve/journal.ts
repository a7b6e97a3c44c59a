import { open } from 'node:fs/promises';
import type { JournalFile } from '../../serve/journal-writer.ts';
import { RotatingJournal } from '../shadow-journal.ts';
import type { JournalLimits } from '../shadow-journal.ts';

/** Opens a journal over several files. `onFile` hears of every file. Rejects as `Journal` does. */
export async function openJournalFile(
  folder: string,
  limits: JournalLimits,
  onFile: (path: string) => void,
): Promise<JournalFile> {
  let current = '';
  const journal = await RotatingJournal.open(folder, limits, (path) => {
    current = path;
    onFile(path);
  });
  return {
    append: (judgement) => journal.append(judgement),
    flush: () => journal.flush(),
    sync: () => syncFile(current),
    close: () => journal.close(),
  };
}

/** Any handle on a file makes durable what was written through another one. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
