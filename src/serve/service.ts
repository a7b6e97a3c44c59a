import type { PutResult } from '../../harness/distinct.ts';
import type { Served } from '../../harness/exchange.ts';
import type { ServingHarness } from '../../harness/serving.ts';
import { stickyKey } from '../../harness/sticky-key.ts';
import type { FlagSource } from '../contract/decision.ts';
import type { Round } from '../contract/round.ts';
import type { Stage } from '../contract/stage.ts';
import type { ServiceRecord } from './record.ts';
import type { Workflows } from './workflows.ts';

/** What the service stands on. */
export interface ServiceParts {
  readonly harness: ServingHarness;
  readonly flags: FlagSource;
  readonly record: ServiceRecord;
  readonly workflows: Workflows;
}

/** A round that is being served. */
export interface Taken {
  readonly stage: Stage;
  /** Whether the id came before: with the same bytes (not compared again), with others, or not at all. */
  readonly seen: PutResult;
  /** Neither promise rejects. */
  readonly served: Promise<Served>;
  readonly judged: Promise<void>;
}

/** Takes rounds, whatever source they come from: the flag decides the stage, the harness serves, the record counts. */
export class ShadowService {
  private readonly parts: ServiceParts;
  private serving = 0;

  constructor(parts: ServiceParts) {
    this.parts = parts;
  }

  /** Rounds taken and not yet served. */
  get inFlight(): number {
    return this.serving;
  }

  take(round: Round): Taken {
    const { harness, flags, record, workflows } = this.parts;
    const key = stickyKey(round);
    const decision = flags.decide(key);
    workflows.remember(key);
    const { served, judged, seen } = harness.serve(round, decision.stage);
    this.serving++;
    void served.finally(() => this.serving--);
    return {
      stage: decision.stage,
      seen,
      served,
      judged: record.expect(judged, decision, { conflict: seen === 'different' }),
    };
  }
}
