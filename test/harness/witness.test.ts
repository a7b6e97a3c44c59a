import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWitnessed, withoutDump } from '../../harness/witness.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Witness } from '../../src/contract/round.ts';
import { VECTORS, loadRounds } from '../helpers/conformance.ts';
import { configureSeed } from '../helpers/seed.ts';

configureSeed();

const outcome = (...bytes: readonly number[]): Outcome => ({
  kind: 'outcome',
  outcome: Uint8Array.from(bytes),
});
const error = (text: string): Outcome => ({ kind: 'error', error: text });
const witness = (...answers: Witness['answers']): Witness => ({ answers });

const DUMP = '&{Underlying:map[dataID:0xc0001a2b3c targetChainSelector:0xc0001a2b40]}';
const REJECTED =
  "decoding failed due to the following error(s):\n\n'dataID' expected type 'string', got unconvertible type '*values.Int64'";

describe('an outcome is witnessed', () => {
  test('when it is the recorded one, byte for byte', () => {
    expect(isWitnessed(witness({ kind: 'outcome', outcome: Uint8Array.of(1, 2) }), outcome(1, 2))).toBe(true);
    expect(isWitnessed(witness({ kind: 'outcome', outcome: Uint8Array.of(1, 2) }), outcome(1))).toBe(false);
    expect(isWitnessed(witness({ kind: 'outcome', outcome: Uint8Array.of(1, 2) }), error('1,2'))).toBe(false);
  });

  test('when it is the recorded error text', () => {
    const recorded = witness({ kind: 'error', error: 'no observations' });
    expect(isWitnessed(recorded, error('no observations'))).toBe(true);
    expect(isWitnessed(recorded, error('No observations'))).toBe(false);
    expect(isWitnessed(recorded, outcome())).toBe(false);
  });

  test('when it is any of several recorded answers', () => {
    const recorded = witness(
      { kind: 'outcome', outcome: Uint8Array.of(1) },
      { kind: 'outcome', outcome: Uint8Array.of(2) },
      { kind: 'error', error: 'no observations' },
    );
    expect(
      [outcome(1), outcome(2), error('no observations')].every((each) => isWitnessed(recorded, each)),
    ).toBe(true);
    expect(isWitnessed(recorded, outcome(3))).toBe(false);
  });

  test('when Go crashed and it is any error, but not an outcome', () => {
    const recorded = witness({ kind: 'panic', panic: 'runtime error: invalid memory address' });
    expect(isWitnessed(recorded, error('the Go aggregator crashes on this round'))).toBe(true);
    expect(isWitnessed(recorded, outcome(1))).toBe(false);
  });

  test('never by nothing', () => {
    expect(isWitnessed(witness(), outcome())).toBe(false);
  });

  test('whatever pointers Go dumped', () => {
    const recorded = witness({ kind: 'error', error: 'failed to parse config: dataID is required' });
    expect(isWitnessed(recorded, error(`failed to parse config (${DUMP}): dataID is required`))).toBe(true);
    expect(isWitnessed(recorded, error(`failed to parse config (${DUMP}): dataID is gone`))).toBe(false);
    const raw = witness({ kind: 'error', error: `failed to parse config (${DUMP}): dataID is required` });
    expect(isWitnessed(raw, error('failed to parse config: dataID is required'))).toBe(true);
  });
});

describe('without its dump', () => {
  test.each([
    [`failed to parse config (${DUMP}): dataID is required`, 'failed to parse config: dataID is required'],
    [
      `failed to parse config (${DUMP}): invalid dataID: zz encoding/hex: invalid byte: U+007A 'z'`,
      "failed to parse config: invalid dataID: zz encoding/hex: invalid byte: U+007A 'z'",
    ],
    [
      `failed to parse config (${DUMP}): failed to unwrap values.Map ${DUMP}: ${REJECTED}`,
      `failed to parse config: failed to unwrap values.Map: ${REJECTED}`,
    ],
    [
      `failed to parse config (${DUMP}): failed to unwrap config: ${REJECTED}`,
      `failed to parse config: failed to unwrap config: ${REJECTED}`,
    ],
    // A key of the configuration may hold anything, line feeds and brackets too.
    [
      'failed to parse config (&{Underlying:map[a): b:\n0xc000]}): targetChainSelector is required',
      'failed to parse config: targetChainSelector is required',
    ],
    // What stands behind the dump stays, even when it looks like the end of one.
    [
      'failed to parse config (&{Underlying:map[]}): invalid dataID: ): dataID is required encoding/hex: x',
      'failed to parse config: invalid dataID: ): dataID is required encoding/hex: x',
    ],
  ])('%j is %j', (raw, expected) => {
    expect(withoutDump(raw)).toBe(expected);
  });

  test('every recorded text is what it was', async () => {
    const rounds = await loadRounds(...VECTORS);
    const texts = rounds.flatMap((round) =>
      (round.witness?.answers ?? []).flatMap((answer) => (answer.kind === 'error' ? [answer.error] : [])),
    );
    expect(texts.length).toBeGreaterThan(300);
    expect(texts.map(withoutDump)).toEqual(texts);
  });

  test('every recorded refusal is the same with a dump put in', async () => {
    const rounds = await loadRounds(...VECTORS);
    const prefix = 'failed to parse config: ';
    const texts = rounds
      .flatMap((round) => round.witness?.answers ?? [])
      .flatMap((answer) =>
        answer.kind === 'error' && answer.error.startsWith(prefix) ? [answer.error] : [],
      );
    expect(texts.length).toBeGreaterThan(50);
    for (const text of texts) {
      const raw = text
        .replace(prefix, () => `failed to parse config (${DUMP}): `)
        .replace('values.Map: decoding', () => `values.Map ${DUMP}: decoding`);
      expect(raw).not.toBe(text);
      expect(withoutDump(raw)).toBe(text);
    }
  });

  test('a text stays as it is, and twice is once', () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.string().map((text) => `failed to parse config (${text}): dataID is required`),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(withoutDump(withoutDump(text))).toBe(withoutDump(text));
        if (!text.startsWith('failed')) expect(withoutDump(text)).toBe(text);
      }),
    );
  });
});
