import { selectors, type ChainFamily } from './selectors.generated.ts';

export type { ChainFamily };

interface Chain {
  readonly family: ChainFamily;
  readonly name: string;
}

/** Built on the first question, so that starting the plugin does not pay for it. */
let chains: ReadonlyMap<bigint, Chain> | undefined;

/**
 * The family of the chain behind a chain selector (uint64), undefined when no list has it.
 *
 * Test chains count like production ones. Only `evm` and `solana` have a formatter upstream; what follows for the others
 * is the lanes' rule (spec/aggregator.md H.6). The list is newer than those upstream was built with (chain-selectors
 * v1.0.67, then v1.0.104), so it knows chains that upstream still refused; it has lost none of theirs.
 */
export function chainFamily(selector: bigint): ChainFamily | undefined {
  return lookUp(selector)?.family;
}

/** The chain's name, its chain id when upstream gave it no name, undefined when no list has the selector. */
export function chainName(selector: bigint): string | undefined {
  return lookUp(selector)?.name;
}

function lookUp(selector: bigint): Chain | undefined {
  chains ??= new Map(
    selectors.map(([key, family, chainId, name]) => [key, { family, name: name === '' ? chainId : name }]),
  );
  return chains.get(selector);
}
