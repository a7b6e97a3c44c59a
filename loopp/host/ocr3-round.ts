import { createHash } from 'node:crypto';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportingPlugin,
} from '../../src/contract/reporting-plugin.ts';
import type { Round } from '../../src/contract/round.ts';
import { outcomeContext, submissionOf } from '../wire/submission.ts';
import type { Submission } from '../wire/submission.ts';
import { Ocr3RoundError, assertObservations, assertQuery } from './ocr3-said.ts';

/** One oracle of the DON: its plugin, and the way for a request to get there. Its number is its place in the list. */
export interface Ocr3Oracle {
  readonly plugin: ReportingPlugin;
  readonly submit: (request: Submission) => Promise<void>;
}

/** What a round of OCR3 came to. */
export interface Ocr3Result {
  readonly leader: number;
  readonly query: Uint8Array;
  readonly observations: readonly AttributedObservation[];
  /** `ocr3_types.Outcome` bytes, the same from every oracle. */
  readonly outcome: Uint8Array;
  /** The same from every oracle. */
  readonly reports: readonly Ocr3Report[];
  /** How long all oracles together took for outcome and reports. */
  readonly durationNs: number;
}

export interface Ocr3Report extends ReportPlus {
  /** Whether the oracles would transmit it; every one accepted it. */
  readonly transmitted: boolean;
}

/**
 * Takes a round through one round of OCR3 without faults: each oracle is given its own observations as a request, the
 * leader asks, all observe, validate, and make outcome and reports. The round's previous outcome becomes that of its
 * workflow. Rejects with `Ocr3RoundError`, also when an oracle does not say what it was given, and with what the plugins
 * reject with.
 */
export async function ocr3Round(oracles: readonly Ocr3Oracle[], round: Round): Promise<Ocr3Result> {
  const context = outcomeContext(round);
  await submitAll(oracles, round);
  const leader = leaderOf(oracles.length, round, context.seqNr);
  const plugins = oracles.map(({ plugin }) => plugin);
  const query = await pluginOf(plugins, leader).query(context);
  assertQuery(round, leader, query);
  const observations = await observe(plugins, context, query);
  assertObservations(round, observations);
  const quorums = await Promise.all(
    plugins.map((plugin) => plugin.observationQuorum(context, query, observations)),
  );
  if (quorums.includes(false))
    throw new Ocr3RoundError(`round "${round.id}": the observations are no quorum`);
  const start = process.hrtime.bigint();
  const outcomes = await Promise.all(plugins.map((plugin) => plugin.outcome(context, query, observations)));
  const outcome = agreed(round, 'outcome', outcomes, (bytes) => bytes);
  const made = await Promise.all(plugins.map((plugin) => plugin.reports(context.seqNr, outcome)));
  const durationNs = Number(process.hrtime.bigint() - start);
  const agreedOn = agreed(round, 'reports', made, digestOfReports);
  const reports = await transmitAll(plugins, round, context.seqNr, agreedOn);
  return { leader, query, observations, outcome, reports, durationNs };
}

/** An oracle that is not in the round is silent: it has no request. */
async function submitAll(oracles: readonly Ocr3Oracle[], round: Round): Promise<void> {
  const unknown = round.observations.find(({ oracle }) => oracles[oracle] === undefined);
  if (unknown !== undefined) {
    throw new Ocr3RoundError(
      `round "${round.id}": expected oracles 0 to ${String(oracles.length - 1)}, got oracle ${String(unknown.oracle)}`,
    );
  }
  const submitting = oracles.map(async ({ submit }, number) => {
    const own = round.observations.find(({ oracle }) => oracle === number);
    if (own !== undefined) await submit(submissionOf(round, own));
  });
  await Promise.all(submitting);
}

/** Leaders take turns; one that is silent in this round has nothing to ask for and is passed over. */
function leaderOf(count: number, round: Round, seqNr: bigint): number {
  const first = Number(seqNr % BigInt(count));
  const turns = Array.from({ length: count }, (_, turn) => (first + turn) % count);
  const speaking = new Set(round.observations.map(({ oracle }) => oracle));
  return turns.find((oracle) => speaking.has(oracle)) ?? first;
}

function pluginOf(plugins: readonly ReportingPlugin[], oracle: number): ReportingPlugin {
  const plugin = plugins[oracle];
  if (plugin === undefined) throw new Ocr3RoundError('expected at least one oracle, got none');
  return plugin;
}

async function observe(
  plugins: readonly ReportingPlugin[],
  context: OutcomeContext,
  query: Uint8Array,
): Promise<readonly AttributedObservation[]> {
  const observations = await Promise.all(
    plugins.map(async (plugin, observer) => ({
      observation: await plugin.observation(context, query),
      observer,
    })),
  );
  const validations = plugins.flatMap((plugin) =>
    observations.map((observation) => plugin.validateObservation(context, query, observation)),
  );
  await Promise.all(validations);
  return observations;
}

async function transmitAll(
  plugins: readonly ReportingPlugin[],
  round: Round,
  seqNr: bigint,
  reports: readonly ReportPlus[],
): Promise<readonly Ocr3Report[]> {
  const results: Ocr3Report[] = [];
  for (const report of reports) {
    const { reportWithInfo } = report;
    const accepted = await Promise.all(
      plugins.map((plugin) => plugin.shouldAcceptAttestedReport(seqNr, reportWithInfo)),
    );
    if (accepted.includes(false))
      throw new Ocr3RoundError(`round "${round.id}": a signed report is not accepted`);
    const transmitted = await Promise.all(
      plugins.map((plugin) => plugin.shouldTransmitAcceptedReport(seqNr, reportWithInfo)),
    );
    results.push({ ...report, transmitted: agreed(round, 'transmission', transmitted, flag) });
  }
  return results;
}

const flag = (value: boolean): Uint8Array => Uint8Array.of(value ? 1 : 0);

function digestOfReports(reports: readonly ReportPlus[]): Uint8Array {
  const parts = reports.map(
    ({ reportWithInfo: { report, info }, transmissionScheduleOverride: schedule }) => [
      Buffer.from(report).toString('hex'),
      Buffer.from(info).toString('hex'),
      schedule?.transmitters.join() ?? '',
      schedule?.transmissionDelaysNs.join() ?? '',
    ],
  );
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** The one answer that all oracles gave. */
function agreed<T>(round: Round, what: string, answers: readonly T[], bytesOf: (answer: T) => Uint8Array): T {
  const [first, ...rest] = answers;
  if (first === undefined) throw new Ocr3RoundError('expected at least one oracle, got none');
  const expected = bytesOf(first);
  const other = rest.findIndex((answer) => Buffer.compare(bytesOf(answer), expected) !== 0);
  if (other < 0) return first;
  throw new Ocr3RoundError(
    `round "${round.id}": oracles 0 and ${String(other + 1)} do not agree on the ${what}`,
  );
}
