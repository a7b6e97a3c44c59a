import type { ListValue, MapValue, Value } from '../src/codec/values.ts';
import type { DifferenceKind, FieldDifference } from '../src/contract/verdict.ts';
import { TreeNumbers } from './equality.ts';
import { sameFieldsReordered } from './field-order.ts';
import { ROOT, entryPlace, itemPlace, outcomeTree } from './tree.ts';
import type { Place } from './tree.ts';
import { bytesPairInWords, counted, pairInWords, shortPath, typedInWords, valueInWords } from './words.ts';

/** Differences that are listed; one more entry says how many were left out. */
export const MAX_DIFFERENCES = 32;
/** The path of a difference that no field shows. */
export const BYTES_PATH = 'bytes';
const MAX_POSITIONS = 16;

/**
 * How two serialised `AggregationOutcome`s differ, in the order of legacy's fields. `missing` is what only legacy has,
 * `extra` what only loopp has; items that only moved inside their list are one `order`. Where the bytes differ though
 * all decoded fields are equal, the path is `bytes`: `order` when the same encoded fields stand in another order, else
 * `value` (unknown fields, numbers that are not minimal). Equal bytes, and only they, give an empty list; they are not
 * decoded. At most 32 differences and one entry `(N more differences)`.
 * Throws `ProtobufError` when the bytes differ and one side is no `AggregationOutcome`.
 */
export function compareOutcomes(legacy: Uint8Array, loopp: Uint8Array): readonly FieldDifference[] {
  if (Buffer.compare(legacy, loopp) === 0) return [];
  const comparison = new Comparison();
  comparison.run(outcomeTree(legacy), outcomeTree(loopp));
  return comparison.count === 0 ? [bytesDifference(legacy, loopp)] : comparison.differences();
}

function bytesDifference(legacy: Uint8Array, loopp: Uint8Array): FieldDifference {
  const kind = sameFieldsReordered(legacy, loopp) ? 'order' : 'value';
  const [legacyWords, looppWords] = bytesPairInWords(legacy, loopp);
  return { path: BYTES_PATH, kind, legacy: legacyWords, loopp: looppWords };
}

/** Values at one place, still to be compared; at least one is there. */
interface Pair {
  readonly place: Place;
  readonly legacy: Value | undefined;
  readonly loopp: Value | undefined;
}

class Comparison {
  count = 0;
  private readonly listed: FieldDifference[] = [];
  private readonly numbers = new TreeNumbers();
  /** A stack instead of recursion: trees may be 10,000 deep. */
  private readonly pending: Pair[] = [];

  run(legacy: MapValue, loopp: MapValue): void {
    this.pending.push({ place: ROOT, legacy, loopp });
    for (let pair = this.pending.pop(); pair !== undefined; pair = this.pending.pop()) this.compare(pair);
  }

  differences(): readonly FieldDifference[] {
    const more = this.count - this.listed.length;
    if (more === 0) return this.listed;
    return [...this.listed, { path: `(${counted(more, 'more difference')})`, kind: 'value' }];
  }

  private compare({ place, legacy, loopp }: Pair): void {
    if (legacy === undefined || loopp === undefined) return this.oneSided(place, legacy, loopp);
    if (this.numbers.of(legacy) === this.numbers.of(loopp)) return;
    if (legacy.kind === 'map' && loopp.kind === 'map') return this.compareMaps(place, legacy, loopp);
    if (legacy.kind === 'list' && loopp.kind === 'list') return this.compareLists(place, legacy, loopp);
    if (legacy.kind === loopp.kind) this.add(place, 'value', () => pairInWords(legacy, loopp, place));
    else this.add(place, 'type', () => [typedInWords(legacy, place), typedInWords(loopp, place)]);
  }

  private oneSided(place: Place, legacy: Value | undefined, loopp: Value | undefined): void {
    const words = (value: Value | undefined): string | undefined =>
      value === undefined ? undefined : valueInWords(value, place);
    this.add(place, loopp === undefined ? 'missing' : 'extra', () => [words(legacy), words(loopp)]);
  }

  private add(
    place: Place,
    kind: DifferenceKind,
    words: () => readonly [legacy: string | undefined, loopp: string | undefined],
  ): void {
    this.count++;
    if (this.count > MAX_DIFFERENCES) return;
    const [legacy, loopp] = words();
    this.listed.push({
      path: shortPath(place),
      kind,
      ...(legacy === undefined ? {} : { legacy }),
      ...(loopp === undefined ? {} : { loopp }),
    });
  }

  private compareMaps(place: Place, legacy: MapValue, loopp: MapValue): void {
    const keys = [...legacy.entries.keys()];
    for (const key of loopp.entries.keys()) if (!legacy.entries.has(key)) keys.push(key);
    for (const key of keys.toReversed()) {
      this.pending.push({
        place: entryPlace(place, key),
        legacy: legacy.entries.get(key),
        loopp: loopp.entries.get(key),
      });
    }
  }

  private compareLists(place: Place, legacy: ListValue, loopp: ListValue): void {
    const before = legacy.items.map((item) => this.numbers.of(item));
    const after = loopp.items.map((item) => this.numbers.of(item));
    const { start, legacyEnd, looppEnd } = differingMiddle(before, after);
    const [left, right] = [before.slice(start, legacyEnd), after.slice(start, looppEnd)];
    if (sameMultiset(left, right)) {
      this.add(place, 'order', () => positionsInWords(left, right, start));
      return;
    }
    for (let index = Math.max(legacyEnd, looppEnd) - 1; index >= start; index--) {
      this.pending.push({
        place: itemPlace(place, index),
        legacy: index < legacyEnd ? legacy.items[index] : undefined,
        loopp: index < looppEnd ? loopp.items[index] : undefined,
      });
    }
  }
}

interface Middle {
  readonly start: number;
  readonly legacyEnd: number;
  readonly looppEnd: number;
}

/** Without what both lists begin and end with, so that one item put in or left out is one difference. */
function differingMiddle(before: readonly number[], after: readonly number[]): Middle {
  let legacyEnd = before.length;
  let looppEnd = after.length;
  let start = 0;
  while (start < Math.min(legacyEnd, looppEnd) && before[start] === after[start]) start++;
  while (Math.min(legacyEnd, looppEnd) > start && before[legacyEnd - 1] === after[looppEnd - 1]) {
    legacyEnd--;
    looppEnd--;
  }
  return { start, legacyEnd, looppEnd };
}

function sameMultiset(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const sorted = Float64Array.from(b).toSorted();
  return Float64Array.from(a)
    .toSorted()
    .every((number, index) => number === sorted[index]);
}

/** Both orders in legacy's positions, e.g. `items 0, 1` and `items 1, 0`. */
function positionsInWords(
  before: readonly number[],
  after: readonly number[],
  start: number,
): [string, string] {
  const positions = new Map<number, number[]>();
  for (const [index, number] of before.entries()) {
    const same = positions.get(number);
    if (same === undefined) positions.set(number, [start + index]);
    else same.push(start + index);
  }
  const taken = new Map<number, number>();
  const moved = after.map((number) => {
    const used = taken.get(number) ?? 0;
    taken.set(number, used + 1);
    return positions.get(number)?.[used] ?? NaN;
  });
  return [itemsInWords(before.map((_, index) => start + index)), itemsInWords(moved)];
}

function itemsInWords(positions: readonly number[]): string {
  const more = positions.length > MAX_POSITIONS ? ', …' : '';
  return `items ${positions.slice(0, MAX_POSITIONS).join(', ')}${more}`;
}
