import { createHash } from 'node:crypto';
import { chainFamily, chainName } from '../../src/chains/selectors.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import type { AttestedReport } from './attestation.ts';
import { deliver } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { Dice } from './dice.ts';
import type { Faults } from './faults.ts';
import type { SimulatorOptions, SimulatorParts } from './options.ts';
import { RULES } from './revisions.ts';
import type { RevisionRules } from './revisions.ts';
import type { Tally } from './tally.ts';
import { eventId, triggerEvent } from './trigger-event.ts';
import type { TriggerEvent } from './trigger-event.ts';
import { Workflow } from './workflow.ts';

/** Of 100 rounds in which its chain has a report, in about so many an oracle gets the events of every chain. */
const OF_EVERY_CHAIN_PERCENT = 15;

/** The workflows over the events of a DON, one for each chain: they make the rounds that aggregators take. */
export class Workflows {
  private readonly options: SimulatorOptions;
  private readonly aggregate: SimulatorParts['aggregate'];
  private readonly configDigest: Uint8Array;
  private readonly dice: Dice;
  private readonly rules: RevisionRules;
  private readonly workflows: readonly Workflow[];
  private readonly accounts: ReadonlyMap<bigint, Value>;
  private lastRound: readonly TriggerEvent[] = [];
  /** Of the workflows' DON: rounds that brought an event. */
  private consensusSeqNr = 0;

  constructor(
    options: SimulatorOptions,
    aggregate: SimulatorParts['aggregate'],
    configDigest: Uint8Array,
    dice: Dice,
  ) {
    const { chains, revision } = options;
    this.options = options;
    this.aggregate = aggregate;
    this.configDigest = configDigest;
    this.dice = dice;
    this.rules = RULES[revision];
    this.workflows = chains.map(
      (selector, at) =>
        new Workflow(`securemint-${chainName(selector) ?? String(selector)}`, selector, at + 1, this.rules),
    );
    const solana = chains.filter((selector) => chainFamily(selector) === 'solana');
    this.accounts = new Map(solana.map((selector) => [selector, accountsOf(selector, dice)]));
  }

  /** One round for each workflow, or none without an event: nothing triggers them then. */
  async *rounds(
    reports: readonly AttestedReport[],
    seqNr: bigint,
    faults: Faults,
    tally: Tally,
  ): AsyncGenerator<Round> {
    if (reports.length === 0) return;
    this.consensusSeqNr++;
    const events = reports.map((report) => triggerEvent(report, this.rules));
    const { lastRound } = this;
    this.lastRound = events;
    for (const workflow of this.workflows) {
      const { selector, past } = workflow;
      const own = events.find((event) => event.selector === selector);
      const others = events.filter((event) => event.selector !== selector);
      const ofEveryChain = this.dice.chance(OF_EVERY_CHAIN_PERCENT, 'every chain', seqNr, selector);
      const delivery = { seqNr, selector, own, others, lastRound, past, ofEveryChain };
      const round = this.round(workflow, delivery, faults);
      workflow.advance(own, await this.aggregate?.(round), this.consensusSeqNr);
      tally.addRound(selector, own !== undefined);
      yield round;
    }
  }

  private round(workflow: Workflow, delivery: Delivery, faults: Faults): Round {
    const { f, n, revision } = this.options;
    const { name, config, previousOutcome } = workflow;
    return {
      id: this.idOf(delivery),
      workflow: name,
      revision,
      consensusSeqNr: this.consensusSeqNr,
      note: noteOf(delivery, faults),
      f,
      config,
      previousOutcome,
      observations: deliver(delivery, n, faults, this.dice, (outputs, event) =>
        this.rules.observation(outputs, this.accounts.get(event.selector)),
      ),
    };
  }

  /** As that of a workflow's execution, made of the event's: nobody else's, whatever was simulated before. */
  private idOf({ seqNr, selector }: Delivery): string {
    const { revision, faults } = this.options;
    const struck = faults.map(({ name, oracle, percent }) => [name, oracle ?? null, percent]);
    const text = JSON.stringify([revision, struck, eventId(seqNr), String(selector)]);
    return createHash('sha256').update(this.configDigest).update(text).digest('hex');
  }
}

function noteOf({ own, ofEveryChain, others }: Delivery, faults: Faults): string {
  const isWide = ofEveryChain && others.length > 0;
  const usual = isWide ? 'events of every chain in each list' : 'all oracles agree';
  const found = [...faults]
    .toSorted(([a], [b]) => a - b)
    .map(([oracle, names]) => `oracle ${String(oracle)} ${[...names].join(', ')}`);
  if (own === undefined) return ['no report for this chain', ...found].join('; ');
  return (found.length > 0 && !isWide ? found : [usual, ...found]).join('; ');
}

/** The state of the feeds' cache, which is written, and its program. */
function accountsOf(selector: bigint, dice: Dice): Value {
  const account = (number: number): Value => ({
    kind: 'map',
    entries: new Map<string, Value>([
      ['PublicKey', { kind: 'bytes', value: dice.bytes(32, 'account', selector, number) }],
      ['IsWritable', { kind: 'bool', value: number === 0 }],
      ['IsSigner', { kind: 'bool', value: false }],
    ]),
  });
  return { kind: 'list', items: [account(0), account(1)] };
}
