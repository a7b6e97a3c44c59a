import type { Lane, Outcome } from '../contract/lane.ts';
import type { Round } from '../contract/round.ts';
import { AppError } from '../errors.ts';

/** An aggregator in this process: as a lane, and as the function that OCR3's rules stand on. */
interface InProcess {
  readonly legacyLane: () => Lane;
  /** Has answered when it returns. Throws `ProtobufError`. */
  readonly aggregate: (round: Round) => Outcome;
}

/** What is in this process. Once the migration is complete, `legacy/` and the line that names it are deleted. */
const IN_PROCESS: Readonly<Record<string, (() => Promise<InProcess>) | undefined>> = {
  legacy: () => import('../../legacy/lane.ts'),
};

/** The control. Rejects with `AppError` USAGE in a build without it. */
export async function openLegacy(): Promise<Lane> {
  return (await load()).legacyLane();
}

/** The control's aggregation alone. Rejects as `openLegacy`. */
export async function openLegacyAggregate(): Promise<InProcess['aggregate']> {
  const { aggregate } = await load();
  return aggregate;
}

async function load(): Promise<InProcess> {
  const open = IN_PROCESS['legacy'];
  if (open !== undefined) return open();
  throw new AppError(
    'USAGE',
    'expected the legacy lane, got a build from which the in-process aggregator was removed',
  );
}
