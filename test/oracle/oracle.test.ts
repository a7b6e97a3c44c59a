import * as fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { legacyLane } from '../../legacy/lane.ts';
import type { Lane, Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { arbitraryRound, plainRound } from '../helpers/arbitraries.ts';
import { bareEvents, wrapEvent } from '../helpers/bare-events.ts';
import { askLane, startLooppLane } from '../helpers/ask.ts';
import { CAPTURES, PROBES, VECTORS, loadRounds } from '../helpers/conformance.ts';
import { describeDisagreement, judge } from '../helpers/go-judge.ts';
import { GoBench, GoOracle, buildGoOracle, oracleLine, removeGoOracle } from '../helpers/go-oracle.ts';
import type { GoAnswer } from '../helpers/go-oracle.ts';

const TIMEOUT_MS = 300_000;
const everything = process.env['SECUREMINT_TEST'] === 'all';
const GENERATED = 5_000;
/** Fixed, so that a change is judged on the same rounds as the one before it; FC_SEED gives others. */
const SEED = Number(process.env['FC_SEED'] ?? 20_250_904);

// Building the oracle downloads Go modules, which the plain test run must not.
describe.skipIf(!everything)('the real Go aggregator', { timeout: TIMEOUT_MS }, () => {
  let binary: string;
  let oracle: GoOracle;

  beforeAll(async () => {
    binary = await buildGoOracle();
    oracle = new GoOracle(binary);
    console.log(`seed of the generated rounds: ${String(SEED)} (others with FC_SEED)`);
  }, TIMEOUT_MS);
  afterAll(removeGoOracle);

  describe('the oracle itself', () => {
    test.each([
      { file: VECTORS[1] ?? '', comparable: 510 },
      { file: CAPTURES[1] ?? '', comparable: 900 },
    ])('gives the answers that were recorded: $file', async ({ file, comparable }) => {
      const rounds = onlyComparable(await loadRounds(file));
      const answers = await oracle.answers(rounds.map(({ bare }) => bare));
      const wrong = rounds.filter(({ round }, index) => !keysOf(round).includes(keyOf(answers[index])));
      expect(rounds).toHaveLength(comparable);
      expect(wrong.map(({ round }) => round.id)).toEqual([]);
    });

    test('gives all the answers that the probes list, and no others', async () => {
      const probes = await loadRounds(PROBES);
      const rounds = onlyComparable(probes);
      const sets = await oracle.allAnswers(
        rounds.map(({ bare }) => bare),
        100,
      );
      expect(rounds).toHaveLength(probes.length);
      expect(sets.map((set) => set.map(keyOf).toSorted())).toEqual(rounds.map(({ round }) => keysOf(round)));
    });

    test('tells bytes that no node can decode from an answer', async () => {
      const text = Uint8Array.of(0x0a, 1, 0xff);
      const round = plainRound({ round: { observations: [{ oracle: 0, values: [text] }] } });
      const [answer] = await oracle.answers([round]);
      expect(answer).toEqual({ kind: 'invalid', reason: expect.stringContaining('invalid UTF-8') });
      expect(await askLane(legacyLane(), [round])).toEqual([undefined]);
    });

    test('times its rounds', async () => {
      const file = join(dirname(binary), 'rounds.jsonl');
      const rounds = onlyComparable([plainRound({ oracles: 4 }), plainRound({ oracles: 7 })]);
      writeFileSync(file, rounds.map(({ bare }) => `${oracleLine(bare)}\n`).join(''));
      const bench = new GoBench(binary, file, 3);
      const blocks = [await bench.block(), await bench.block()];
      await bench.close();
      expect(blocks.map((block) => block.rounds)).toEqual([6, 6]);
      expect(blocks.every(({ nanoseconds }) => nanoseconds > 0)).toBe(true);
    });
  });

  describe.each([
    ['legacy', (): Promise<Lane> => Promise.resolve(legacyLane())],
    ['loopp', startLooppLane],
  ] as const)('the %s lane answers as it does', (_, start) => {
    let lane: Lane;

    beforeAll(async () => {
      lane = await start();
    });
    afterAll(() => lane.close());

    const answers = async (rounds: readonly Round[]): Promise<readonly Outcome[]> =>
      (await askLane(lane, rounds)).map((answer) => answer ?? { kind: 'error', error: 'refused' });

    test(`on ${String(GENERATED)} generated rounds`, async () => {
      const arbitrary = arbitraryRound({ revision: '2025-09', families: ['evm', 'other'] });
      const rounds = fc.sample(arbitrary, { numRuns: GENERATED, seed: SEED });
      const { judged, disagreements } = await judge(oracle, rounds, answers);
      expect(disagreements.map(describeDisagreement)).toEqual([]);
      expect(judged).toBeGreaterThan(GENERATED / 2);
    });

    test('on events with damaged bytes: both refuse them, or both read the same', async () => {
      const rounds = fc.sample(damagedRound(await loadRounds(PROBES)), { numRuns: GENERATED, seed: SEED });
      const go = await oracle.answers(rounds.map(({ bare }) => bare));
      const isInvalid = (index: number): boolean => go[index]?.kind === 'invalid';
      const readable = rounds.filter((_round, index) => !isInvalid(index)).map(({ wrapped }) => wrapped);
      const refused = rounds.filter((_round, index) => isInvalid(index)).map(({ wrapped }) => wrapped);
      const ours = await askLane(lane, refused);
      expect(refused.filter((_round, index) => ours[index] !== undefined).map(describeBytes)).toEqual([]);
      const { judged, disagreements } = await judge(oracle, readable, answers);
      expect(disagreements.map(describeDisagreement)).toEqual([]);
      expect(refused.length).toBeGreaterThan(GENERATED / 10);
      expect(judged).toBeGreaterThan(GENERATED / 10);
    });
  });
});

interface Comparable {
  readonly round: Round;
  readonly bare: Round;
}

function onlyComparable(rounds: readonly Round[]): readonly Comparable[] {
  return rounds.flatMap((round) => {
    const bare = bareEvents(round);
    return bare === undefined ? [] : [{ round, bare }];
  });
}

function keysOf(round: Round): readonly string[] {
  return (round.witness?.answers ?? []).map(keyOf).toSorted();
}

function keyOf(answer: GoAnswer | undefined): string {
  return answer?.kind === 'outcome'
    ? Buffer.from(answer.outcome).toString('base64')
    : JSON.stringify(answer ?? 'no answer');
}

/** A probe's event with one byte changed, removed or put in, wrapped and bare. */
function damagedRound(probes: readonly Round[]): fc.Arbitrary<{ wrapped: Round; bare: Round }> {
  // A refused configuration or a null event would hide what the damage does.
  const answered = probes.filter((probe) => probe.witness?.answers.every(({ kind }) => kind === 'outcome'));
  const events = onlyComparable(answered).map(({ bare }) => bare);
  return fc
    .record({
      bare: fc.constantFrom(...events),
      at: fc.nat(),
      damage: fc.constantFrom<Damage[]>('change', 'remove', 'insert'),
      byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x22, 0x2a)),
    })
    .map(({ bare, at, damage, byte }) => {
      const event = damaged(bare.observations[0]?.values[0] ?? new Uint8Array(), at, damage, byte);
      const holding = (value: Uint8Array): Round => ({
        ...bare,
        observations: [{ oracle: 0, values: [value] }],
      });
      return { wrapped: holding(wrapEvent(event)), bare: holding(event) };
    });
}

type Damage = 'change' | 'remove' | 'insert';

function damaged(bytes: Uint8Array, at: number, damage: Damage, byte: number): Uint8Array {
  const offset = at % Math.max(bytes.length, 1);
  const rest = damage === 'insert' ? offset : offset + 1;
  const put = damage === 'remove' ? [] : [byte];
  return Uint8Array.from([...bytes.subarray(0, offset), ...put, ...bytes.subarray(rest)]);
}

function describeBytes({ id, note, observations }: Round): string {
  const [value = new Uint8Array()] = observations[0]?.values ?? [];
  return `${id} (${note ?? ''}): ${Buffer.from(value).toString('hex')}`;
}
