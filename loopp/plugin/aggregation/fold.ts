const LONG_S = 0x17f;
const KELVIN = 0x212a;

/**
 * Whether Go's `strings.EqualFold` holds for a name of ASCII letters. Beside upper and lower case, Unicode folds two
 * other letters into ASCII: U+017F to s and U+212A to k. mapstructure and encoding/json both match names this way
 * (docs/spec/aggregator.md H.4).
 */
export function foldsTo(key: string, name: string): boolean {
  if (key.length !== name.length) return false;
  for (let i = 0; i < key.length; i++) {
    if (folded(key.charCodeAt(i)) !== folded(name.charCodeAt(i))) return false;
  }
  return true;
}

function folded(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit + 0x20;
  if (unit === LONG_S) return 0x73;
  return unit === KELVIN ? 0x6b : unit;
}
