import * as fc from 'fast-check';
import { AggregationOutcome } from '../../src/codec/capability.ts';
import type { OracleObservations, Revision, Round } from '../../src/contract/round.ts';
import { CONFIG_DIGEST, SELECTORS } from './builders.ts';
import { arbitraryConfig } from './config.ts';
import { arbitraryObservation } from './event.ts';
import { arbitraryBlock, arbitraryMintable } from './report.ts';
import type { Making, Truth } from './report.ts';

export type Family = 'evm' | 'solana' | 'other';

/** Chains that every list since the first revision knows, and selectors that no formatter takes. */
const SELECTORS_OF: Readonly<Record<Family, readonly bigint[]>> = {
  evm: [SELECTORS.ethereum, SELECTORS.arbitrum, SELECTORS.sepolia, SELECTORS.base],
  solana: [SELECTORS.solana, SELECTORS.solanaDevnet],
  other: [SELECTORS.aptos, 1n, 2n ** 63n, 2n ** 64n - 1n, 0n],
};
const FAMILY_WEIGHTS: Readonly<Record<Family, number>> = { evm: 12, solana: 8, other: 1 };
const FAMILIES: readonly Family[] = ['evm', 'solana', 'other'];

export interface RoundOptions {
  readonly revision: Revision;
  /** Default: all three, mostly EVM and Solana. 2025-07 packs every chain as EVM. */
  readonly families?: readonly Family[];
}

/**
 * A round of 0 to 7 oracles with 0 to 3 events each: mostly honest, so that most give a report, with the edges of
 * docs/spec/aggregator.md G.1, G.2, H.2, H.4 and H.5 at moderate rates. Its bytes are always parseable protobuf. Two
 * spellings of one key, of which Go would take either, never stand side by side.
 */
export function arbitraryRound(options: RoundOptions): fc.Arbitrary<Round> {
  const { revision, families } = options;
  return fc
    .record({
      id: arbitraryId,
      f: fc.nat({ max: 2 }),
      truth: arbitraryTruth(revision, families),
      config: arbitraryConfig(revision),
      previous: arbitraryPrevious,
      oracles: arbitraryOracles(revision),
    })
    .map(({ id, f, truth, config, previous, oracles }) => ({
      id,
      revision,
      f,
      config: config(truth),
      previousOutcome: previous(truth),
      observations: oracles(truth),
    }));
}

export const arbitraryId: fc.Arbitrary<string> = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((id) => id.toString(16).padStart(16, '0'));

export function arbitraryTruth(
  revision: Revision,
  families: readonly Family[] = FAMILIES,
): fc.Arbitrary<Truth> {
  return fc.record({
    selector: arbitrarySelector(revision, families),
    configDigest: fc.constant(CONFIG_DIGEST),
    seqNr: fc.oneof(
      { weight: 12, arbitrary: fc.bigInt({ min: 100n, max: 100_000n }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(0n, 1n, 255n, 256n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
      },
    ),
    block: arbitraryBlock,
    mintable: arbitraryMintable,
    accounts: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 3 }),
  });
}

/** In 2025-07 a selector above 2^63-1 fits no configuration, so it comes rarely. */
function arbitrarySelector(revision: Revision, families: readonly Family[]): fc.Arbitrary<bigint> {
  return fc.oneof(
    ...families.map((family) => {
      const all = SELECTORS_OF[family];
      const readable = revision === '2025-07' ? all.filter((selector) => selector < 2n ** 63n) : all;
      return {
        weight: FAMILY_WEIGHTS[family],
        arbitrary: fc.oneof(
          { weight: 12, arbitrary: fc.constantFrom(...readable) },
          { weight: 1, arbitrary: fc.constantFrom(...all) },
        ),
      };
    }),
  );
}

/** None, an older one, or now and then one that makes the round stale in 2025-07. */
export const arbitraryPrevious: fc.Arbitrary<Making<Uint8Array | null>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(() => null) },
  {
    weight: 5,
    arbitrary: fc
      .bigInt({ min: 0n, max: 99n })
      .map((lastSeenAt) => () => AggregationOutcome.encode({ lastSeenAt, shouldReport: true })),
  },
  {
    weight: 1,
    arbitrary: fc.constant((truth: Truth) => AggregationOutcome.encode({ lastSeenAt: truth.seqNr })),
  },
  { weight: 1, arbitrary: fc.constant(() => AggregationOutcome.encode({})) },
);

type Values = readonly Making<Uint8Array>[];

/** All oracles with one list, oracles with lists of their own, or half and half. */
function arbitraryOracles(revision: Revision): fc.Arbitrary<Making<readonly OracleObservations[]>> {
  const values: fc.Arbitrary<Values> = fc.oneof(
    { weight: 12, arbitrary: fc.array(arbitraryObservation(revision), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const ids = fc.oneof(
    { weight: 10, arbitrary: fc.uniqueArray(arbitraryOracleId, { minLength: 1, maxLength: 7 }) },
    { weight: 1, arbitrary: fc.constant<number[]>([]) },
  );
  return fc
    .tuple(ids, values, fc.array(values, { minLength: 7, maxLength: 7 }), fc.constantFrom(1, 1, 2, 3))
    .map(
      ([oracles, common, own, everyNth]) =>
        (truth) =>
          oracles
            .toSorted((a, b) => a - b)
            .map((oracle, index) => {
              const agrees = everyNth === 1 || index % everyNth !== 0;
              const makers = agrees ? common : (own[index] ?? common);
              return { oracle, values: makers.map((make) => make(truth)) };
            }),
    );
}

const arbitraryOracleId = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 15 }) },
  { weight: 1, arbitrary: fc.nat({ max: 255 }) },
);
