import { FAULT_NAMES } from '../../../loopp/simulator/faults.ts';
import type { Fault } from '../../../loopp/simulator/faults.ts';
import { MAX_ORACLES } from '../../../loopp/simulator/options.ts';
import type { SimulatorOptions } from '../../../loopp/simulator/options.ts';
import { RULES } from '../../../loopp/simulator/revisions.ts';
import { chainFamily, chainName } from '../../chains/selectors.ts';
import { selectors } from '../../chains/selectors.generated.ts';
import type { Revision } from '../../contract/round.ts';
import { AppError } from '../../errors.ts';

/** What a simulation is made of, as the command line says it; what is absent has a default. */
export interface SimulationOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly oracles?: number;
  readonly f?: number;
  /** Names or selectors, separated by commas. */
  readonly chains?: string;
  readonly revision: Revision;
  /** NAME[:ORACLE][@PERCENT] each. */
  readonly fault: readonly string[];
}

const DEFAULT_ORACLES = 4;
/** In 2025-07 an aggregator writes to EVM chains alone. */
const DEFAULT_CHAINS: Readonly<Record<Revision, string>> = {
  '2025-07': 'ethereum-mainnet,ethereum-mainnet-arbitrum-1',
  '2025-09': 'ethereum-mainnet,ethereum-mainnet-arbitrum-1,solana-mainnet',
};
const MAX_CHAINS = 32;

/** Throws `AppError` USAGE. */
export function simulatorOptions(options: SimulationOptions): SimulatorOptions {
  const { rounds, seed, revision, chains = DEFAULT_CHAINS[revision], fault } = options;
  const { n, f } = donOf(options);
  return {
    rounds,
    seed,
    n,
    f,
    revision,
    chains: chainsOf(chains, revision),
    faults: fault.map((text) => faultOf(text, n)),
  };
}

/** Of number and f, the one that is not given follows from the other: n = 3f + 1. */
function donOf({ oracles, f }: SimulationOptions): { readonly n: number; readonly f: number } {
  const n = oracles ?? (f === undefined ? DEFAULT_ORACLES : 3 * f + 1);
  const tolerated = f ?? Math.floor((n - 1) / 3);
  if (n > 3 * tolerated && n <= MAX_ORACLES) return { n, f: tolerated };
  throw refusal('f', `less than a third of ${String(n)} oracles`, String(tolerated));
}

function chainsOf(text: string, revision: Revision): readonly bigint[] {
  const chosen = text.split(',').map((name) => chainOf(name.trim(), revision));
  const twice = chosen.find((selector, at) => chosen.indexOf(selector) !== at);
  if (twice !== undefined) throw refusal('chains', 'each chain once', `${nameOf(twice)} twice`);
  if (chosen.length <= MAX_CHAINS) return chosen;
  throw refusal('chains', `at most ${String(MAX_CHAINS)} chains`, String(chosen.length));
}

function chainOf(name: string, revision: Revision): bigint {
  const [known] =
    selectors.find(([selector]) => nameOf(selector) === name || String(selector) === name) ?? [];
  if (known === undefined) {
    throw refusal('chains', 'names or selectors of chains, separated by commas', JSON.stringify(name));
  }
  const { families, largestSelector } = RULES[revision];
  const family = chainFamily(known);
  if (family === undefined || !families.includes(family)) {
    throw refusal('chains', `${families.join(' or ')} chains in ${revision}`, `${name} (${String(family)})`);
  }
  if (known <= largestSelector) return known;
  throw refusal(
    'chains',
    `selectors up to ${String(largestSelector)} in ${revision}`,
    `${name} (${String(known)})`,
  );
}

const nameOf = (selector: bigint): string => chainName(selector) ?? String(selector);

const FAULT = /^([a-z-]+)(?::([0-9]{1,3}))?(?:@([0-9]{1,3}))?$/;
const EXPECTED_FAULT = `NAME[:ORACLE][@PERCENT] with NAME one of ${FAULT_NAMES.join(', ')}`;

function faultOf(text: string, n: number): Fault {
  const [, given, oracle, percent = '100'] = FAULT.exec(text) ?? [];
  const name = FAULT_NAMES.find((known) => known === given);
  if (name === undefined) throw refusal('fault', EXPECTED_FAULT, JSON.stringify(text));
  if (oracle !== undefined && Number(oracle) >= n) {
    throw refusal('fault', `an oracle from 0 to ${String(n - 1)}`, JSON.stringify(text));
  }
  if (Number(percent) < 1 || Number(percent) > 100) {
    throw refusal('fault', 'a percentage from 1 to 100', JSON.stringify(text));
  }
  return { name, oracle: oracle === undefined ? undefined : Number(oracle), percent: Number(percent) };
}

const refusal = (option: string, expected: string, came: string): AppError =>
  new AppError('USAGE', `--${option}: expected ${expected}, got ${came}`);
