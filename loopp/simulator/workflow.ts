import { AggregationOutcome } from '../../src/codec/capability.ts';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { RevisionRules } from './revisions.ts';
import type { TriggerEvent } from './trigger-event.ts';

/** Earlier events that may be delivered again. */
const REMEMBERED_EVENTS = 8;

/** A workflow that writes one chain's amounts: what it is configured with and what it carries from round to round. */
export class Workflow {
  readonly name: string;
  readonly selector: bigint;
  /** `values.v1.Map`. */
  readonly config: Uint8Array;
  /** `AggregationOutcome`; null before the first. */
  previousOutcome: Uint8Array | null = null;
  /** Oldest first. */
  past: readonly TriggerEvent[] = [];
  private readonly rules: RevisionRules;

  /** `number`: the feed's, from 1. */
  constructor(name: string, selector: bigint, number: number, rules: RevisionRules) {
    this.name = name;
    this.selector = selector;
    this.rules = rules;
    const dataId = `0x01c508${number.toString(16).padStart(26, '0')}`;
    this.config = encodeValueMap(rules.config(selector, dataId));
  }

  /**
   * Goes on to the next round as the capability does (docs/spec/aggregator.md G.3): an aggregation error leaves what there
   * is. `outcome` undefined: nobody aggregates, and there never is a previous outcome.
   */
  advance(event: TriggerEvent | undefined, outcome: Outcome | undefined, consensusSeqNr: number): void {
    if (event !== undefined) this.past = [...this.past, event].slice(-REMEMBERED_EVENTS);
    if (outcome?.kind === 'outcome') this.previousOutcome = outcome.outcome;
    if (this.previousOutcome === null || !this.rules.overwritesLastSeenAt) return;
    this.previousOutcome = AggregationOutcome.encode({
      ...AggregationOutcome.decode(this.previousOutcome),
      lastSeenAt: BigInt(consensusSeqNr),
    });
  }
}
