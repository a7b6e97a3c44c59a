import type { Decision, FlagSource, FlagState } from '../contract/decision.ts';
import type { Stage } from '../contract/stage.ts';
import { allIn } from './shares.ts';

/** One stage for every round, by configuration. */
export class FixedSource implements FlagSource {
  private stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** From the next round on. */
  set(stage: Stage): void {
    this.stage = stage;
  }

  decide(): Decision {
    return { stage: this.stage, reason: 'fixed', flagAgeMs: undefined };
  }

  state(): FlagState {
    return {
      kind: 'fixed',
      name: undefined,
      polling: 'fixed',
      flagAgeMs: undefined,
      problem: undefined,
      enabled: this.stage !== 'off',
      shares: allIn(this.stage),
      revision: undefined,
    };
  }

  async close(): Promise<void> {
    // Nothing was started.
  }
}
