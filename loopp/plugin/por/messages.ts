import type { BlockMintablePair, Blocks, Mintables } from '../../../src/contract/external-adapter.ts';
import { messageOf } from '../../../src/errors.ts';
import { jsonInteger } from '../aggregation/go-json.ts';
import { MAX_UINT64 } from '../aggregation/go-numbers.ts';
import { amountShape } from './amount.ts';
import { ShapeError, booleanShape, decodeShape, leafOf, structOf, uint64MapOf } from './shapes.ts';

/**
 * What the oracles exchange, as Go's encoding/json writes it (docs/spec/por-plugin.md "Types"): names of maps sorted as
 * texts, amounts as bare numbers. Mintables that are empty are `null`, as a Go map that was never made.
 */

/** What one oracle saw. */
export interface Observation {
  /** At the blocks that were asked for; empty when the adapter has none. */
  readonly mintables: Mintables;
  readonly latestBlocks: Blocks;
}

/** What the oracles agreed on. */
export interface PorOutcome {
  /** Selectors of the chains whose pair is new or another one in this round. */
  readonly changed: ReadonlySet<bigint>;
  /** The last ones that were agreed on, of this round or an earlier one. */
  readonly mintables: Mintables;
  /** By tracked chain, a block that the next round asks at. */
  readonly honestBlocks: Blocks;
}

/** What goes to a chain. */
export interface PorReport extends BlockMintablePair {
  /** 32 bytes. */
  readonly configDigest: Uint8Array;
  /** uint64. */
  readonly seqNr: bigint;
}

/** The bytes are none of these messages; the message says where and why. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

const encoder = new TextEncoder();

export const encodeObservation = ({ mintables, latestBlocks }: Observation): Uint8Array =>
  encoder.encode(`{"QueryResponse":${mintablesText(mintables)},"LatestBlocks":${mapText(latestBlocks)}}`);

export function encodeOutcome({ changed, mintables, honestBlocks }: PorOutcome): Uint8Array {
  const changes = mapText(new Map([...changed].map((selector) => [selector, true])));
  const acquired = mintablesText(mintables);
  return encoder.encode(
    `{"ChangedMintables":${changes},"LatestAcquiredMintables":${acquired},"HonestBlocks":${mapText(honestBlocks)}}`,
  );
}

export function encodeReport({ configDigest, seqNr, block, mintable }: PorReport): Uint8Array {
  const pair = `"Block":${String(block)},"Mintable":${String(mintable)}`;
  return encoder.encode(`{"ConfigDigest":"${digestText(configDigest)}","SeqNr":${String(seqNr)},${pair}}`);
}

/** 64 lower-case hex digits. */
export const digestText = (digest: Uint8Array): string => Buffer.from(digest).toString('hex');

/** The one text of these mintables: equal texts are equal mintables. */
export const mintablesText = (mintables: Mintables): string =>
  mintables.size === 0 ? 'null' : mapText(mintables, pairText);

const pairText = ({ block, mintable }: BlockMintablePair): string =>
  `{"Block":${String(block)},"Mintable":${String(mintable)}}`;

function mapText<T>(map: ReadonlyMap<bigint, T>, valueText: (value: T) => string = String): string {
  const members = [...map]
    .map(([selector, value]) => [String(selector), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `"${name}":${valueText(value)}`).join(',')}}`;
}

const uint64 = leafOf(jsonInteger(0n, MAX_UINT64), 'a whole number below 2^64');
const blocksShape = uint64MapOf(uint64);
const pairsShape = uint64MapOf(structOf({ Block: uint64, Mintable: amountShape }));

const observationShape = structOf({ QueryResponse: pairsShape, LatestBlocks: blocksShape });
const outcomeShape = structOf({
  ChangedMintables: uint64MapOf(booleanShape),
  LatestAcquiredMintables: pairsShape,
  HonestBlocks: blocksShape,
});
const offchainConfigShape = structOf({
  MaxChains: leafOf(jsonInteger(0n, 2n ** 32n - 1n), 'a whole number below 2^32'),
});

/** Throws `MessageError`. */
export const decodeObservation = (bytes: Uint8Array): Observation =>
  deserialize('observation', () => {
    const { QueryResponse, LatestBlocks } = decodeShape(observationShape, bytes);
    return { mintables: mintablesOf('QueryResponse', QueryResponse), latestBlocks: LatestBlocks };
  });

/** Throws `MessageError`; `what` is what it calls the bytes. */
export const decodeOutcome = (bytes: Uint8Array, what = 'outcome'): PorOutcome =>
  deserialize(what, () => {
    const { ChangedMintables, LatestAcquiredMintables, HonestBlocks } = decodeShape(outcomeShape, bytes);
    return {
      changed: new Set([...ChangedMintables].flatMap(([selector, changed]) => (changed ? [selector] : []))),
      mintables: mintablesOf('LatestAcquiredMintables', LatestAcquiredMintables),
      honestBlocks: HonestBlocks,
    };
  });

/** The most chains that the plugin tracks, uint32. Throws `MessageError`. */
export const decodeOffchainConfig = (bytes: Uint8Array): { readonly maxChains: number } =>
  deserialize('offchain config', () => ({
    maxChains: Number(decodeShape(offchainConfigShape, bytes).MaxChains),
  }));

type RawPairs = typeof pairsShape.zero;

/** An adapter's client never hands on an amount that is nil, so no honest oracle sends one. */
function mintablesOf(name: string, pairs: RawPairs): Mintables {
  const mintables = new Map<bigint, BlockMintablePair>();
  for (const [selector, { Block, Mintable }] of pairs) {
    if (Mintable === undefined) {
      throw new ShapeError(`${name}.${String(selector)}.Mintable`, 'an integer', 'none');
    }
    mintables.set(selector, { block: Block, mintable: Mintable });
  }
  return mintables;
}

function deserialize<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new MessageError(`could not deserialize ${what}: ${messageOf(error)}`, { cause: error });
  }
}
