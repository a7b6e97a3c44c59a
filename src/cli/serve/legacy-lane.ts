import { LaneError } from '../../contract/lane.ts';
import type { Lane } from '../../contract/lane.ts';
import { AppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { openLegacy } from '../legacy.ts';

/** The control, or what stands for it in a build from which it was removed: a lane that has no answers. */
export async function legacyOrNone(log: Log): Promise<Lane> {
  try {
    return await openLegacy();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log('info', 'this build has no in-process aggregator: rounds are only served in the stage complete');
    return NO_LEGACY;
  }
}

const GONE = 'the in-process aggregator was removed from this build';

const NO_LEGACY: Lane = {
  name: 'legacy',
  aggregate: () => Promise.reject(new LaneError('unavailable', GONE)),
  health: () => ({ ok: false, reason: GONE }),
  close: () => Promise.resolve(),
};
