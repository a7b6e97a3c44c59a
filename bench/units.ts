/** A duration in nanoseconds with a unit that suits it. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${digits(ns)} ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)} us`;
  return ns < 1e9 ? `${digits(ns / 1e6)} ms` : `${digits(ns / 1e9)} s`;
}

/** A size in bytes with a unit that suits it. */
export function size(bytes: number): string {
  return bytes < 1e6 ? `${digits(bytes / 1e3)} KB` : `${digits(bytes / 1e6)} MB`;
}

/** How many a second, from nanoseconds for each. */
export function rate(ns: number, what: string): string {
  return `${Math.round(1e9 / ns).toLocaleString('en')} ${what}/s`;
}

/** Three significant digits. */
export function digits(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
}
