import type { AdminFlag, FlagAdmin } from '../admin.ts';
import { changeLiveShare, changeStage, isNothing, isWritten, write } from '../change.ts';
import type { FlagChange } from '../change.ts';
import { effectiveShares } from '../reading.ts';
import { sharesInWords } from '../shares.ts';
import { livePermille } from './plan.ts';
import type { Step } from './plan.ts';

/** What has to be written to get to a step. Throws `AppError` INPUT when the flag is none that weights decide. */
export function changeTo(step: Step, name: string, flag: AdminFlag): FlagChange {
  return step.stage === 'live'
    ? changeLiveShare(name, flag, livePermille(step))
    : changeStage(name, flag, step.stage);
}

/**
 * Writes a change of the flag as it was seen, and reads it back. Answers what is in the way, or wrong with what was read;
 * undefined: nothing. Rejects with `AppError` as `FlagAdmin` does.
 */
export async function put(
  admin: FlagAdmin,
  seen: AdminFlag,
  change: FlagChange,
): Promise<string | undefined> {
  if (isNothing(change)) return undefined;
  // Above all a kill: it must not be undone by what was decided before.
  const current = await admin.read();
  if (current.reading.revision !== seen.reading.revision)
    return 'somebody has changed it since it was looked at';
  await write(admin, change);
  const read = await admin.read();
  if (isWritten(read, change)) return undefined;
  const shares = effectiveShares(read.reading);
  const came = shares === undefined ? 'others' : sharesInWords(shares);
  return `read back: expected ${sharesInWords(change.after.shares)}, got ${came}: somebody else changes it`;
}
