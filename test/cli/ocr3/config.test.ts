import { describe, expect, test } from 'vitest';
import { NoOcr3RoundError, donConfigOf } from '../../../src/cli/ocr3/config.ts';
import { encodeValue, encodeValueMap } from '../../../src/codec/values-encode.ts';
import type { Value } from '../../../src/codec/values.ts';
import { REVISIONS } from '../../../src/contract/round.ts';
import type { Round } from '../../../src/contract/round.ts';
import { SELECTORS, configOf, plainRound } from '../../helpers/arbitraries.ts';
import { CAPTURES, loadRounds } from '../../helpers/conformance.ts';

const observing = (oracle: number): Round['observations'][number] => ({ oracle, values: [] });

describe('the DON of a round', () => {
  test.each(REVISIONS)('has the aggregator config of %s as a factory takes it', (revision) => {
    const config = configOf(revision, SELECTORS.ethereum);
    const { aggregator, n, f } = donConfigOf({ ...plainRound(), revision, config });
    expect(aggregator).toMatchObject({
      targetChainSelector: BigInt.asIntN(64, SELECTORS.ethereum),
      revision,
    });
    expect({ n, f }).toEqual({ n: 4, f: 1 });
  });

  test.each([
    [1, [0, 1, 3], 4],
    [2, [], 7],
    [1, [0, 6], 7],
    [0, [0], 1],
  ])('for f %i and oracles %j has %i oracles', (f, oracles, n) => {
    expect(donConfigOf({ ...plainRound(), f, observations: oracles.map(observing) }).n).toBe(n);
  });

  test('is there for every captured round', async () => {
    for (const round of await loadRounds(...CAPTURES)) expect(donConfigOf(round).n).toBe(4);
  });
});

const configWith = (key: string, value: Value): Uint8Array => encodeValueMap(new Map([[key, value]]));

describe('no DON can hold', () => {
  const NO_CONFIG = 'its aggregator config is none that a factory takes';
  test.each<[string, Partial<Round>, string]>([
    ['an oracle too many', { observations: [observing(31)] }, 'it takes more than 31 oracles'],
    ['an f too large', { f: 11 }, 'it takes more than 31 oracles'],
    ['bytes that are no protobuf', { previousOutcome: Uint8Array.of(0xff) }, 'its bytes are not protobuf'],
    [
      'an observation too long',
      { observations: [{ oracle: 0, values: [encodeValue({ kind: 'bytes', value: new Uint8Array(1e6) })] }] },
      'an observation takes more than 1000000 bytes',
    ],
    ['a config without selector', { config: encodeValueMap(new Map()) }, NO_CONFIG],
    ['a config of another type', { config: configWith('targetChainSelector', { kind: 'nil' }) }, NO_CONFIG],
    [
      'a selector of words',
      { config: configWith('targetChainSelector', { kind: 'string', value: 'x' }) },
      NO_CONFIG,
    ],
  ])('%s', (_, changes, expected) => {
    expect(() => donConfigOf({ ...plainRound(), ...changes })).toThrow(new NoOcr3RoundError(expected));
  });
});
