import { Option } from 'commander';
import { grouped } from '../../harness/report-text.ts';
import { AppError } from '../errors.ts';

/** An option that takes a whole number from `min` to `max`; parsing anything else throws `AppError` USAGE. */
export function wholeNumberOption(
  flags: string,
  description: string,
  [min, max]: readonly [min: number, max: number],
): Option {
  const option = new Option(flags, description);
  return option.argParser((text: string) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw refusal(option, `a whole number from ${grouped(min)} to ${grouped(max)}`, text);
  });
}

/** An option that takes one of several names, which its description lists; parsing others throws `AppError` USAGE. */
export function choiceOption(flags: string, description: string, names: readonly string[]): Option {
  const option = new Option(flags, `${description}: ${names.join(', ')}`);
  return option.argParser((text: string) => {
    if (names.includes(text)) return text;
    throw refusal(option, `one of ${names.join(', ')}`, text);
  });
}

function refusal(option: Option, expected: string, came: string): AppError {
  return new AppError('USAGE', `--${option.name()}: expected ${expected}, got ${JSON.stringify(came)}`);
}
