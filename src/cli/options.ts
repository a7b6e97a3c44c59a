import { InvalidArgumentError } from 'commander';

/** Parses a whole number of a range; anything else is refused with what was expected. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** Parses one of several names. */
export function choice(names: readonly string[]): (text: string) => string {
  return (text) => {
    if (names.includes(text)) return text;
    throw new InvalidArgumentError(`Expected one of ${names.join(', ')}.`);
  };
}
