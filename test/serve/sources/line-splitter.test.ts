import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/serve/sources/line-splitter.ts';
import { configureSeed } from '../../helpers/seed.ts';

configureSeed();

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textsOf = (lines: readonly (Uint8Array | undefined)[]): readonly (string | undefined)[] =>
  lines.map((line) => (line === undefined ? undefined : Buffer.from(line).toString()));

/** All lines of the pieces. */
function split(pieces: readonly string[], limitBytes: number): readonly (string | undefined)[] {
  const splitter = new LineSplitter(limitBytes);
  const lines = pieces.flatMap((piece) => splitter.push(bytes(piece)));
  return textsOf([...lines, ...splitter.end()]);
}

test('lines do not depend on where the bytes are cut', () => {
  const arbitraryText = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(arbitraryText, { maxLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      (pieces, limit) => {
        const lines = pieces.join('').split('\n');
        if (lines.at(-1) === '') lines.pop();
        expect(split(pieces, limit)).toEqual(lines.map((line) => (line.length > limit ? undefined : line)));
      },
    ),
    { numRuns: 500 },
  );
});

test('a line without end is held as far as it may be long, and no further', () => {
  const splitter = new LineSplitter(10);
  for (let count = 0; count < 1000; count++) splitter.push(bytes('x'.repeat(100)));
  // What is counted is not what is kept.
  expect(splitter.pendingBytes).toBe(100_000);
  expect(textsOf(splitter.push(bytes('\nshort\n')))).toEqual([undefined, 'short']);
});
