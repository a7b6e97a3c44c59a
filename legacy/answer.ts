import type { Outcome } from '../src/contract/lane.ts';
import { GO_CRASHES } from '../src/contract/texts.ts';
import { ConfigError } from './config.ts';
import type { AggregatorConfig } from './config.ts';
import { GoPanic } from './event.ts';
import { EMPTY_OUTCOME, encodeReportOutcome } from './outcome.ts';
import type { ChosenReport } from './outcome.ts';
import { PackError } from './pack.ts';
import type { RevisionRules } from './revisions.ts';

/** The call as a whole fails with this text. */
export class RoundError extends Error {
  override readonly name = 'RoundError';
}

/** What `run` answers, or what Go answers in place of it; a fault of ours is thrown on. */
export function answering(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    return { kind: 'error', error: errorText(error) };
  }
}

function errorText(error: unknown): string {
  if (error instanceof ConfigError || error instanceof RoundError) return error.message;
  if (error instanceof PackError) return `failed to create outcome: ${error.message}`;
  if (error instanceof GoPanic) return `${GO_CRASHES}${error.message}`;
  throw error;
}

export const NO_REPORT: Outcome = { kind: 'outcome', outcome: EMPTY_OUTCOME };

/** Throws `PackError`. */
export function reportOutcome(rules: RevisionRules, config: AggregatorConfig, chosen: ChosenReport): Outcome {
  const format = rules.formatter(config.targetChainSelector);
  const encodable = format(chosen, config, rules.formatPrefix);
  return { kind: 'outcome', outcome: encodeReportOutcome(encodable, chosen.report) };
}

/** An event that is not newer than the previous outcome fails the call (docs/spec/aggregator.md H.3a). */
export function staleError(lastSeenAt: bigint): RoundError {
  return new RoundError(
    'failed to extract and validate reports: sequence number too low: ' +
      `all reports had sequence numbers <= ${String(lastSeenAt)}`,
  );
}
