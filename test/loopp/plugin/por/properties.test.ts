import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_AMOUNT, isAmount } from '../../../../loopp/plugin/por/amount.ts';
import { checkObservation } from '../../../../loopp/plugin/por/checks.ts';
import { porLimits } from '../../../../loopp/plugin/por/limits.ts';
import {
  decodeObservation,
  decodeOutcome,
  encodeObservation,
  encodeOutcome,
  mintablesText,
} from '../../../../loopp/plugin/por/messages.ts';
import type { Observation, PorOutcome } from '../../../../loopp/plugin/por/messages.ts';
import { nextOutcome } from '../../../../loopp/plugin/por/outcome.ts';
import type { PorRules } from '../../../../loopp/plugin/por/rules.ts';
import { packSelector } from '../../../../loopp/wire/upstream-values.ts';
import type { Blocks, ExternalAdapter, Mintables } from '../../../../src/contract/external-adapter.ts';
import type { ReportingPlugin } from '../../../../src/contract/reporting-plugin.ts';
import { configureSeed } from '../../../helpers/seed.ts';
import {
  FIRST_ROUND,
  NONE,
  QUERY,
  bytesOf,
  contextAfter,
  offchainConfigOf,
  payloadOf,
  pluginOf,
} from './builders.ts';
import { World } from './don.ts';

configureSeed();

const MAX_CHAINS = 4;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Few, so that oracles speak of the same ones, and of different lengths as text. */
const SELECTORS = [1n, 9n, 10n, 100n, 729797994450396300n, MAX_UINT64];
const arbitrarySelector = fc.constantFrom(...SELECTORS);
const arbitraryBlock = fc.oneof(
  fc.bigInt({ min: 0n, max: 9n }),
  fc.constant(MAX_UINT64),
  fc.bigInt({ min: 0n, max: MAX_UINT64 }),
);
const arbitraryAmount = fc.oneof(
  fc.bigInt({ min: -2n, max: 2n }),
  fc.constantFrom(MAX_AMOUNT, -MAX_AMOUNT, 2n ** 256n),
);

const mapOf = <T>(values: fc.Arbitrary<T>, maxLength = MAX_CHAINS): fc.Arbitrary<ReadonlyMap<bigint, T>> =>
  fc
    .uniqueArray(fc.tuple(arbitrarySelector, values), { selector: ([selector]) => selector, maxLength })
    .map((entries) => new Map(entries));

const arbitraryBlocks: fc.Arbitrary<Blocks> = mapOf(arbitraryBlock);

const arbitraryRules: fc.Arbitrary<PorRules> = fc
  .tuple(fc.constantFrom(0, 1, 2), fc.nat({ max: 2 }))
  .map(([f, more]) => ({ n: 3 * f + 1 + more, f, maxChains: MAX_CHAINS }));

/** Some of the chains that are tracked may have mintables, as after a chain was added. */
const arbitraryPrevious: fc.Arbitrary<PorOutcome> = arbitraryBlocks.chain((honestBlocks) =>
  fc
    .record({ mintables: arbitraryMintables(honestBlocks), kept: fc.nat({ max: MAX_CHAINS }) })
    .map(({ mintables, kept }) => ({
      changed: new Set(),
      mintables: new Map([...mintables].slice(0, kept)),
      honestBlocks,
    })),
);

/** Of all tracked chains, at the honest block or before, or none. */
function arbitraryMintables(tracked: Blocks): fc.Arbitrary<Mintables> {
  const pairs = [...tracked].map(([selector, most]) =>
    fc.tuple(fc.nat({ max: 1 }), arbitraryAmount).map(([behind, mintable]) => {
      const block = most - BigInt(behind) * (most > 0n ? 1n : 0n);
      return [selector, { block, mintable }] as const;
    }),
  );
  const whole = fc.tuple(...pairs).map((entries): Mintables => new Map(entries));
  return fc.oneof({ arbitrary: whole, weight: 5 }, { arbitrary: fc.constant(NONE), weight: 1 });
}

/** What passes the checks: every tracked chain, and perhaps others while there is room. */
function arbitraryObservation(tracked: Blocks): fc.Arbitrary<Observation> {
  const known = fc
    .tuple(...[...tracked.keys()].map((selector) => fc.tuple(fc.constant(selector), arbitraryBlock)))
    .map((entries): Blocks => new Map(entries));
  const latestBlocks = fc
    .tuple(known, arbitraryBlocks)
    .map(([own, proposed]) => new Map([...own, ...[...proposed].filter(([chain]) => !own.has(chain))]))
    .map((blocks): Blocks => new Map([...blocks].slice(0, MAX_CHAINS)));
  return fc.record({ mintables: arbitraryMintables(tracked), latestBlocks });
}

interface Held {
  readonly rules: PorRules;
  readonly previous: PorOutcome;
  /** Of f+1 oracles or more; with the faulty ones they are a quorum. */
  readonly honest: readonly Observation[];
  /** Of f oracles; valid too. */
  readonly faulty: readonly Observation[];
}

/** Each side sees one or two things; now and then the faulty ones say what an honest one saw. */
const arbitraryHeld: fc.Arbitrary<Held> = fc
  .tuple(arbitraryRules, arbitraryPrevious)
  .chain(([rules, previous]) => {
    const seen = fc.array(arbitraryObservation(previous.honestBlocks), { minLength: 1, maxLength: 2 });
    return fc.tuple(fc.constant(rules), fc.constant(previous), seen, seen, fc.boolean());
  })
  .chain(([rules, previous, seen, lies, areCopies]) =>
    fc.record({
      rules: fc.constant(rules),
      previous: fc.constant(previous),
      honest: fc.array(fc.constantFrom(...seen), { minLength: rules.f + 1, maxLength: rules.n - rules.f }),
      faulty: fc.array(fc.constantFrom(...(areCopies ? [...lies, ...seen] : lies)), {
        minLength: rules.f,
        maxLength: rules.f,
      }),
    }),
  );

const all = ({ honest, faulty }: Held): readonly Observation[] => [...honest, ...faulty];
const outcomeOf = (held: Held, observations = all(held)): PorOutcome =>
  nextOutcome(held.previous, observations, held.rules);

const highest = (selector: bigint, observations: readonly Observation[]): bigint =>
  observations.reduce((most, { latestBlocks }) => {
    const block = latestBlocks.get(selector) ?? 0n;
    return block > most ? block : most;
  }, 0n);

function pairText(mintables: Mintables, selector: bigint): string {
  const pair = mintables.get(selector);
  return pair === undefined ? 'none' : `${String(pair.block)} ${String(pair.mintable)}`;
}

function holds<T>(arbitrary: fc.Arbitrary<T>, law: (input: T) => void): void {
  fc.assert(fc.property(arbitrary, law), { numRuns: 300 });
}

describe('laws of an outcome', () => {
  test('what these properties are about passes the checks', () => {
    holds(arbitraryHeld, (held) => {
      for (const observation of all(held)) {
        expect(() => checkObservation(observation, held.previous.honestBlocks, MAX_CHAINS)).not.toThrow();
      }
    });
  });

  test('orderOfObservationsIsIrrelevant', () => {
    const shuffled = arbitraryHeld.chain((held) =>
      fc.tuple(fc.constant(held), fc.shuffledSubarray([...all(held)], { minLength: all(held).length })),
    );
    holds(shuffled, ([held, observations]) => {
      expect(encodeOutcome(outcomeOf(held, observations))).toEqual(encodeOutcome(outcomeOf(held)));
    });
  });

  test('mintablesAreWhatAnHonestOracleSaw', () => {
    holds(arbitraryHeld, (held) => {
      const said = [held.previous, ...held.honest].map(({ mintables }) => mintablesText(mintables));
      expect(said).toContain(mintablesText(outcomeOf(held).mintables));
    });
  });

  test('blocksAreNoneThatNoHonestOracleHasReached', () => {
    holds(arbitraryHeld, (held) => {
      for (const [selector, block] of outcomeOf(held).honestBlocks) {
        const previous = held.previous.honestBlocks.get(selector) ?? 0n;
        const reached = highest(selector, held.honest);
        expect(block <= (reached > previous ? reached : previous)).toBe(true);
      }
    });
  });

  test('blocksNeverGoBackAndChainsStay', () => {
    holds(arbitraryHeld, (held) => {
      const { honestBlocks } = outcomeOf(held);
      for (const [selector, block] of held.previous.honestBlocks) {
        expect((honestBlocks.get(selector) ?? -1n) >= block).toBe(true);
      }
    });
  });

  test('aNewChainHasMoreThanFProposers, and with them and room it is added', () => {
    holds(arbitraryHeld, (held) => {
      const tracked = held.previous.honestBlocks;
      const { honestBlocks } = outcomeOf(held);
      for (const selector of SELECTORS.filter((chain) => !tracked.has(chain))) {
        const proposers = all(held).filter(({ latestBlocks }) => latestBlocks.has(selector)).length;
        if (honestBlocks.has(selector)) expect(proposers).toBeGreaterThan(held.rules.f);
        else if (honestBlocks.size < MAX_CHAINS) expect(proposers).toBeLessThanOrEqual(held.rules.f);
      }
    });
  });

  test('noMoreThanMaxChainsAreTracked', () => {
    holds(arbitraryHeld, (held) => {
      expect(outcomeOf(held).honestBlocks.size).toBeLessThanOrEqual(MAX_CHAINS);
    });
  });

  test('changedIsWhatDiffersByValue', () => {
    holds(arbitraryHeld, (held) => {
      const { changed, mintables } = outcomeOf(held);
      const differing = [...mintables.keys()].filter(
        (selector) => pairText(mintables, selector) !== pairText(held.previous.mintables, selector),
      );
      expect(changed).toEqual(new Set(differing));
    });
  });

  test('inputsAreNotModified', () => {
    holds(arbitraryHeld, (held) => {
      const before = structuredClone(held);
      outcomeOf(held);
      expect(held).toEqual(before);
    });
  });

  test('whatIsWrittenIsReadAgain', () => {
    holds(arbitraryHeld, (held) => {
      const outcome = outcomeOf(held);
      expect(decodeOutcome(encodeOutcome(outcome))).toEqual(outcome);
      for (const observation of all(held)) {
        expect(decodeObservation(encodeObservation(observation))).toEqual(observation);
      }
    });
  });
});

/** What an oracle's adapter sees: newest blocks, and one amount for every chain that it is asked about. */
const arbitraryWorld: fc.Arbitrary<World> = fc
  .record({
    latest: fc.oneof(mapOf(arbitraryBlock, SELECTORS.length), fc.constant(farAhead(SELECTORS.length))),
    amount: fc.oneof(arbitraryAmount, fc.constant(10n ** 200n)),
    behind: fc.boolean(),
  })
  .map(({ latest, amount, behind }) =>
    Object.assign(new World(), { latest, behind, mintable: () => amount }),
  );

/** The longest selectors and blocks of so many chains. */
function farAhead(chains: number): Blocks {
  return new Map(Array.from({ length: chains }, (_, chain) => [MAX_UINT64 - BigInt(chain), MAX_UINT64]));
}

/** Rounds in which every oracle that has an observation is heard, and what is made in them. */
async function madeIn(worlds: readonly World[], maxChains: number, rounds: number): Promise<Made> {
  const plugins = await Promise.all(
    worlds.map((world) => pluginOf(world, { offchainConfig: offchainConfigOf(maxChains) })),
  );
  const made: Made = { observations: [], outcomes: [], reports: [] };
  for (let seqNr = 1n; seqNr <= rounds; seqNr++) {
    const context = seqNr === 1n ? FIRST_ROUND : contextAfter(made.outcomes.at(-1) ?? QUERY, seqNr);
    const asked = await Promise.allSettled(plugins.map((plugin) => plugin.observation(context, QUERY)));
    const observations = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const heard = observations.map((observation, observer) => ({ observation, observer }));
    const [plugin = await pluginOf()] = plugins;
    const outcome = await plugin.outcome(context, QUERY, heard);
    made.observations.push(...observations);
    made.outcomes.push(outcome);
    made.reports.push(
      (await plugin.reports(seqNr, outcome)).map(({ reportWithInfo }) => reportWithInfo.report),
    );
  }
  return made;
}

interface Made {
  readonly observations: Uint8Array[];
  readonly outcomes: Uint8Array[];
  /** By round. */
  readonly reports: Uint8Array[][];
}

const longest = (made: readonly (Uint8Array | Uint8Array[])[]): bigint =>
  made.reduce((most, { length }) => (BigInt(length) > most ? BigInt(length) : most), 0n);

describe('ownEncodingsStayWithinTheStatedLimits', () => {
  test('whatever the adapters answer', async () => {
    const input = fc
      .tuple(fc.nat({ max: SELECTORS.length }), fc.array(arbitraryWorld, { minLength: 1, maxLength: 2 }))
      .chain(([maxChains, worlds]) =>
        fc.tuple(
          fc.constant(maxChains),
          fc.array(fc.constantFrom(...worlds), { minLength: 4, maxLength: 4 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(input, async ([maxChains, worlds]) => {
        const limits = porLimits(maxChains);
        const { observations, outcomes, reports } = await madeIn(worlds, maxChains, 3);
        expect(longest(observations) <= limits.maxObservationLength).toBe(true);
        expect(longest(outcomes) <= limits.maxOutcomeLength).toBe(true);
        expect(longest(reports) <= limits.maxReportCount).toBe(true);
        expect(longest(reports.flat()) <= limits.maxReportLength).toBe(true);
      }),
    );
  });

  test.each([1, 2, 5])('and reach them, with %i chains', async (chains) => {
    const worlds = [0, 1, 2, 3].map(() =>
      Object.assign(new World(), { latest: farAhead(chains), mintable: () => -MAX_AMOUNT }),
    );
    const limits = porLimits(chains);
    const { observations, outcomes, reports } = await madeIn(worlds, chains, 2);
    expect(longest(observations)).toBe(limits.maxObservationLength);
    expect(longest(outcomes)).toBe(limits.maxOutcomeLength);
    expect(longest(reports)).toBe(limits.maxReportCount);
  });
});

describe('bytes from anyone', () => {
  const PREVIOUS: PorOutcome = {
    changed: new Set([9n]),
    mintables: new Map([[9n, { block: 4n, mintable: 7n }]]),
    honestBlocks: new Map([[9n, 5n]]),
  };
  const SEEN: Observation = {
    mintables: new Map([[9n, { block: 5n, mintable: 8n }]]),
    latestBlocks: new Map([
      [9n, 6n],
      [10n, 1n],
    ]),
  };

  /** Nothing but noise, and good messages in which something was changed. */
  const arbitraryBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json().map(bytesOf),
    fc
      .tuple(
        fc.constantFrom(encodeObservation(SEEN), encodeOutcome(PREVIOUS)),
        fc.nat(),
        fc.constantFrom(...bytesOf('{}[]":,-.0123456789enulltrufase\\ \n\u0000')),
        fc.nat({ max: 3 }),
      )
      .map(([good, at, byte, length]) => {
        const place = at % good.length;
        return Uint8Array.from([...good.slice(0, place), byte, ...good.slice(place + length)]);
      }),
    fc.constantFrom(encodeObservation(SEEN), encodeOutcome(PREVIOUS), new Uint8Array()),
  );

  type Step = (plugin: ReportingPlugin, bytes: readonly [Uint8Array, Uint8Array]) => Promise<unknown>;
  const STEPS: Readonly<Record<string, Step>> = {
    query: (plugin, [a]) => plugin.query(contextAfter(a)),
    observation: (plugin, [a, b]) => plugin.observation(contextAfter(a), b),
    validateObservation: (plugin, [a, b]) =>
      plugin.validateObservation(contextAfter(a), QUERY, { observer: 1, observation: b }),
    'validateObservation after a good outcome': (plugin, [, b]) =>
      plugin.validateObservation(contextAfter(encodeOutcome(PREVIOUS)), QUERY, {
        observer: 1,
        observation: b,
      }),
    observationQuorum: (plugin, [a, b]) =>
      plugin.observationQuorum(contextAfter(a), QUERY, [{ observer: 1, observation: b }]),
    outcome: (plugin, [a, b]) =>
      plugin.outcome(contextAfter(a), QUERY, [
        { observer: 0, observation: encodeObservation(SEEN) },
        { observer: 1, observation: b },
        { observer: 2, observation: b },
      ]),
    'outcome of the first round': (plugin, [, b]) =>
      plugin.outcome(FIRST_ROUND, QUERY, [{ observer: 1, observation: b }]),
    reports: (plugin, [a]) => plugin.reports(2n, a),
    shouldAcceptAttestedReport: (plugin, [a, b]) =>
      plugin.shouldAcceptAttestedReport(2n, { report: a, info: b }),
    shouldTransmitAcceptedReport: (plugin, [a, b]) =>
      plugin.shouldTransmitAcceptedReport(2n, { report: a, info: b }),
  };

  const REFUSALS =
    /^(could not deserialize (observation|outcome|previous outcome): |outcome: expected|'latest blocks' |'mintables' |info is less than 8 bytes: \[)/;

  test.each(Object.entries(STEPS))('%s answers, or refuses with a reason', async (_name, step) => {
    const adapter: ExternalAdapter = { getPayload: () => Promise.resolve(payloadOf(SEEN)) };
    const reader = { latestTransmission: () => Promise.resolve(undefined) };
    const plugin = await pluginOf(adapter, {}, reader);
    await fc.assert(
      fc.asyncProperty(fc.tuple(arbitraryBytes, arbitraryBytes), async (bytes) => {
        const refusal = await step(plugin, bytes).then(
          () => undefined,
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        if (refusal !== undefined) expect(refusal).toMatch(REFUSALS);
      }),
      { numRuns: 300 },
    );
  });

  test('what is valid can be made an outcome of, whose reports can be made', async () => {
    const plugin = await pluginOf();
    const context = contextAfter(encodeOutcome(PREVIOUS));
    await fc.assert(
      fc.asyncProperty(arbitraryBytes, async (observation) => {
        const faulty = { observer: 3, observation };
        const isValid = await plugin.validateObservation(context, QUERY, faulty).then(
          () => true,
          () => false,
        );
        const honest = [0, 1, 2].map((observer) => ({ observer, observation: encodeObservation(SEEN) }));
        const outcome = await plugin.outcome(context, QUERY, isValid ? [...honest, faulty] : honest);
        const reports = await plugin.reports(2n, outcome);
        expect(reports.map(({ reportWithInfo: { info } }) => info)).toEqual([packSelector(9n)]);
        expect(decodeOutcome(outcome).honestBlocks.get(9n)).toBe(6n);
      }),
      { numRuns: 300 },
    );
  });
});

test('every amount that is one is written in at most 155 digits and a sign', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryAmount, fc.bigInt()), (amount) => {
      expect(isAmount(amount)).toBe(String(amount).replace('-', '').length <= 155);
    }),
  );
});
