import type { DonConfig } from '../loopp/host/ocr3-don.ts';
import { Ocr3Dons } from '../loopp/host/ocr3-dons.ts';
import { ocr3Round } from '../loopp/host/ocr3-round.ts';
import type { Ocr3Oracle } from '../loopp/host/ocr3-round.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import { ObservationsRequest } from '../loopp/wire/ocr3-messages.ts';
import { outcomeContext } from '../loopp/wire/submission.ts';
import { donConfigOf } from '../src/cli/ocr3/config.ts';
import { CapabilityOutcome, Observations } from '../src/codec/capability.ts';
import { decodeValue } from '../src/codec/values.ts';
import type { AttributedObservation, OutcomeContext } from '../src/contract/reporting-plugin.ts';
import type { Round } from '../src/contract/round.ts';
import { bareEvents } from '../test/helpers/bare-events.ts';
import { OWN_PLUGIN, ROUNDS, compareCalls, p50Of } from './calls.ts';
import { GoOutcome } from './go-outcome.ts';
import type { OutcomeQuestion } from './go-outcome.ts';
import type { Finding, Measurement, Setting } from './measurement.ts';
import { UNSIGNED, readyRounds } from './rounds.ts';
import { duration, size } from './units.ts';

const SEED = 6;
/** For 1.2 KB, on another day (docs/spec/loopp-wire.md X.0): for comparison only. */
const RECORDED_NS = 0.55e6;

export const outcomeCall: Measurement = {
  goals: [
    {
      name: 'outcome-1.2kb',
      compared:
        "OCR3's Outcome, our host and plugin to a Go host and a Go plugin with Go's aggregator, p50 of a call",
      unit: 'times',
      limit: 'at most',
      target: 1,
    },
  ],
  needsGo: true,
  measure: async (setting) => {
    const rounds = readyRounds(UNSIGNED, ROUNDS, SEED);
    const don = donConfigOf(anyOf(rounds));
    const dons = new Ocr3Dons(OWN_PLUGIN, HOST_DEFAULTS);
    try {
      await dons.start();
      return [await dons.hold(don, ({ oracles }) => againstGo(oracles, don, rounds, setting))];
    } finally {
      await dons.close();
    }
  },
};

/** What an oracle is asked when the others have spoken, and what all of them answer. */
interface HeldRound {
  readonly round: Round;
  readonly context: OutcomeContext;
  readonly query: Uint8Array;
  readonly observations: readonly AttributedObservation[];
  readonly outcome: Uint8Array;
}

async function againstGo(
  oracles: readonly Ocr3Oracle[],
  don: DonConfig,
  rounds: readonly Round[],
  { folder, progress }: Setting,
): Promise<Finding> {
  progress('building the Go host and plugin, checking that the answers are equal');
  const held = await holdAll(oracles, rounds);
  const { plugin } = anyOf(oracles);
  const go = await GoOutcome.start(folder, don, held.map(questionOf));
  try {
    const { estimate, first, second } = await compareCalls(
      p50Of(held, ({ context, query, observations }) => plugin.outcome(context, query, observations)),
      () => go.block(),
      progress,
    );
    const { observations, outcome } = anyOf(held);
    const detail =
      `ours ${duration(first)}, Go ${duration(second)} a call of ${size(bytesOf(observations))} of observations ` +
      `there and ${String(outcome.length)} B back; upstream's host was recorded at ${duration(RECORDED_NS)}`;
    return { ...estimate, detail };
  } finally {
    await go.close();
  }
}

/** Whole rounds of OCR3, in which all oracles agree. Rejects when one has no report. */
async function holdAll(
  oracles: readonly Ocr3Oracle[],
  rounds: readonly Round[],
): Promise<readonly HeldRound[]> {
  const held: HeldRound[] = [];
  for (const round of rounds) {
    const { query, observations, outcome } = await ocr3Round(oracles, round);
    const { currentReports } = CapabilityOutcome.decode(outcome);
    if (currentReports.length !== 1) throw new Error(`round ${round.id}: expected one report, got none`);
    held.push({ round, context: outcomeContext(round), query, observations, outcome });
  }
  return held;
}

/** The call as Go takes it: chainlink-common v0.9.4 has the bare event where 2025-09 has a wrapper. */
function questionOf({ round, context, query, observations, outcome }: HeldRound): OutcomeQuestion {
  const bare = bareEvents(round)?.observations ?? [];
  const ao = observations.map(({ observer, observation }) => {
    const said = Observations.decode(observation);
    const events = bare.find(({ oracle }) => oracle === observer)?.values.map(decodeValue) ?? [];
    const entries = said.observations.map((entry) => ({ ...entry, observations: events }));
    return { observer, observation: Observations.encode({ ...said, observations: entries }) };
  });
  return { request: ObservationsRequest.encode({ outcomeContext: context, query, ao }), outcome };
}

function bytesOf(observations: readonly AttributedObservation[]): number {
  return observations.reduce((sum, { observation }) => sum + observation.length, 0);
}

function anyOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('expected something to measure');
  return first;
}
