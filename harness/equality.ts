import type { Value } from '../src/codec/values.ts';

/**
 * Numbers for value trees: two values get the same number exactly when they are equal, the order of map entries aside.
 * Each value is looked at once, whatever its depth, so that comparing lists as multisets stays linear.
 */
export class TreeNumbers {
  private readonly numbers = new Map<string, number>();
  private readonly known = new Map<Value, number>();

  of(root: Value): number {
    const pending: Value[] = [root];
    for (let value = pending.at(-1); value !== undefined; value = pending.at(-1)) {
      if (this.known.has(value) || !this.deferTo(pending, value)) {
        pending.pop();
        if (!this.known.has(value)) this.known.set(value, this.number(this.content(value)));
      }
    }
    return this.numberOf(root);
  }

  /** Puts the values inside first. False when all of them have their number. */
  private deferTo(pending: Value[], value: Value): boolean {
    const before = pending.length;
    for (const inner of innerValues(value)) {
      if (!this.known.has(inner)) pending.push(inner);
    }
    return pending.length > before;
  }

  private number(content: string): number {
    const number = this.numbers.get(content) ?? this.numbers.size;
    this.numbers.set(content, number);
    return number;
  }

  private numberOf(value: Value): number {
    return this.known.get(value) ?? NaN;
  }

  /** A text that no value of another kind or content has. */
  private content(value: Value): string {
    switch (value.kind) {
      case 'map':
        return `map${[...value.entries]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => ` ${String(key.length)}:${key}=${String(this.numberOf(inner))}`)
          .join('')}`;
      case 'list':
        return `list ${value.items.map((item) => this.numberOf(item)).join(' ')}`;
      case 'bytes':
        return `bytes ${Buffer.from(value.value.buffer, value.value.byteOffset, value.value.length).toString('latin1')}`;
      case 'nil':
        return 'nil';
      case 'decimal':
        return `decimal ${value.coefficient.toString(16)} ${String(value.exponent)}`;
      case 'time':
        return `time ${String(value.seconds)} ${String(value.nanos)}`;
      case 'float64':
        return `float64 ${Object.is(value.value, -0) ? '-0' : String(value.value)}`;
      case 'int64':
      case 'uint64':
      case 'bigint':
        return `${value.kind} ${value.value.toString(16)}`;
      default:
        return `${value.kind} ${String(value.value)}`;
    }
  }
}

function innerValues(value: Value): Iterable<Value> {
  if (value.kind === 'map') return value.entries.values();
  return value.kind === 'list' ? value.items : [];
}
