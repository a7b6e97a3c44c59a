import { hash } from 'node:crypto';
import type { Round } from '../src/contract/round.ts';

/** Written first, so that a later layout can never repeat a digest of this one. */
const LAYOUT = 1;
const NULL_LENGTH = 0xffff_ffff;
/** Buffers up to this size are kept for the next round. */
const KEPT_BYTES = 1 << 20;

/**
 * SHA-256 (32 bytes) of everything that reaches the aggregation: revision, f, config, previous outcome (null is not
 * empty) and the observations of each oracle. Every part is preceded by its length or count, so two different inputs
 * never give the same bytes to hash. `id`, `workflow`, `note`, `consensusSeqNr` and `witness` do not reach the
 * aggregation and are left out: the same input under another id is the same input (docs/spec/aggregator.md H.10).
 */
export function roundDigest(round: Round): Uint8Array {
  const input = new DigestInput(sizeOf(round));
  input.uint(LAYOUT);
  input.text(round.revision);
  input.double(round.f);
  input.bytes(round.config);
  if (round.previousOutcome === null) input.uint(NULL_LENGTH);
  else input.bytes(round.previousOutcome);
  input.uint(round.observations.length);
  for (const { oracle, values } of round.observations) {
    input.uint(oracle);
    input.uint(values.length);
    for (const value of values) input.bytes(value);
  }
  return hash('sha256', input.written(), 'buffer');
}

function sizeOf(round: Round): number {
  // Layout, revision's length and f; the lengths of config and previous outcome; the number of oracles.
  let size = 4 + (4 + round.revision.length) + 8 + (4 + round.config.length) + 4 + 4;
  size += round.previousOutcome?.length ?? 0;
  for (const { values } of round.observations) {
    size += 8;
    for (const value of values) size += 4 + value.length;
  }
  return size;
}

let kept = Buffer.allocUnsafeSlow(4096);

function scratch(size: number): Buffer {
  if (size <= kept.length) return kept;
  const fresh = Buffer.allocUnsafeSlow(size);
  if (size <= KEPT_BYTES) kept = fresh;
  return fresh;
}

/** One buffer for the whole input: one call into the hash costs less than many. */
class DigestInput {
  private readonly buffer: Buffer;
  private position = 0;

  constructor(size: number) {
    this.buffer = scratch(size);
  }

  uint(value: number): void {
    this.position = this.buffer.writeUInt32LE(value, this.position);
  }

  double(value: number): void {
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  /** ASCII only. */
  text(value: string): void {
    this.uint(value.length);
    this.position += this.buffer.write(value, this.position, 'latin1');
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  written(): Uint8Array {
    return this.buffer.subarray(0, this.position);
  }
}
