import type { Lane } from '../contract/lane.ts';
import { AppError } from '../errors.ts';

type OpenLane = () => Promise<Lane>;

/** The lanes in this process. Once the migration is complete, `legacy/` and the line that names it are deleted. */
const IN_PROCESS: Readonly<Record<string, OpenLane | undefined>> = {
  legacy: async () => (await import('../../legacy/lane.ts')).legacyLane(),
};

/** The control. Rejects with `AppError` USAGE in a build without it. */
export async function openLegacy(): Promise<Lane> {
  const open = IN_PROCESS['legacy'];
  if (open !== undefined) return open();
  throw new AppError(
    'USAGE',
    'expected the legacy lane, got a build from which the in-process aggregator was removed',
  );
}
