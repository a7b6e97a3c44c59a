import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundDigest } from '../../harness/digest.ts';
import type { OracleObservations, Round } from '../../src/contract/round.ts';
import { arbitraryRound } from '../helpers/arbitraries.ts';
import { CAPTURES, VECTORS, loadRounds } from '../helpers/conformance.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const round: Round = {
  id: 'a',
  revision: '2025-09',
  f: 1,
  config: Uint8Array.of(1, 2),
  previousOutcome: null,
  observations: [
    { oracle: 0, values: [Uint8Array.of(3), Uint8Array.of(4, 5)] },
    { oracle: 1, values: [] },
  ],
};

const hex = (changes: Partial<Round> = {}): string =>
  Buffer.from(roundDigest({ ...round, ...changes })).toString('hex');

const observations = (...lists: readonly (readonly Uint8Array[])[]): readonly OracleObservations[] =>
  lists.map((values, oracle) => ({ oracle, values }));

describe('the digest of a round', () => {
  test('is SHA-256 of a layout that stays', () => {
    expect(roundDigest(round)).toHaveLength(32);
    const layout = [
      '01000000', // layout 1
      '07000000 323032352d3039', // "2025-09"
      '000000000000f03f', // f = 1, a double
      '02000000 0102', // config
      'ffffffff', // no previous outcome
      '02000000', // two oracles
      '00000000 02000000', // oracle 0, two values
      '01000000 03 02000000 0405',
      '01000000 00000000', // oracle 1, no values
    ].join('');
    const written = Buffer.from(layout.replaceAll(' ', ''), 'hex');
    expect(hex()).toBe(createHash('sha256').update(written).digest('hex'));
  });

  test.each<[string, Partial<Round>]>([
    ['id', { id: 'b' }],
    ['workflow', { workflow: 'w' }],
    ['note', { note: 'n' }],
    ['consensus sequence number', { consensusSeqNr: 7 }],
    ['witness', { witness: { answers: [{ kind: 'error', error: 'no observations' }] } }],
  ])('does not see the %s', (_, changes) => {
    expect(hex(changes)).toBe(hex());
  });

  const [a, bc] = [Uint8Array.of(3), Uint8Array.of(4, 5)];
  const different: readonly (readonly [string, Partial<Round>])[] = [
    ['as it is', {}],
    ['revision', { revision: '2025-07' }],
    ['f', { f: 2 }],
    ['a large f', { f: 2 ** 32 + 1 }],
    ['config', { config: Uint8Array.of(1, 3) }],
    ['shorter config', { config: Uint8Array.of(1) }],
    ['empty previous outcome', { previousOutcome: new Uint8Array() }],
    ['previous outcome', { previousOutcome: Uint8Array.of(0x18, 0x01) }],
    [
      'a byte moved from config to previous outcome',
      { config: Uint8Array.of(1), previousOutcome: Uint8Array.of(2) },
    ],
    ['no oracles', { observations: [] }],
    ['one oracle fewer', { observations: observations([a, bc]) }],
    ['one oracle more', { observations: observations([a, bc], [], []) }],
    [
      'another oracle',
      {
        observations: [
          { oracle: 0, values: [a, bc] },
          { oracle: 2, values: [] },
        ],
      },
    ],
    ['values in another order', { observations: observations([bc, a], []) }],
    ['a value with another oracle', { observations: observations([a], [bc]) }],
    ['all values with the other oracle', { observations: observations([], [a, bc]) }],
    ['values joined', { observations: observations([Uint8Array.of(3, 4, 5)], []) }],
    ['values cut elsewhere', { observations: observations([Uint8Array.of(3, 4), Uint8Array.of(5)], []) }],
    ['an empty value more', { observations: observations([a, bc, new Uint8Array()], []) }],
  ];

  test('is another one for each of these', () => {
    const digests = new Map(different.map(([name, changes]) => [hex(changes), name]));
    expect([...digests.values()]).toEqual(different.map(([name]) => name));
  });

  test.each(['2025-07', '2025-09'] as const)('of %s sees every byte', (revision) => {
    fc.assert(
      fc.property(
        arbitraryRound({ revision }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (made, at, flip) => {
          const values = made.observations.flatMap((oracle) => oracle.values);
          const parts = [
            made.config,
            ...(made.previousOutcome === null ? [] : [made.previousOutcome]),
            ...values,
          ];
          const before = roundDigest(made);
          const part = parts[at % parts.length];
          if (part === undefined || part.length === 0) return;
          const index = at % part.length;
          part[index] = (part[index] ?? 0) ^ flip;
          expect(roundDigest(made)).not.toEqual(before);
          part[index] = (part[index] ?? 0) ^ flip;
          expect(roundDigest({ ...made, id: 'another' })).toEqual(before);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('survives rounds of every size', () => {
    const sizes = [0, 1, 4_000, 5_000, 2 ** 20, 3 * 2 ** 20, 10];
    const digests = sizes.map((size) => hex({ config: new Uint8Array(size) }));
    expect(new Set(digests).size).toBe(sizes.length);
    expect(sizes.map((size) => hex({ config: new Uint8Array(size) }))).toEqual(digests);
  });

  test('counts the distinct inputs of captures and vectors', async () => {
    const rounds = await loadRounds(...VECTORS, ...CAPTURES);
    const distinct = new Set(rounds.map((each) => Buffer.from(roundDigest(each)).toString('hex')));
    // Compared in full, by another way of writing the same parts.
    const written = new Set(
      rounds.map(({ revision, f, config, previousOutcome, observations: all }) =>
        JSON.stringify({
          revision,
          f,
          config: Buffer.from(config).toString('hex'),
          previousOutcome: previousOutcome === null ? null : Buffer.from(previousOutcome).toString('hex'),
          all: all.map(({ oracle, values }) => [
            oracle,
            values.map((value) => Buffer.from(value).toString('hex')),
          ]),
        }),
      ),
    );
    expect(distinct.size).toBe(written.size);
    expect(distinct.size).toBeLessThan(rounds.length);
  });
});
