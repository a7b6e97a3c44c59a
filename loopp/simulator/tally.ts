import type { FaultName, Faults } from './faults.ts';
import type { OcrRound } from './ocr-round.ts';

/** What came of one chain's workflow. */
export interface ChainTally {
  /** Rounds for an aggregator. */
  rounds: number;
  /** Those of them in which the chain had a report. */
  reports: number;
}

/** What a simulation came to so far. */
export class Tally {
  /** Rounds of OCR. */
  ocrRounds = 0;
  /** Those of them in which too few oracles could be heard. */
  withoutOutcome = 0;
  /** Those of them with an outcome in which no chain had anything new. */
  withoutReport = 0;
  reports = 0;
  /** Under the reports, all of them checked. */
  signatures = 0;
  refusedObservations = 0;
  refusedSignatures = 0;
  /** How often each fault struck an oracle. */
  readonly strikes = new Map<FaultName, number>();
  /** By selector, in the order of the options. */
  readonly chains: ReadonlyMap<bigint, ChainTally>;

  constructor(chains: readonly bigint[]) {
    this.chains = new Map(chains.map((selector) => [selector, { rounds: 0, reports: 0 }]));
  }

  /** Rounds for an aggregator, of all chains. */
  get rounds(): number {
    return [...this.chains.values()].reduce((sum, { rounds }) => sum + rounds, 0);
  }

  addOcrRound({ outcome, reports, refusedObservations, refusedSignatures }: OcrRound, faults: Faults): void {
    this.ocrRounds++;
    if (outcome === undefined) this.withoutOutcome++;
    else if (reports.length === 0) this.withoutReport++;
    this.reports += reports.length;
    this.signatures += reports.reduce((sum, { signatures }) => sum + signatures.length, 0);
    this.refusedObservations += refusedObservations;
    this.refusedSignatures += refusedSignatures;
    for (const name of [...faults.values()].flatMap((names) => [...names])) {
      this.strikes.set(name, (this.strikes.get(name) ?? 0) + 1);
    }
  }

  addRound(selector: bigint, hasReport: boolean): void {
    const chain = this.chains.get(selector);
    if (chain === undefined) return;
    chain.rounds++;
    if (hasReport) chain.reports++;
  }
}
