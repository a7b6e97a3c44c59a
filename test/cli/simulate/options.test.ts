import { describe, expect, test } from 'vitest';
import { simulatorOptions } from '../../../src/cli/simulate/options.ts';
import type { SimulationOptions } from '../../../src/cli/simulate/options.ts';
import { selectors } from '../../../src/chains/selectors.generated.ts';
import { AppError } from '../../../src/errors.ts';
import { SELECTORS } from '../../loopp/simulator/chains.ts';

const { ethereum, arbitrum, solana } = SELECTORS;

const parse = (options: Partial<SimulationOptions>): ReturnType<typeof simulatorOptions> =>
  simulatorOptions({ rounds: 5, seed: 7, revision: '2025-09', fault: [], ...options });

describe('a simulation', () => {
  test('is by default one of four oracles over three chains', () => {
    expect(parse({})).toEqual({
      rounds: 5,
      seed: 7,
      n: 4,
      f: 1,
      chains: [ethereum, arbitrum, solana],
      revision: '2025-09',
      faults: [],
    });
  });

  test('is in 2025-07 one over EVM chains', () => {
    expect(parse({ revision: '2025-07' }).chains).toEqual([ethereum, arbitrum]);
  });

  test.each([
    [{ oracles: 7 }, { n: 7, f: 2 }],
    [{ oracles: 6 }, { n: 6, f: 1 }],
    [{ oracles: 1 }, { n: 1, f: 0 }],
    [{ f: 3 }, { n: 10, f: 3 }],
    [{ f: 10 }, { n: 31, f: 10 }],
    [{ f: 0 }, { n: 1, f: 0 }],
    [
      { oracles: 9, f: 1 },
      { n: 9, f: 1 },
    ],
  ])('with %o has %o', (options, expected) => {
    expect(parse(options)).toMatchObject(expected);
  });

  test('takes chains by name and by selector, in the order given', () => {
    const chains = 'solana-mainnet, 5009297550715157269,ethereum-mainnet-arbitrum-1';
    expect(parse({ chains }).chains).toEqual([solana, ethereum, arbitrum]);
  });

  test('takes faults with an oracle, a percentage, both or neither', () => {
    const { faults } = parse({ fault: ['silent', 'lying:3', 'replayed@25', 'byzantine-bytes:0@1'] });
    expect(faults).toEqual([
      { name: 'silent', oracle: undefined, percent: 100 },
      { name: 'lying', oracle: 3, percent: 100 },
      { name: 'replayed', oracle: undefined, percent: 25 },
      { name: 'byzantine-bytes', oracle: 0, percent: 1 },
    ]);
  });
});

const FAULT_EXPECTED =
  '--fault: expected NAME[:ORACLE][@PERCENT] with NAME one of ' +
  'silent, lagging, lying, duplicated, replayed, reordered, byzantine-bytes';
const CHAINS_EXPECTED = '--chains: expected names or selectors of chains, separated by commas';
const SEPOLIA = 'ethereum-testnet-sepolia (16015286601757825753)';

test.each<[Partial<SimulationOptions>, string]>([
  [{ oracles: 4, f: 2 }, '--f: expected less than a third of 4 oracles, got 2'],
  [{ oracles: 3, f: 1 }, '--f: expected less than a third of 3 oracles, got 1'],
  [{ f: 11 }, '--f: expected less than a third of 34 oracles, got 11'],
  [{ chains: 'ethereum-mainnet,moon' }, `${CHAINS_EXPECTED}, got "moon"`],
  [{ chains: '' }, `${CHAINS_EXPECTED}, got ""`],
  [{ chains: 'ethereum-mainnet,' }, `${CHAINS_EXPECTED}, got ""`],
  [
    { chains: 'ethereum-mainnet,5009297550715157269' },
    '--chains: expected each chain once, got ethereum-mainnet twice',
  ],
  [
    { chains: 'aptos-testnet' },
    '--chains: expected evm or solana chains in 2025-09, got aptos-testnet (aptos)',
  ],
  [
    { chains: 'solana-mainnet', revision: '2025-07' },
    '--chains: expected evm chains in 2025-07, got solana-mainnet (solana)',
  ],
  [
    { chains: 'ethereum-testnet-sepolia', revision: '2025-07' },
    `--chains: expected selectors up to 9223372036854775807 in 2025-07, got ${SEPOLIA}`,
  ],
  [{ fault: ['noisy'] }, `${FAULT_EXPECTED}, got "noisy"`],
  [{ fault: ['silent:'] }, `${FAULT_EXPECTED}, got "silent:"`],
  [{ fault: ['silent@'] }, `${FAULT_EXPECTED}, got "silent@"`],
  [{ fault: ['silent:1:2'] }, `${FAULT_EXPECTED}, got "silent:1:2"`],
  [{ fault: ['lying', 'silent:4'] }, '--fault: expected an oracle from 0 to 3, got "silent:4"'],
  [{ fault: ['silent@0'] }, '--fault: expected a percentage from 1 to 100, got "silent@0"'],
  [{ fault: ['silent:1@101'] }, '--fault: expected a percentage from 1 to 100, got "silent:1@101"'],
])('%o is refused: %s', (options, message) => {
  expect(() => parse(options)).toThrow(new AppError('USAGE', message));
});

const MANY = selectors.flatMap(([selector, family]) => (family === 'evm' ? [selector] : []));

test('more chains than a DON should have are refused', () => {
  const many = Array.from({ length: 33 }, (_, at) => String(MANY[at])).join();
  expect(() => parse({ chains: many })).toThrow('--chains: expected at most 32 chains, got 33');
});
