import { AggregationOutcome } from '../../../src/codec/capability.ts';
import { decodeValue } from '../../../src/codec/values.ts';
import type { Value } from '../../../src/codec/values.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import type { Revision } from '../../../src/contract/round.ts';
import { GO_CRASHES } from '../../../src/contract/texts.ts';
import { ConfigError } from './config.ts';
import type { AggregatorConfig } from './config.ts';
import { ReadConfigs } from './read-configs.ts';
import type { ChosenReport } from './formatters.ts';
import { GoPanic } from './go-panic.ts';
import { FormatError } from './pack.ts';
import { decodeReport } from './report.ts';
import { RULES } from './revisions.ts';
import type { Rules } from './revisions.ts';

export { configFromFactory } from './factory-config.ts';

/** The bytes of one aggregation as the node has them. */
export interface AggregationInput {
  readonly revision: Revision;
  /** `values.v1.Map`. */
  readonly config: Uint8Array;
  /** `ocr3_types.AggregationOutcome`; undefined when there is none. */
  readonly previousOutcome: Uint8Array | undefined;
  /** Ascending by oracle id; each value is one `values.v1.Value`. */
  readonly observations: readonly { readonly oracle: number; readonly values: readonly Uint8Array[] }[];
}

/** The call fails; the message is Go's. */
class AggregationError extends Error {
  override readonly name = 'AggregationError';
}

/**
 * One aggregation of the Secure Mint aggregator (docs/spec/aggregator.md H): bytes in, bytes out. Where Go
 * depends on the order of its maps: oracles in the given order, then list order. Where Go would crash, whichever oracle
 * it is that causes it, the answer is an error. Throws `ProtobufError` when any input is not protobuf.
 */
export function aggregate(input: AggregationInput): Outcome {
  const rules = RULES[input.revision];
  // Go has decoded all messages before it calls an aggregator.
  const readConfig = configs.open(input.revision, input.config);
  const lastSeenAt = input.previousOutcome && AggregationOutcome.decode(input.previousOutcome).lastSeenAt;
  const values = input.observations.flatMap((oracle) => oracle.values.map((bytes) => decodeValue(bytes)));
  try {
    const config = readConfig();
    if (input.observations.length === 0) throw new AggregationError('no observations');
    const chosen = chooseReport(rules, config, lastSeenAt ?? 0n, values);
    return { kind: 'outcome', outcome: chosen ? encodeOutcome(rules, config, chosen) : NOTHING_TO_REPORT };
  } catch (error) {
    return { kind: 'error', error: textOf(error, rules) };
  }
}

const configs = new ReadConfigs();

/** `shouldReport` false and all else absent. */
const NOTHING_TO_REPORT = AggregationOutcome.encode({});

/**
 * The first report for the configured chain that can be decoded. All observations are read, since a later one may crash
 * Go or be stale; JSON that can change nothing any more is left alone.
 */
function chooseReport(
  rules: Rules,
  config: AggregatorConfig,
  lastSeenAt: bigint,
  values: readonly Value[],
): ChosenReport | undefined {
  let chosen: ChosenReport | undefined;
  let stale = false;
  for (const value of values) {
    const observed = rules.readObservation(value);
    if (observed === undefined || (chosen !== undefined && !rules.refusesStaleEvents)) continue;
    const outer = rules.decodeReportWithInfo(observed.report);
    if (outer?.info !== config.selector) continue;
    if (rules.refusesStaleEvents && observed.seqNr <= lastSeenAt) {
      stale = true;
    } else if (chosen === undefined) {
      const report = decodeReport(outer.report);
      chosen = report && { report, accounts: observed.accounts };
    }
  }
  if (!stale) return chosen;
  throw new AggregationError(
    'failed to extract and validate reports: sequence number too low: ' +
      `all reports had sequence numbers <= ${String(lastSeenAt)}`,
  );
}

/** Throws `AggregationError` and `FormatError`. */
function encodeOutcome(rules: Rules, config: AggregatorConfig, chosen: ChosenReport): Uint8Array {
  const format = rules.formatterOf(config.selector);
  if (format === undefined) {
    throw new AggregationError(
      'failed to create outcome: encountered issue fetching report formatter in createOutcome ' +
        `no formatter registered for chain selector: ${String(config.selector)}`,
    );
  }
  const { seqNr } = chosen.report;
  return AggregationOutcome.encode({
    encodableOutcome: format(config, chosen),
    metadata: Uint8Array.of(Number(seqNr & 0xffn)),
    shouldReport: true,
    lastSeenAt: seqNr,
  });
}

/** The answer's text for what Go answers with an error or a crash; anything else is a fault of ours and thrown on. */
function textOf(error: unknown, rules: Rules): string {
  if (error instanceof GoPanic) return GO_CRASHES + error.message;
  if (error instanceof FormatError) return `failed to create outcome: ${rules.formatContext}${error.message}`;
  if (error instanceof ConfigError || error instanceof AggregationError) return error.message;
  throw error;
}
