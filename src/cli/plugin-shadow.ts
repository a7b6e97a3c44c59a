import { setTimeout as delay } from 'node:timers/promises';
import { ServingHarness } from '../../harness/serving.ts';
import { NoAnswerError } from '../../loopp/plugin/answerer.ts';
import type { ExecutionInput, OpenAnswerer } from '../../loopp/plugin/answerer.ts';
import { readShadowConfig } from '../config.ts';
import type { Round } from '../contract/round.ts';
import { rowOf } from '../flags/stages.ts';
import { InnerLane } from './inner-lane.ts';
import { openLegacy } from './legacy.ts';
import { ShadowMetrics } from './shadow-metrics.ts';
import { ShadowRecord } from './shadow-record.ts';

/** Comparisons in progress and waiting; rounds beyond are served and not compared. */
const SHADOW = { concurrency: 8, waiting: 1000 } as const;
/** A host waits for Shutdown while comparisons in progress are finished. */
const CLOSE_GRACE_MS = 200;
/** Then the record waits for what is still being judged, and has the rest of its limit to reach the disk. */
const RECORD_WAIT_MS = 1000;
const RECORD_LIMIT_MS = 1250;
/** It waits no longer than this, whatever the inner plugin does. */
const CLOSE_LIMIT_MS = 1500;

/**
 * `plugin --shadow`: what answers `Aggregate` of a LOOPP that its host cannot tell from the ordinary one. The stage's
 * lane serves, the other one runs beside it, both are compared. Rejects with `AppError` USAGE.
 */
export const openShadow: OpenAnswerer = async (log) => {
  const { stage, journalFolder } = readShadowConfig();
  const { serves, alsoRuns } = rowOf(stage);
  const legacy = await openLegacy();
  const loopp = new InnerLane(log);
  if (serves === 'loopp' || alsoRuns === 'loopp') loopp.start();
  const record = new ShadowRecord(journalFolder, log);
  const metrics = new ShadowMetrics(() => loopp.facts, log);
  const harness = new ServingHarness({ legacy, loopp, shadow: SHADOW });
  log('info', 'shadow begins', { stage, serves, alsoRuns: alsoRuns ?? 'none' });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await harness.close(CLOSE_GRACE_MS);
    // Side by side: an inner plugin that hangs costs as long as it is waited for, and nothing of the record.
    await Promise.all([loopp.close(), record.close(RECORD_WAIT_MS, RECORD_LIMIT_MS)]);
  };
  return {
    answer: async (input) => {
      const { served, judged, seen } = harness.serve(roundOf(input), stage);
      if (seen === 'different') record.conflict(input.id);
      record.expect(judged);
      void judged.then((judgement) => metrics.observe(judgement));
      const { observation } = await served;
      if (observation.kind === 'failure') throw new NoAnswerError(observation.error, observation.message);
      return observation.outcome;
    },
    metricsText: () => metrics.text(),
    close: () => (closed ??= Promise.race([close(), delay(CLOSE_LIMIT_MS, undefined, { ref: false })])),
  };
};

function roundOf(input: ExecutionInput): Round {
  return { ...input, previousOutcome: input.previousOutcome ?? null };
}
