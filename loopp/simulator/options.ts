import type { Outcome } from '../../src/contract/lane.ts';
import type { Revision, Round } from '../../src/contract/round.ts';
import type { Fault } from './faults.ts';
import type { OracleHost } from './oracle-host.ts';
import type { World } from './world.ts';

/** What is simulated. The rounds are a function of this alone. */
export interface SimulatorOptions {
  /** Rounds of OCR, 1 or more. */
  readonly rounds: number;
  /** 0 to 2^32-1. */
  readonly seed: number;
  /** Oracles, 1 to 31: libocr takes no more. */
  readonly n: number;
  /** Tolerated faulty oracles, less than n / 3. */
  readonly f: number;
  /** Selectors of the chains, each once, one workflow for each. The revision must know their families. */
  readonly chains: readonly bigint[];
  readonly revision: Revision;
  readonly faults: readonly Fault[];
  /** Default: one that is drawn by seed, with exactly `chains`. */
  readonly world?: World;
}

/** What the simulator stands on. */
export interface SimulatorParts {
  /** Where the oracles have their plugins; the simulator starts and ends it. */
  readonly host: OracleHost;
  /**
   * What the workflows come to in a round: it becomes their previous outcome. Absent: rounds have no previous outcome.
   * Must be pure.
   */
  readonly aggregate?: (round: Round) => Outcome | Promise<Outcome>;
}

/** libocr takes no more oracles. */
export const MAX_ORACLES = 31;
