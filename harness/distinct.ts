/**
 * Tables of digests outside the JavaScript heap, so that millions of rounds neither slow the garbage collector nor
 * reach its limit. A digest is cut to its first 128 bits: among 10^9 SHA-256 digests the odds that any two collide are
 * about 10^18 / 2^129, less than 2 in 10^21.
 *
 * Entries are appended to blocks that never move (16 or 32 bytes an entry); an index of entry numbers with open
 * addressing finds them (7 to 14 bytes an entry) and doubles beyond a load of 0.6. Doubling goes through all entries.
 */

const DIGEST_BYTES = 16;
const DIGEST_WORDS = DIGEST_BYTES / 4;
const BLOCK_BITS = 14;
const BLOCK_ENTRIES = 1 << BLOCK_BITS;
const FIRST_SLOTS = 1024;
const MAX_LOAD = 0.6;
/** 1,288,490,188: with 2^31 slots or fewer, slot numbers stay positive in 32-bit arithmetic. */
const MAX_ENTRIES = Math.floor(2 ** 31 * MAX_LOAD);

export type PutResult = 'new' | 'same' | 'different';

/** From a digest to a digest, e.g. from a round's id to what the round held. Nothing is ever replaced or removed. */
export class FingerprintTable {
  private readonly entries = new Entries(2 * DIGEST_WORDS);
  private readonly key = new Uint32Array(DIGEST_WORDS);
  private readonly value = new Uint32Array(DIGEST_WORDS);

  get size(): number {
    return this.entries.size;
  }

  /** Memory outside the JavaScript heap. */
  get byteLength(): number {
    return this.entries.byteLength;
  }

  /**
   * Stores the value of a new key (`new`); tells whether a known key came with its value (`same`) or with another one
   * (`different`: the first value stays). Throws `RangeError` on digests shorter than 16 bytes.
   */
  put(key: Uint8Array, value: Uint8Array): PutResult {
    readWords(key, this.key);
    readWords(value, this.value);
    const entry = this.entries.find(this.key);
    if (entry !== undefined)
      return this.entries.holds(entry, DIGEST_WORDS, this.value) ? 'same' : 'different';
    const added = this.entries.add(this.key);
    this.entries.write(added, DIGEST_WORDS, this.value);
    return 'new';
  }
}

/** A set of digests. */
export class FingerprintSet {
  private readonly entries = new Entries(DIGEST_WORDS);
  private readonly key = new Uint32Array(DIGEST_WORDS);

  get size(): number {
    return this.entries.size;
  }

  /** Memory outside the JavaScript heap. */
  get byteLength(): number {
    return this.entries.byteLength;
  }

  /** Whether the digest is new. Throws `RangeError` on digests shorter than 16 bytes. */
  add(digest: Uint8Array): boolean {
    readWords(digest, this.key);
    if (this.entries.find(this.key) !== undefined) return false;
    this.entries.add(this.key);
    return true;
  }
}

function readWords(digest: Uint8Array, words: Uint32Array): void {
  if (digest.length < DIGEST_BYTES) {
    throw new RangeError(
      `digest: expected ${String(DIGEST_BYTES)} bytes or more, got ${String(digest.length)}`,
    );
  }
  for (let i = 0; i < DIGEST_WORDS; i++) {
    const at = i * 4;
    words[i] =
      (digest[at] ?? 0) |
      ((digest[at + 1] ?? 0) << 8) |
      ((digest[at + 2] ?? 0) << 16) |
      ((digest[at + 3] ?? 0) << 24);
  }
}

/** Append-only entries of a fixed number of words, the first four of which are the key. */
class Entries {
  size = 0;
  private readonly words: number;
  private readonly blocks: Uint32Array[] = [];
  /** Entry number plus one; 0 is free. The length is a power of two. */
  private slots = new Uint32Array(FIRST_SLOTS);
  private limit = Math.floor(FIRST_SLOTS * MAX_LOAD);

  constructor(words: number) {
    this.words = words;
  }

  get byteLength(): number {
    return this.slots.byteLength + this.blocks.length * BLOCK_ENTRIES * this.words * 4;
  }

  find(key: Uint32Array): number | undefined {
    const mask = this.slots.length - 1;
    // The digest is as good as random, so its own bits say where to look.
    for (let slot = (key[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot] ?? 0;
      if (entry === 0) return undefined;
      if (this.holds(entry - 1, 0, key)) return entry - 1;
    }
  }

  /** Appends a key that is not there yet and answers its entry number. */
  add(key: Uint32Array): number {
    if (this.size >= MAX_ENTRIES) throw new RangeError(`table: holds its ${String(MAX_ENTRIES)} entries`);
    if (this.size >= this.limit) this.grow();
    const entry = this.size++;
    if (entry >>> BLOCK_BITS >= this.blocks.length)
      this.blocks.push(new Uint32Array(BLOCK_ENTRIES * this.words));
    this.write(entry, 0, key);
    this.occupy(key[0] ?? 0, entry);
    return entry;
  }

  holds(entry: number, offset: number, words: Uint32Array): boolean {
    const block = this.blockOf(entry);
    const at = (entry & (BLOCK_ENTRIES - 1)) * this.words + offset;
    return (
      block[at] === words[0] &&
      block[at + 1] === words[1] &&
      block[at + 2] === words[2] &&
      block[at + 3] === words[3]
    );
  }

  write(entry: number, offset: number, words: Uint32Array): void {
    this.blockOf(entry).set(words, (entry & (BLOCK_ENTRIES - 1)) * this.words + offset);
  }

  private blockOf(entry: number): Uint32Array {
    return this.blocks[entry >>> BLOCK_BITS] ?? EMPTY_BLOCK;
  }

  private occupy(hash: number, entry: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = entry + 1;
  }

  private grow(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    this.limit = Math.floor(this.slots.length * MAX_LOAD);
    for (let entry = 0; entry < this.size; entry++) {
      const at = (entry & (BLOCK_ENTRIES - 1)) * this.words;
      this.occupy(this.blockOf(entry)[at] ?? 0, entry);
    }
  }
}

const EMPTY_BLOCK = new Uint32Array();
