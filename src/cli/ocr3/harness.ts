import type { RoundTaker } from '../../../harness/comparison.ts';
import { roundDigest } from '../../../harness/digest.ts';
import { Duplicates } from '../../../harness/duplicates.ts';
import { judge } from '../../../harness/verdict.ts';
import { toLaneError } from '../../../loopp/host/lane-errors.ts';
import type { DonConfig, HeldDon } from '../../../loopp/host/ocr3-don.ts';
import type { Ocr3Dons } from '../../../loopp/host/ocr3-dons.ts';
import { ocr3Round } from '../../../loopp/host/ocr3-round.ts';
import type { Ocr3Result } from '../../../loopp/host/ocr3-round.ts';
import { Ocr3RoundError } from '../../../loopp/host/ocr3-said.ts';
import { encodeReportInfo } from '../../../loopp/plugin/ocr3/report-info.ts';
import { executionId, outcomeContext } from '../../../loopp/wire/submission.ts';
import { CapabilityOutcome } from '../../codec/capability.ts';
import { ProtobufError } from '../../codec/protobuf.ts';
import type { Judgement } from '../../contract/judgement.ts';
import { LaneError } from '../../contract/lane.ts';
import type { Round } from '../../contract/round.ts';
import type { LaneAnswer, LaneObservation } from '../../contract/verdict.ts';
import { messageOf } from '../../errors.ts';
import type { Aggregations } from './aggregations.ts';
import { OCR3_ANSWER, encodeAnswer } from './answer.ts';
import { NoOcr3RoundError, donConfigOf } from './config.ts';
import { controlAnswer } from './control.ts';
import type { AggregateRound } from './control.ts';

/**
 * Holds whole rounds of OCR3: the LOOPP's oracles take each through the protocol, then the same rules over the
 * aggregator in this process make outcome and reports of what those oracles said.
 */
export class Ocr3Harness implements RoundTaker {
  /** Why rounds could not be held, and how many. */
  readonly unheld = new Map<string, number>();
  /** Of the rounds in which both sides had an answer. */
  readonly aggregations: Aggregations = { compared: 0, aggregated: 0 };
  private readonly dons: Ocr3Dons;
  private readonly aggregateRound: AggregateRound;
  private readonly duplicates = new Duplicates();

  constructor(dons: Ocr3Dons, aggregateRound: AggregateRound) {
    this.dons = dons;
    this.aggregateRound = aggregateRound;
  }

  take(round: Round): ReturnType<RoundTaker['take']> {
    const digest = roundDigest(round);
    const seen = this.duplicates.put(round.id, digest);
    if (seen === 'different') return { kind: 'conflict' };
    const known = { round, digest, stage: 'shadow', first: 'loopp', served: 'legacy' } as const;
    if (seen === 'same') {
      const verdict = { key: 'notCompared', reason: 'duplicate' } as const;
      return { kind: 'duplicate', judged: Promise.resolve({ ...known, verdict }) };
    }
    return { kind: 'taken', judged: this.judged(known) };
  }

  private async judged(known: Omit<Judgement, 'verdict'>): Promise<Judgement> {
    const { round } = known;
    let config: DonConfig;
    try {
      config = donConfigOf(round);
    } catch (error) {
      if (!(error instanceof NoOcr3RoundError)) throw error;
      this.unheld.set(error.message, (this.unheld.get(error.message) ?? 0) + 1);
      return { ...known, verdict: { key: 'notCompared', reason: 'no OCR3 round' } };
    }
    const held = await this.dons.hold(config, (don) => holdRound(don, round)).catch(failureOf);
    if ('error' in held) return { ...known, observations: { loopp: held }, verdict: { key: held.error } };
    const loopp = answered(encodeAnswer(held.outcome, held.reports), held.durationNs);
    const legacy = await this.control(round, config, held);
    if (legacy.kind === 'answer') this.count(round, held);
    return {
      ...known,
      observations: { legacy, loopp },
      verdict: judge(legacy, loopp, () => [], OCR3_ANSWER),
    };
  }

  private count(round: Round, { outcome }: Ocr3Result): void {
    this.aggregations.compared++;
    if (isAggregated(round, outcome)) this.aggregations.aggregated++;
  }

  private async control(round: Round, config: DonConfig, held: Ocr3Result): Promise<LaneObservation> {
    const start = process.hrtime.bigint();
    const durationNs = (): number => Number(process.hrtime.bigint() - start);
    try {
      const answer = await controlAnswer(this.aggregateRound, round, config, held);
      return answered(answer, durationNs());
    } catch (error) {
      const known = error instanceof LaneError ? error.kind : 'protocol';
      return { kind: 'failure', error: known, message: messageOf(error), durationNs: durationNs() };
    }
  }
}

/** Whether the outcome holds the round's execution; bytes that are no outcome hold nothing. */
function isAggregated(round: Round, outcome: Uint8Array): boolean {
  const { workflowExecutionId } = executionId(round);
  try {
    const { currentReports } = CapabilityOutcome.decode(outcome);
    return currentReports.some(({ id }) => id?.workflowExecutionId === workflowExecutionId);
  } catch (error) {
    if (error instanceof ProtobufError) return false;
    throw error;
  }
}

const answered = (outcome: Uint8Array, durationNs: number): LaneAnswer => ({
  kind: 'answer',
  outcome: { kind: 'outcome', outcome },
  durationNs,
});

async function holdRound(don: HeldDon, round: Round): Promise<Ocr3Result> {
  const held = await ocr3Round(don.oracles, round).catch((error: unknown) => {
    throw error instanceof Ocr3RoundError ? new LaneError('protocol', error.message) : error;
  });
  // A request waits until its report is accepted; the next round of this DON must not find it.
  if (held.reports.length === 0 && !(await forget(don, round))) don.discard();
  return held;
}

/** Accepts a report that says nothing, so that the request waits no longer; false when it waits on. */
async function forget({ oracles }: HeldDon, round: Round): Promise<boolean> {
  const context = outcomeContext(round);
  const info = encodeReportInfo({ id: executionId(round), shouldReport: false });
  const nothing = { report: new Uint8Array(), info };
  const queries = oracles.map(async ({ plugin }) => {
    await plugin.shouldAcceptAttestedReport(context.seqNr, nothing);
    return plugin.query(context);
  });
  return (await Promise.all(queries)).every((query) => query.length === 0);
}

function failureOf(error: unknown): Extract<LaneObservation, { readonly kind: 'failure' }> {
  const { kind, message } = toLaneError(error);
  return { kind: 'failure', error: kind, message, durationNs: 0 };
}
