import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { arbitraryAnyRound } from '../../harness/arbitraries/any.ts';
import { arbitraryMutation } from '../../harness/arbitraries/mutation.ts';
import { fuzz, generatedRounds } from '../../harness/fuzz.ts';
import type { AskLanes, FuzzOptions, Fuzzed } from '../../harness/fuzz.ts';
import { findingOf } from '../../harness/groups/cause.ts';
import { Harness } from '../../harness/harness.ts';
import { plantLanes } from '../../harness/plants.ts';
import type { PlantName } from '../../harness/plants.ts';
import { targetChain } from '../../harness/target-chain.ts';
import { aggregate, legacyLane } from '../../legacy/lane.ts';
import { aggregate as aggregateInPlugin } from '../../loopp/plugin/aggregation/aggregate.ts';
import type { Round } from '../../src/contract/round.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { lineOf } from '../helpers/cli.ts';
import { laneOf } from './fakes.ts';

/** The plugin's aggregation without its process. */
const inPlugin = laneOf(({ previousOutcome, ...round }) =>
  aggregateInPlugin({ ...round, previousOutcome: previousOutcome ?? undefined }),
);

function asking(name?: PlantName): AskLanes {
  const honest = { legacy: legacyLane(), loopp: inPlugin };
  const harness = new Harness({ ...(name === undefined ? honest : plantLanes(honest, name)), seed: 1 });
  let asked = 0;
  return async (round) => {
    const taken = harness.take({ ...round, id: String(++asked) });
    if (taken.kind === 'conflict') throw new Error('conflict');
    return findingOf(await taken.judged);
  };
}

let recorded: readonly Round[];
beforeAll(async () => {
  recorded = (await loadRounds(...CAPTURES)).filter((_, index) => index % 20 === 0);
});

function fuzzed(name: PlantName | undefined, options: Partial<FuzzOptions> = {}): Promise<Fuzzed> {
  const all = { rounds: 300, seed: 5, maxTries: 3000, signal: new AbortController().signal, ...options };
  return fuzz(arbitraryAnyRound(recorded), asking(name), all);
}

describe('honest lanes', () => {
  test('agree on 300 rounds', async () => {
    const { rounds, verdicts, counterexample } = await fuzzed(undefined);
    expect(counterexample).toBeUndefined();
    expect(rounds).toBe(300);
    expect(Object.keys(verdicts).toSorted()).toEqual(['bothFailedAlike', 'match']);
    expect((verdicts.match ?? 0) + (verdicts.bothFailedAlike ?? 0)).toBe(300);
    expect(verdicts.match).toBeGreaterThan(100);
  });
});

describe.each<PlantName>(['swapped-packing', 'lost-sign', 'error-text-changed'])('%s', (name) => {
  test('is found, and shrinks to at most two oracles with one event each', async () => {
    const { counterexample, rounds, verdicts } = await fuzzed(name);
    expect(counterexample?.foundAt).toBeLessThanOrEqual(rounds);
    const { observations = [] } = counterexample?.round ?? {};
    expect(observations.length).toBeLessThanOrEqual(2);
    for (const { values } of observations) expect(values.length).toBeLessThanOrEqual(1);
    const verdict = counterexample?.finding.verdict ?? 'match';
    expect(verdict).toBe(name === 'error-text-changed' ? 'bothFailedDifferently' : 'mismatch');
    expect(verdicts[verdict]).toBeGreaterThan(0);
    // The round alone shows it, to lanes that have seen nothing else.
    const again = counterexample && (await asking(name)(counterexample.round));
    expect(again?.verdict).toBe(verdict);
  });

  test('gives the same counterexample with the same seed, and another one with another', async () => {
    const first = await fuzzed(name);
    expect(await fuzzed(name)).toEqual(first);
    expect((await fuzzed(name, { seed: 6 })).counterexample?.round.id).not.toBe(
      first.counterexample?.round.id,
    );
  });
});

describe('limits', () => {
  test('without tries the round is shown as it was generated', async () => {
    const { counterexample } = await fuzzed('lost-report', { maxTries: 0 });
    expect(counterexample).toMatchObject({ tries: 0, ended: true, finding: { verdict: 'mismatch' } });
    const [generated] = [...firstOf(generatedRounds(arbitraryAnyRound(recorded), 5), 300)].slice(
      (counterexample?.foundAt ?? 0) - 1,
    );
    expect(counterexample?.round.observations).toEqual(generated?.observations);
  });

  test('never more tries than allowed', async () => {
    const { counterexample } = await fuzzed('lost-report', { maxTries: 40 });
    expect(counterexample?.tries).toBeGreaterThan(20);
    expect(counterexample?.tries).toBeLessThanOrEqual(40);
    expect(counterexample?.ended).toBe(true);
  });

  test('an aborted signal ends it before the next rounds', async () => {
    expect(await fuzzed(undefined, { signal: AbortSignal.abort() })).toEqual({ rounds: 0, verdicts: {} });
  });

  test('progress counts rounds, then tries', async () => {
    const seen: [number, number][] = [];
    const signal = new AbortController().signal;
    const options = { rounds: 300, seed: 5, maxTries: 30, signal };
    await fuzz(arbitraryAnyRound([]), asking('lost-report'), options, ({ rounds, tries }) => {
      seen.push([rounds, tries]);
    });
    expect(seen.at(-1)?.[1]).toBeLessThanOrEqual(30);
    expect(seen.map(([, tries]) => tries)).toEqual(seen.map((_, index) => index + 1));
  });
});

function* firstOf<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

describe('generated rounds', () => {
  test('are the same for a seed, each with an id of its own, and without a witness', () => {
    const some = [...firstOf(generatedRounds(arbitraryAnyRound(recorded), 9), 200)];
    const again = [...firstOf(generatedRounds(arbitraryAnyRound(recorded), 9), 200)];
    expect(again.map(lineOf)).toEqual(some.map(lineOf));
    expect(new Set(some.map(({ id }) => id)).size).toBe(200);
    expect(some.every(({ witness }) => witness === undefined)).toBe(true);
  });

  test('cover revisions, chains, previous outcomes, reports and errors', () => {
    const some = [...firstOf(generatedRounds(arbitraryAnyRound(recorded), 10), 1000)];
    const share = (holds: (round: Round) => boolean): number => some.filter(holds).length / some.length;
    expect(share(({ revision }) => revision === '2025-07')).toBeGreaterThan(0.3);
    expect(share(({ revision }) => revision === '2025-09')).toBeGreaterThan(0.3);
    expect(share(({ previousOutcome }) => previousOutcome !== null)).toBeGreaterThan(0.2);
    expect(share((round) => aggregate(round).kind === 'error')).toBeGreaterThan(0.1);
    const chains = new Set(some.map(({ config }) => targetChain(config)));
    for (const chain of ['ethereum-mainnet', 'solana-devnet', 'aptos-mainnet'])
      expect(chains).toContain(chain);
  });

  test('mutations of recorded rounds stay readable, and most differ from what was recorded', () => {
    const inputs = new Set(recorded.map((round) => JSON.stringify(inputOf(round))));
    let changed = 0;
    fc.assert(
      fc.property(arbitraryMutation(recorded), (round) => {
        if (!inputs.has(JSON.stringify(inputOf(round)))) changed++;
        expect(['outcome', 'error']).toContain(aggregate(round).kind);
      }),
      { numRuns: 500 },
    );
    expect(changed).toBeGreaterThan(300);
  });
});

function inputOf({ revision, f, config, previousOutcome, observations }: Round): unknown {
  return { revision, f, config, previousOutcome, observations };
}
