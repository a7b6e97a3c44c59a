import type { Value, ValueMap } from '../../src/codec/values.ts';
import { encodeValue } from '../../src/codec/values-encode.ts';
import type { OracleObservations } from '../../src/contract/round.ts';
import type { Dice, Label } from './dice.ts';
import type { FaultName, Faults } from './faults.ts';
import { garbageEvents } from './garbage.ts';
import type { TriggerEvent } from './trigger-event.ts';

/** The events that may reach the oracles of one workflow in a round. */
export interface Delivery {
  readonly seqNr: bigint;
  readonly selector: bigint;
  /** Of the workflow's chain in this round; undefined: the chain has no report. */
  readonly own: TriggerEvent | undefined;
  /** Of the other chains in this round. */
  readonly others: readonly TriggerEvent[];
  /** Of every chain in the last round that had any. */
  readonly lastRound: readonly TriggerEvent[];
  /** Earlier ones of the workflow's chain, oldest first. */
  readonly past: readonly TriggerEvent[];
  /** Whether the events of the other chains come too, before the own one. */
  readonly ofEveryChain: boolean;
}

/** What one oracle's node has of the events: it gets those that it transmitted. */
interface Seen {
  readonly own: readonly TriggerEvent[];
  readonly others: readonly TriggerEvent[];
  readonly lastRound: readonly TriggerEvent[];
  readonly past: readonly TriggerEvent[];
}

/** What a fault makes of an oracle's list. */
type Disorder = (
  list: readonly TriggerEvent[],
  seen: Seen,
  dice: Dice,
  label: Label,
) => readonly TriggerEvent[];

/** In this order, when an oracle has several. */
const DISORDERS: Readonly<Partial<Record<FaultName, Disorder>>> = {
  lagging: (_list, { past }) => past.slice(-1),
  reordered: (_list, { lastRound, others, own }, dice, label) =>
    dice.shuffled([...lastRound, ...others, ...own], 'order', ...label),
  replayed: (list, { past }, dice, label) =>
    past.length === 0 ? list : [dice.pick(past, 'replay', ...label), ...list],
  duplicated: (list) => [...list, ...list.slice(-1)],
};

/** The lists of the oracles that are not silent; `observe` makes an observation of an event's outputs. */
export function deliver(
  delivery: Delivery,
  n: number,
  faults: Faults,
  dice: Dice,
  observe: (outputs: Value, event: TriggerEvent) => Value,
): readonly OracleObservations[] {
  const speaking = Array.from({ length: n }, (_, oracle) => oracle).filter(
    (oracle) => faults.get(oracle)?.has('silent') !== true,
  );
  return speaking.map((oracle) => ({
    oracle,
    values: observationsOf(delivery, oracle, faults, dice, observe).map(encodeValue),
  }));
}

function observationsOf(
  delivery: Delivery,
  oracle: number,
  faults: Faults,
  dice: Dice,
  observe: (outputs: Value, event: TriggerEvent) => Value,
): readonly Value[] {
  const own = faults.get(oracle) ?? new Set();
  const label = [delivery.seqNr, delivery.selector, oracle];
  const list = listOf(delivery, oracle, own, dice, label);
  const [spoilt] = list.slice(-1);
  if (!own.has('byzantine-bytes') || spoilt === undefined) {
    return list.map((event) => observe({ kind: 'map', entries: event.outputs }, event));
  }
  return garbageEvents(spoilt, dice, label).map((garbage) => observe(valueOf(garbage), spoilt));
}

function listOf(
  { own, others, lastRound, past, ofEveryChain }: Delivery,
  oracle: number,
  faults: ReadonlySet<FaultName>,
  dice: Dice,
  label: Label,
): readonly TriggerEvent[] {
  const seenBy = (events: readonly TriggerEvent[]): readonly TriggerEvent[] =>
    events.filter(({ attested }) => attested.transmitters.includes(oracle));
  const seen = {
    own: seenBy(own === undefined ? [] : [own]),
    others: seenBy(others),
    lastRound: seenBy(lastRound),
    past: seenBy(past),
  };
  const usual = own === undefined ? seen.others : ofEveryChain ? [...seen.others, ...seen.own] : seen.own;
  return Object.entries(DISORDERS)
    .filter(([name]) => faults.has(name as FaultName))
    .reduce((list, [, disorder]) => disorder(list, seen, dice, label), usual);
}

const valueOf = (garbage: ValueMap | Uint8Array): Value =>
  garbage instanceof Uint8Array ? { kind: 'bytes', value: garbage } : { kind: 'map', entries: garbage };
