import { selectors } from '../src/chains/selectors.generated.ts';
import { AggregationOutcome } from '../src/codec/capability.ts';
import { encodeValue } from '../src/codec/values-encode.ts';
import type { Value } from '../src/codec/values.ts';
import type { Round } from '../src/contract/round.ts';
import { formatRound } from '../src/rounds/format.ts';
import { parseRound } from '../src/rounds/parse.ts';
import {
  SELECTORS,
  bigint,
  bytes,
  evmConfig,
  int64,
  list,
  map,
  mintJson,
  reportWithInfo,
  uint64,
  utf8,
} from '../test/helpers/arbitraries/builders.ts';

/** How much a round holds: every one of `oracles` oracles reports `events` trigger events. */
export interface Shape {
  readonly oracles: number;
  readonly events: number;
  /** Of an event. In 2025-09's captures it has three. */
  readonly signatures: number;
}

export const SMALL: Shape = { oracles: 4, events: 1, signatures: 4 };
export const LARGE: Shape = { oracles: 16, events: 20, signatures: 4 };
/** Comes to 1.3 KB with what the OCR3 capability adds; what oracles observe has equal bytes. */
export const UNSIGNED: Shape = { oracles: 2, events: 1, signatures: 0 };

const SIGNATURE_BYTES = 65;
const TARGET = SELECTORS.ethereum;

/**
 * Honest rounds of 2025-09 without end, all different, from a seed. The oracles agree on every report but hold other
 * signatures for it, so no two observations have the same bytes, in one round or in two. An oracle's events are for as
 * many chains, the round's own chain last, so that all of them have to be read. Keys are spelt as a node's transmitter
 * spells them (docs/spec/aggregator.md G.2).
 */
export function* generateRounds(shape: Shape, seed: number): Generator<Round, never> {
  const random = new Random(seed);
  const chains = chainsOf(shape.events);
  for (let n = 1; ; n++) yield roundOf(n, shape, chains, random);
}

/** The first `count` generated rounds, with bytes in the kind of memory that the reader of captures gives. */
export function readyRounds(shape: Shape, count: number, seed: number): readonly Round[] {
  const rounds: Round[] = [];
  for (const round of generateRounds(shape, seed)) {
    rounds.push(parseRound(captureLine(round)));
    if (rounds.length === count) break;
  }
  return rounds;
}

/** A round as a line of a capture, without a line feed. */
export function captureLine(round: Round): string {
  return JSON.stringify(formatRound(round));
}

/** Real EVM chains, the round's own last. */
function chainsOf(count: number): readonly bigint[] {
  const others = selectors.filter(([selector, family]) => family === 'evm' && selector !== TARGET);
  return [...others.slice(0, count - 1).map(([selector]) => selector), TARGET];
}

function roundOf(
  n: number,
  { oracles, signatures }: Shape,
  chains: readonly bigint[],
  random: Random,
): Round {
  const digest = random.bytes(32);
  const seqNr = BigInt(100_000 + n);
  const reports = chains.map((selector) => reportOf(selector, seqNr, digest, random));
  return {
    id: hex(random.bytes(32)),
    workflow: 'securemint-ethereum-mainnet',
    revision: '2025-09',
    consensusSeqNr: n,
    f: Math.floor((oracles - 1) / 3),
    config: evmConfig(TARGET),
    previousOutcome: previousOutcome(seqNr - 1n, random),
    observations: Array.from({ length: oracles }, (_, oracle) => ({
      oracle,
      values: reports.map((report) => observation(report, oracle, { digest, seqNr, signatures }, random)),
    })),
  };
}

function reportOf(selector: bigint, seqNr: bigint, digest: Uint8Array, random: Random): Uint8Array {
  const mintable = random.amount();
  const inner = mintJson({ configDigest: hex(digest), seqNr, block: 22_000_000n + seqNr, mintable });
  return utf8(reportWithInfo(inner, selector));
}

interface EventParts {
  readonly digest: Uint8Array;
  readonly seqNr: bigint;
  readonly signatures: number;
}

function observation(
  report: Uint8Array,
  oracle: number,
  { digest, seqNr, signatures }: EventParts,
  random: Random,
): Uint8Array {
  const sigs = Array.from({ length: signatures }, (_, k) => signature(oracle + k, random));
  const event = map({
    configDigest: bytes(digest),
    report: bytes(report),
    seqNr: uint64(seqNr),
    sigs: list(...sigs),
  });
  return encodeValue(map({ event }));
}

function signature(signer: number, random: Random): Value {
  return map({ Signature: bytes(random.bytes(SIGNATURE_BYTES)), Signer: int64(BigInt(signer)) });
}

/** What the round before answered (docs/spec/aggregator.md G.3, H.6). */
function previousOutcome(seqNr: bigint, random: Random): Uint8Array {
  const report = map({
    Answer: bigint(((22_000_000n + seqNr) << 128n) | random.amount()),
    DataID: bytes(random.bytes(16)),
    Timestamp: int64(seqNr),
  });
  return AggregationOutcome.encode({
    encodableOutcome: new Map([['Reports', list(report)]]),
    metadata: Uint8Array.of(Number(seqNr & 0xffn)),
    shouldReport: true,
    lastSeenAt: seqNr,
  });
}

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** Mulberry32: a 32-bit counter mixed by multiplications. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  uint32(): number {
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  bytes(length: number): Uint8Array {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.uint32());
    return new Uint8Array(words.buffer, 0, length);
  }

  /** Up to about 4 million tokens of 18 decimals. */
  amount(): bigint {
    return BigInt(this.uint32()) * 10n ** 15n + BigInt(this.uint32());
  }
}
