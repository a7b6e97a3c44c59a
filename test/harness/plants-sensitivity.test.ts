import { beforeAll, describe, expect, test } from 'vitest';
import { arbitraryAnyRound } from '../../harness/arbitraries/any.ts';
import { generatedRounds } from '../../harness/fuzz.ts';
import { PLANTS, PLANT_NAMES } from '../../harness/plants.ts';
import { LATE_NS, LatenessBet } from '../../harness/plants/lateness.ts';
import { sensitivity } from '../../harness/plants/sensitivity.ts';
import type { Fault } from '../../harness/plants/sensitivity.ts';
import { Coin } from '../../harness/random.ts';
import { aggregate, legacyLane } from '../../legacy/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { errorOf, laneOf } from './fakes.ts';

const never = new AbortController().signal;
const lanes = () => ({ legacy: legacyLane(), loopp: laneOf((round) => aggregate(round), { name: 'loopp' }) });

let recorded: readonly Round[];
beforeAll(async () => {
  const [july = [], september = []] = await Promise.all(CAPTURES.map((file) => loadRounds(file)));
  recorded = july.flatMap((round, index) => [round, ...september.slice(index, index + 1)]);
});

function* rounds(): Generator<Round> {
  yield* recorded;
  yield* generatedRounds(arbitraryAnyRound(recorded), 1);
}

describe('every lie', () => {
  let faults: readonly Fault[];
  beforeAll(async () => {
    const options = { names: PLANT_NAMES, maxRounds: 10_000, signal: never };
    const result = await sensitivity(lanes(), rounds, options);
    expect(result.planted).toBe(PLANT_NAMES.length);
    expect(result.control.findings).toBe(0);
    faults = result.faults;
  });

  test.each(PLANT_NAMES)('%s is caught within 10,000 rounds', (name) => {
    const fault = faults.find((one) => one.name === name);
    expect(fault?.caught).toBe(true);
    expect(fault?.rounds).toBeLessThanOrEqual(10_000);
    const { lanes: where, lateMs } = PLANTS[name];
    const expected = where === 'both' ? 'witness' : lateMs === undefined ? 'verdict' : 'latency';
    expect(fault?.by).toBe(expected);
  });

  test('most are caught within 100', () => {
    const soon = faults.filter((fault) => fault.rounds !== null && fault.rounds <= 100);
    expect(soon.length).toBeGreaterThan(PLANT_NAMES.length * 0.8);
  });
});

function withoutWitness({ id, revision, f, config, previousOutcome, observations }: Round): Round {
  return { id, revision, f, config, previousOutcome, observations };
}

describe('what is not caught', () => {
  test('is said to be not caught: no sign to lose, no witness', async () => {
    const options = {
      names: ['lost-sign', 'codec-float', 'lost-report'],
      maxRounds: 50,
      signal: never,
    } as const;
    const result = await sensitivity(lanes(), () => recorded.slice(0, 50).map(withoutWitness), options);
    expect(result).toEqual({
      planted: 3,
      caught: 1,
      control: { rounds: 50, findings: 0 },
      faults: [
        { name: 'lost-sign', caught: false, rounds: null, by: null },
        { name: 'codec-float', caught: false, rounds: null, by: null },
        { name: 'lost-report', caught: true, rounds: 1, by: 'verdict' },
      ],
    });
  });

  test('lanes that differ by themselves prove nothing, and are counted', async () => {
    const broken = { legacy: legacyLane(), loopp: laneOf(() => errorOf('always')) };
    const options = { names: ['lost-report'], maxRounds: 20, signal: never } as const;
    const result = await sensitivity(broken, rounds, options);
    expect(result.control).toEqual({ rounds: 20, findings: 20 });
    expect(result.caught).toBe(0);
  });

  test('an aborted signal ends it', async () => {
    const options = { names: PLANT_NAMES, maxRounds: 20, signal: AbortSignal.abort() };
    const result = await sensitivity(lanes(), rounds, options);
    expect(result).toMatchObject({ planted: PLANT_NAMES.length, caught: 0, control: { rounds: 0 } });
  });
});

describe('lateness', () => {
  test('takes eleven late answers against none, and small differences do not count', () => {
    const bet = new LatenessBet();
    for (let count = 0; count < 10; count++) {
      bet.observe(LATE_NS);
      bet.observe(LATE_NS - 1);
      bet.observe(1 - LATE_NS);
    }
    expect(bet.isLate).toBe(false);
    bet.observe(LATE_NS);
    expect(bet.isLate).toBe(true);
  });

  test('an answer of the control that is late speaks against it', () => {
    const bet = new LatenessBet();
    bet.observe(-LATE_NS);
    for (let count = 0; count < 13; count++) bet.observe(LATE_NS);
    expect(bet.isLate).toBe(false);
    for (let count = 0; count < 3; count++) bet.observe(LATE_NS);
    expect(bet.isLate).toBe(true);
  });

  test('of 2,000 equally fast lanes, looked at after every round, next to none is called late', () => {
    let late = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const coin = new Coin(seed);
      const bet = new LatenessBet();
      for (let count = 0; count < 200 && !bet.isLate; count++) bet.observe(coin.toss() ? LATE_NS : -LATE_NS);
      if (bet.isLate) late++;
    }
    // 2 are expected at most; 9 or more have a probability below 0.1 %.
    expect(late).toBeLessThan(9);
  });
});
