import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../../loopp/simulator/faults.ts';
import type { LooppLane } from '../../../loopp/host/lane.ts';
import type { Revision, Round } from '../../../src/contract/round.ts';
import { OWN_PLUGIN, Sandbox } from '../host/sandbox.ts';
import { always, eventIn, eventsOf, lanesAgree, movingWorld, simulate } from './simulation.ts';
import type { SeenEvent, Simulated } from './simulation.ts';

let sandbox: Sandbox;
let lane: LooppLane;
let honest: Simulated;
beforeAll(async () => {
  sandbox = new Sandbox();
  ({ lane } = await sandbox.started(OWN_PLUGIN));
  honest = await simulated([]);
});
afterAll(() => sandbox.end());

/** Over a world that all see alike: with every other difference there, a fault's effect stands alone. */
const simulated = (
  faults: readonly Fault[],
  { rounds = 6, revision = '2025-09' }: { readonly rounds?: number; readonly revision?: Revision } = {},
): Promise<Simulated> => simulate({ rounds, faults, revision, world: movingWorld, ...chainsOf(revision) });

/** Selectors above 2^63 and Solana came later. */
const chainsOf = (revision: Revision): { readonly chains?: readonly bigint[] } =>
  revision === '2025-07' ? { chains: movingWorld.chains.slice(1) } : {};

/** What one oracle reported in each round. */
const listsOf = (rounds: readonly Round[], oracle: number): readonly (readonly SeenEvent[])[] =>
  rounds.map((round) => eventsOf(round).get(oracle) ?? []);

const seqNrs = (events: readonly SeenEvent[]): readonly number[] => events.map(({ seqNr }) => Number(seqNr));

/** Without one oracle. */
const without = (rounds: readonly Round[], oracle: number): readonly unknown[] =>
  rounds.map(({ observations }) => observations.filter((own) => own.oracle !== oracle));

const signersIn = (rounds: readonly Round[]): ReadonlySet<number> =>
  new Set(
    rounds.flatMap((round) =>
      [...eventsOf(round).values()]
        .flat()
        .flatMap(({ signatures }) => signatures.map(({ signer }) => signer)),
    ),
  );

test('without faults every oracle says the same, and the lanes agree', async () => {
  expect(honest.rounds).toHaveLength(15);
  const outcomes = await lanesAgree(honest.rounds, lane);
  expect(outcomes.every(({ kind }) => kind === 'outcome')).toBe(true);
  expect(honest.simulator.tally).toMatchObject({ refusedObservations: 0, refusedSignatures: 0 });
  expect(signersIn(honest.rounds)).toEqual(new Set([0, 1, 2, 3]));
});

test('silent: is in no round and signs nothing', async () => {
  const { rounds } = await simulated([always('silent', 2)]);
  expect(rounds).toHaveLength(15);
  expect(rounds.every((round) => [...eventsOf(round).keys()].join() === '0,1,3')).toBe(true);
  expect(signersIn(rounds)).toEqual(new Set([0, 1, 3]));
  await lanesAgree(rounds, lane);
});

test('lagging: is one report behind, with nothing before the first, and moves no other', async () => {
  const { rounds } = await simulated([always('lagging', 2)]);
  expect(listsOf(rounds, 2).map(seqNrs)).toEqual([
    [],
    [],
    [],
    ...[2, 3, 4, 5].flatMap((n) => [[n], [n], [n]]),
  ]);
  expect(without(rounds, 2)).toEqual(without(honest.rounds, 2));
  await lanesAgree(rounds, lane);
});

const isTrue = ({ selector, block, mintable }: SeenEvent): boolean =>
  mintable === movingWorld.mintable(selector, block, 0);

describe('lying', () => {
  test('f oracles move nothing: every event is the same, byte for byte', async () => {
    const { rounds, simulator } = await simulated([always('lying', 3)]);
    expect(rounds.map(({ observations }) => observations)).toEqual(
      honest.rounds.map(({ observations }) => observations),
    );
    expect(rounds.every((round) => [...eventsOf(round).values()].flat().every(isTrue))).toBe(true);
    expect(simulator.tally.strikes).toEqual(new Map([['lying', 6]]));
    expect(rounds[0]?.note).toMatch(/(^|; )oracle 3 lying$/);
    await lanesAgree(rounds, lane);
  });

  test('more than f do', async () => {
    const { rounds } = await simulated([2, 3].map((oracle) => always('lying', oracle)));
    const events = rounds.flatMap((round) => [...eventsOf(round).values()].flat());
    // Blocks far ahead, which honest oracles' nodes never reach, and the liars' amounts there.
    expect(events.length).toBeGreaterThan(20);
    expect(events.filter(isTrue)).toEqual([]);
    await lanesAgree(rounds, lane);
  });
});

test('duplicated: gets its event twice', async () => {
  const { rounds } = await simulated([always('duplicated', 1)]);
  for (const [at, values] of rounds.map(({ observations }) => observations[1]?.values ?? []).entries()) {
    const usual = honest.rounds[at]?.observations[1]?.values ?? [];
    expect(values).toEqual([...usual, usual.at(-1)]);
  }
  expect(without(rounds, 1)).toEqual(without(honest.rounds, 1));
  await lanesAgree(rounds, lane);
});

test('replayed: an event of before comes before the new one', async () => {
  const { rounds } = await simulated([always('replayed', 1)]);
  expect(listsOf(rounds, 1).slice(0, 3)).toEqual(listsOf(honest.rounds, 1).slice(0, 3));
  for (const [at, [first, ...rest]] of listsOf(rounds, 1).slice(3).entries()) {
    expect(rest).toEqual(listsOf(honest.rounds, 1)[at + 3]);
    expect(first?.seqNr).toBeLessThan(rest.at(-1)?.seqNr ?? 0n);
    expect(first?.selector).toBe(rest.at(-1)?.selector);
  }
  expect(without(rounds, 1)).toEqual(without(honest.rounds, 1));
  await lanesAgree(rounds, lane);
});

test('reordered: events of this and the last round come in any order', async () => {
  const { rounds } = await simulated([always('reordered', 1)]);
  const seen = listsOf(rounds, 1).slice(3);
  for (const [at, events] of seen.entries()) {
    const seqNr = 3 + Math.floor(at / 3);
    const ordered = seqNrs(events).toSorted((a, b) => a - b);
    expect(ordered).toEqual([...Array(3).fill(seqNr - 1), ...Array(3).fill(seqNr)]);
  }
  const orders = seen.map((events) =>
    events.map(({ selector, seqNr }) => String([selector, seqNr % 2n])).join(),
  );
  expect(new Set(orders).size).toBeGreaterThan(4);
  await lanesAgree(rounds, lane);
});

test('byzantine-bytes: neither observation nor signature is taken, and no event is one', async () => {
  const { rounds, simulator } = await simulated([always('byzantine-bytes', 0)], { rounds: 16 });
  expect(rounds).toHaveLength(45);
  expect(simulator.tally).toMatchObject({ ocrRounds: 16, withoutOutcome: 0, refusedObservations: 16 });
  expect(simulator.tally.refusedSignatures).toBeGreaterThan(20);
  const clean = rounds.map((round) => ({
    ...round,
    observations: round.observations.filter(({ oracle }) => oracle !== 0),
  }));
  expect(signersIn(clean)).toEqual(new Set([1, 2, 3]));
  const truth = new Set(
    clean.flatMap(({ observations }) =>
      observations.flatMap(({ values }) => values.map((value) => Buffer.from(value).toString('hex'))),
    ),
  );
  const garbage = rounds.flatMap(({ observations }) => observations[0]?.values ?? []);
  expect(garbage.length).toBeGreaterThan(45);
  expect(garbage.filter((value) => truth.has(Buffer.from(value).toString('hex')))).toEqual([]);
  const outcomes = await lanesAgree(rounds, lane);
  // An amount under signatures that are not its own is among them, and aggregators look at no signature.
  const forged = garbage.filter((value) => isForged(value, clean));
  expect(forged.length).toBeGreaterThan(0);
  const answers = await lanesAgree(clean, lane);
  expect(outcomes).not.toEqual(answers);
});

/** An event whose report nobody signed, but which can be read. */
function isForged(value: Uint8Array, rounds: readonly Round[]): boolean {
  try {
    const { seqNr, selector, mintable } = eventIn(value);
    const told = rounds.flatMap((round) => [...eventsOf(round).values()].flat());
    return told.some(
      (event) => event.seqNr === seqNr && event.selector === selector && event.mintable !== mintable,
    );
  } catch {
    return false;
  }
}

describe('too many faults', () => {
  test('more than f silent oracles leave the DON without an outcome', async () => {
    const { rounds, simulator } = await simulated([always('silent', 0), always('silent', 1)]);
    expect(rounds).toEqual([]);
    expect(simulator.tally).toMatchObject({ ocrRounds: 6, withoutOutcome: 6, reports: 0 });
  });

  test('and so does one that is silent and one that sends garbage', async () => {
    const { simulator } = await simulated([always('silent', 0), always('byzantine-bytes', 1)]);
    expect(simulator.tally).toMatchObject({ withoutOutcome: 6, refusedObservations: 6, reports: 0 });
  });

  test('it goes on, without a gap, when there are enough again', async () => {
    const half = [0, 1].map((oracle): Fault => ({ name: 'silent', oracle, percent: 50 }));
    const { rounds, simulator } = await simulated(half, { rounds: 16 });
    const { withoutOutcome } = simulator.tally;
    expect(withoutOutcome).toBeGreaterThan(0);
    const seen = new Set(rounds.flatMap((round) => seqNrs(listsOf([round], 2)[0] ?? [])));
    expect([...seen]).toEqual(Array.from({ length: 15 - withoutOutcome }, (_, at) => at + 2));
    await lanesAgree(rounds, lane);
  });
});

describe('in 2025-07', () => {
  test('events are bare, and the lanes agree', async () => {
    const { rounds } = await simulated([], { revision: '2025-07' });
    expect(rounds).toHaveLength(10);
    const outcomes = await lanesAgree(rounds, lane);
    expect(outcomes.every(({ kind }) => kind === 'outcome')).toBe(true);
    expect(new Set(rounds.map(({ revision }) => revision))).toEqual(new Set(['2025-07']));
  });

  test('an event that is replayed is too old: both lanes say so alike', async () => {
    const { rounds } = await simulated([always('replayed', 1)], { revision: '2025-07' });
    const outcomes = await lanesAgree(rounds, lane);
    const errors = outcomes.flatMap((outcome) => (outcome.kind === 'error' ? [outcome.error] : []));
    expect(errors.length).toBeGreaterThan(3);
    for (const error of errors) {
      expect(error).toMatch(
        /^failed to extract and validate reports: sequence number too low: all reports had sequence numbers <= [2-6]$/,
      );
    }
  });

  test('garbage is answered alike', async () => {
    const { rounds } = await simulated([always('byzantine-bytes', 0)], { revision: '2025-07', rounds: 12 });
    expect(rounds).toHaveLength(22);
    await lanesAgree(rounds, lane);
  });
});
