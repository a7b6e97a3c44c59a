import * as v from 'valibot';
import { grouped } from '../../../harness/report-text.ts';

/** The kinds of options a configuration has. The message of every check is what is expected, for refusals and documents. */

export type Range = readonly [min: number, max: number];

/** A whole number; its unit is in the option's name. */
export function wholeNumber([min, max]: Range, fallback: number, meaning: string) {
  const expected = `a whole number from ${grouped(min)} to ${grouped(max)}`;
  return v.optional(
    v.pipe(
      v.number(expected),
      v.integer(expected),
      v.minValue(min, expected),
      v.maxValue(max, expected),
      v.description(meaning),
    ),
    fallback,
  );
}

/** A text that says something. */
export function text(expected: string, fallback: string, meaning: string) {
  return v.optional(someText(expected, meaning), fallback);
}

/** A text that may be left out. */
export function optionalText(expected: string, meaning: string) {
  return v.optional(someText(expected, meaning));
}

function someText(expected: string, meaning: string) {
  return v.pipe(v.string(expected), v.trim(), v.nonEmpty(expected), v.description(meaning));
}

/** One of several names, which may be left out. */
export function optionalChoice<const Names extends readonly [string, ...string[]]>(
  names: Names,
  meaning: string,
) {
  return v.optional(v.pipe(v.picklist(names, `one of ${names.join(', ')}`), v.description(meaning)));
}

/** A list of texts. */
export function texts(expected: string, meaning: string) {
  return v.optional(v.pipe(v.array(v.string('a text'), expected), v.description(meaning)), []);
}

const A_SECTION = 'a section with options';

/** Options under names, and nothing else. */
export function options<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.unknown(),
    // A list is an object whose names are numbers.
    v.check((value) => !Array.isArray(value), A_SECTION),
    v.strictObject(entries, A_SECTION),
  );
}

/** The same under a name; one without options says nothing. */
export function section<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.nullish(options(entries), {});
}
