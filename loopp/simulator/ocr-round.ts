import { LaneError } from '../../src/contract/lane.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
} from '../../src/contract/reporting-plugin.ts';
import { agreed, hex, selectorOf, textOfReports } from './agreement.ts';
import { attest, byzantineQuorum } from './attestation.ts';
import type { AttestedReport } from './attestation.ts';
import type { DonConfig } from './don.ts';
import type { Dice } from './dice.ts';
import { hasFault } from './faults.ts';
import type { Faults } from './faults.ts';
import { garbageObservation } from './garbage.ts';
import type { Keyring } from './keyring.ts';
import type { PorOracle } from './oracle.ts';

/** Who takes part. */
export interface OcrParts {
  readonly config: DonConfig;
  readonly oracles: readonly PorOracle[];
  readonly keyrings: readonly Keyring[];
  readonly dice: Dice;
}

/** What a round of OCR came to. */
export interface OcrRound {
  /** Undefined: too few oracles could be heard, and the sequence number stays. */
  readonly outcome: Uint8Array | undefined;
  /** Those that were attested, in the plugin's order. */
  readonly reports: readonly AttestedReport[];
  /** Observations that the oracles refused. */
  readonly refusedObservations: number;
  readonly refusedSignatures: number;
}

/**
 * Takes the DON through one round as libocr does: the leader asks, the oracles observe and judge each other's
 * observations, make outcome and reports, sign, accept and transmit. Only oracles that are silent are not asked. Rejects
 * with `SimulationError` where oracles should agree and do not, and as the oracles do.
 */
export async function ocrRound(parts: OcrParts, context: OutcomeContext, faults: Faults): Promise<OcrRound> {
  const { config, oracles } = parts;
  const speaking = [...oracles.keys()].filter((oracle) => !hasFault(faults, oracle, 'silent'));
  if (speaking.length < byzantineQuorum(config.n, config.f)) return nothing(0);
  const session = new Session(parts, context, faults, speaking);
  const query = await session.query();
  const { heard, refused } = await session.judged(query, await session.observations(query));
  if (!(await session.isQuorum(query, heard))) return nothing(refused);
  const outcome = await session.outcome(query, heard);
  const { reports, refusedSignatures } = await session.attested(await session.reports(outcome));
  return { outcome, reports, refusedObservations: refused, refusedSignatures };
}

const nothing = (refusedObservations: number): OcrRound => ({
  outcome: undefined,
  reports: [],
  refusedObservations,
  refusedSignatures: 0,
});

/** The oracles that speak in a round, and what each step asks of them. */
class Session {
  private readonly parts: OcrParts;
  private readonly context: OutcomeContext;
  private readonly faults: Faults;
  private readonly speaking: readonly number[];
  private readonly leader: number;

  constructor(parts: OcrParts, context: OutcomeContext, faults: Faults, speaking: readonly number[]) {
    this.parts = parts;
    this.context = context;
    this.faults = faults;
    this.speaking = speaking;
    // Leaders take turns; one that is silent is passed over.
    const turn = Number(context.seqNr % BigInt(parts.oracles.length));
    this.leader = speaking.find((oracle) => oracle >= turn) ?? speaking[0] ?? turn;
  }

  query(): Promise<Uint8Array> {
    return this.oracle(this.leader).ask((plugin) => plugin.query(this.context));
  }

  observations(query: Uint8Array): Promise<readonly AttributedObservation[]> {
    const { context, faults, parts } = this;
    return this.all(async (oracle, observer) => {
      const observation = hasFault(faults, observer, 'byzantine-bytes')
        ? garbageObservation(parts.dice, context.epoch, observer)
        : await oracle.ask((plugin) => plugin.observation(context, query));
      return { observation, observer };
    });
  }

  /** Those that every oracle takes; all decide alike. */
  async judged(
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<{ readonly heard: readonly AttributedObservation[]; readonly refused: number }> {
    const verdicts = await Promise.all(observations.map((observation) => this.isValid(query, observation)));
    const heard = observations.filter((_, at) => verdicts[at] === true);
    return { heard, refused: observations.length - heard.length };
  }

  private async isValid(query: Uint8Array, observation: AttributedObservation): Promise<boolean> {
    const verdicts = await this.all((oracle) =>
      oracle
        .ask((plugin) => plugin.validateObservation(this.context, query, observation))
        .then(() => true, isRefusal),
    );
    return agreed(`the observation of oracle ${String(observation.observer)}`, verdicts, String);
  }

  async isQuorum(query: Uint8Array, heard: readonly AttributedObservation[]): Promise<boolean> {
    const answers = await this.all((oracle) =>
      oracle.ask((plugin) => plugin.observationQuorum(this.context, query, heard)),
    );
    return agreed('the quorum', answers, String);
  }

  async outcome(query: Uint8Array, heard: readonly AttributedObservation[]): Promise<Uint8Array> {
    const outcomes = await this.all((oracle) =>
      oracle.ask((plugin) => plugin.outcome(this.context, query, heard)),
    );
    return agreed('the outcome', outcomes, hex);
  }

  async reports(outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    const { seqNr } = this.context;
    const made = await this.all((oracle) => oracle.ask((plugin) => plugin.reports(seqNr, outcome)));
    return agreed('the reports', made, textOfReports);
  }

  async attested(
    made: readonly ReportPlus[],
  ): Promise<{ readonly reports: readonly AttestedReport[]; readonly refusedSignatures: number }> {
    const { parts, faults, speaking } = this;
    const { n, f, configDigest } = parts.config;
    const context = { configDigest, seqNr: this.context.seqNr };
    const rules = { quorum: byzantineQuorum(n, f), faults, dice: parts.dice };
    const reports: AttestedReport[] = [];
    let refusedSignatures = 0;
    for (const report of made) {
      const { signatures, refused } = attest(report, context, parts.keyrings, speaking, rules);
      refusedSignatures += refused;
      if (signatures === undefined) continue;
      const { reportWithInfo } = report;
      const transmitters = await this.transmitters(reportWithInfo);
      const selector = selectorOf(reportWithInfo);
      reports.push({ ...context, selector, report: reportWithInfo.report, signatures, transmitters });
    }
    return { reports, refusedSignatures };
  }

  private async transmitters(report: ReportWithInfo): Promise<readonly number[]> {
    const { seqNr } = this.context;
    const answers = await this.all(async (oracle, id) => {
      const accepts = await oracle.ask((plugin) => plugin.shouldAcceptAttestedReport(seqNr, report));
      if (!accepts) return [];
      const transmits = await oracle.ask((plugin) => plugin.shouldTransmitAcceptedReport(seqNr, report));
      return transmits ? [id] : [];
    });
    return answers.flat();
  }

  /** Every oracle that speaks, at the same time; answers in their order. */
  private all<T>(question: (oracle: PorOracle, id: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.speaking.map((id) => question(this.oracle(id), id)));
  }

  private oracle(id: number): PorOracle {
    const oracle = this.parts.oracles[id];
    if (oracle === undefined) throw new RangeError(`expected an oracle of the DON, got ${String(id)}`);
    return oracle;
  }
}

function isRefusal(error: unknown): false {
  if (error instanceof LaneError && error.kind === 'protocol') return false;
  throw error;
}
