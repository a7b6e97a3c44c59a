import * as fc from 'fast-check';

const arbitrarySpace = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', '\n', '\r\n', '\t', '  ') },
);

const arbitraryNumberText = fc.oneof(
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '1.0', '1e2', '1E+2', '1e-2', '-1.5e10', '18446744073709551616', '1e400'),
);

/** A string literal: written as it is, and with every way to escape. */
const arbitraryStringText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map(escapeAll) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"\\/"', '"\\b\\f\\n\\r\\t\\"\\\\"', '"\\ud800"', '"\\uD83D\\uDE00"'),
  },
);

function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** A valid JSON text with odd white space, duplicate members, escapes and numbers of any size. */
export const arbitraryJsonText: fc.Arbitrary<string> = fc.letrec<{
  value: string;
  array: string;
  object: string;
}>((tie) => ({
  value: fc
    .tuple(
      arbitrarySpace,
      fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        { weight: 2, arbitrary: arbitraryStringText },
        { weight: 2, arbitrary: arbitraryNumberText },
        { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null', '[]', '{}', '[ ]', '{\n}') },
        { weight: 2, arbitrary: tie('array') },
        { weight: 2, arbitrary: tie('object') },
      ),
      arbitrarySpace,
    )
    .map((parts) => parts.join('')),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(
      fc.tuple(fc.oneof(arbitraryStringText, fc.constantFrom('"a"', '"A"')), arbitrarySpace, tie('value')),
      {
        maxLength: 4,
      },
    )
    .map((members) => `{${members.map(([key, space, value]) => `${key}${space}:${value}`).join(',')}}`),
})).value;

/** A JSON text with one character removed, repeated, replaced or put in: mostly no longer valid. */
export const arbitraryBrokenJsonText: fc.Arbitrary<string> = fc
  .tuple(
    arbitraryJsonText,
    fc.nat(),
    fc.constantFrom('remove', 'repeat', 'replace', 'insert'),
    fc.constantFrom(...Array.from('{}[],:"\\ \n\t\u0001\u000b\u00a0\ufeff0123456789+-.eEtfnux/*\'')),
  )
  .map(([json, position, change, character]) => {
    const at = json.length === 0 ? 0 : position % json.length;
    const removed = change === 'remove' || change === 'replace' ? 1 : 0;
    const added = change === 'repeat' ? json.charAt(at) : change === 'remove' ? '' : character;
    return json.slice(0, at) + added + json.slice(at + removed);
  });
