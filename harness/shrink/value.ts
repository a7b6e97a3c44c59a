import type { Value, ValueMap } from '../../src/codec/values.ts';
import { shrinkJson } from './json.ts';
import {
  fewerItems,
  firstKept,
  smallerBytes,
  smallerIntegers,
  smallerItems,
  smallerTexts,
  whileKept,
} from './reduce.ts';
import type { Keep } from './reduce.ts';

/** What is nested deeper stays as it is: trees may be 10,000 deep, and this is recursive. */
const MAX_DEPTH = 32;

/** Makes a value smaller, whatever is in it, down into JSON inside of its bytes. Answers what was kept last. */
export async function shrinkValue(value: Value, keep: Keep<Value>, depth = 0): Promise<Value> {
  if (depth >= MAX_DEPTH) return value;
  switch (value.kind) {
    case 'map': {
      const entries = await shrinkEntries(
        value.entries,
        (smaller) => keep({ kind: 'map', entries: smaller }),
        depth,
      );
      return { kind: 'map', entries };
    }
    case 'list': {
      const keepItems: Keep<readonly Value[]> = (items) => keep({ kind: 'list', items });
      const fewer = await fewerItems(value.items, keepItems);
      const items = await smallerItems(fewer, keepItems, (item, keepItem) =>
        shrinkValue(item, keepItem, depth + 1),
      );
      return { kind: 'list', items };
    }
    case 'bytes': {
      const bytes = await shrinkBytes(value.value, (smaller) => keep({ kind: 'bytes', value: smaller }));
      return { kind: 'bytes', value: bytes };
    }
    default:
      return shrinkScalar(value, keep);
  }
}

type Entry = readonly [key: string, value: Value];

/** The entries of a map, by key. */
export async function shrinkEntries(entries: ValueMap, keep: Keep<ValueMap>, depth = 0): Promise<ValueMap> {
  const keepEntries: Keep<readonly Entry[]> = (list) => keep(new Map(list));
  const fewer = await fewerItems<Entry>([...entries], keepEntries);
  const smaller = await smallerItems(fewer, keepEntries, async ([key, value], keepEntry): Promise<Entry> => {
    const shrunk = await shrinkValue(value, (candidate) => keepEntry([key, candidate]), depth + 1);
    return [key, shrunk];
  });
  return new Map(smaller);
}

async function shrinkBytes(bytes: Uint8Array, keep: Keep<Uint8Array>): Promise<Uint8Array> {
  const smaller = await shrinkJson(bytes, keep);
  return whileKept(smaller, smallerBytes, keep);
}

type Scalar = Exclude<Value, { kind: 'map' | 'list' | 'bytes' }>;

async function shrinkScalar(value: Scalar, keep: Keep<Value>): Promise<Value> {
  switch (value.kind) {
    case 'string': {
      const text = await whileKept(value.value, smallerTexts, (smaller) =>
        keep({ ...value, value: smaller }),
      );
      return { ...value, value: text };
    }
    case 'int64':
    case 'uint64':
    case 'bigint': {
      const number = await whileKept(value.value, smallerIntegers, (smaller) =>
        keep({ ...value, value: smaller }),
      );
      return { ...value, value: number };
    }
    case 'bool':
      return firstKept<Value>(value, value.value ? [{ kind: 'bool', value: false }] : [], keep);
    case 'float64':
      return firstKept<Value>(
        value,
        [0, 1, Math.trunc(value.value)]
          .filter((number) => !Object.is(number, value.value))
          .map((number) => ({ kind: 'float64', value: number })),
        keep,
      );
    default:
      return value;
  }
}
