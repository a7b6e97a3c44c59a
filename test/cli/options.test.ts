import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { choiceOption, wholeNumberOption } from '../../src/cli/options.ts';
import { AppError } from '../../src/errors.ts';

const OPTIONS = [
  () => wholeNumberOption('--count <n>', 'how many', [2, 12_000]).default(5),
  () => choiceOption('--fruit <name>', 'what to eat', ['apple', 'pear']),
];

function parse(...args: readonly string[]): unknown {
  const command = new Command().exitOverride();
  for (const option of OPTIONS) command.addOption(option());
  return command.parse([...args], { from: 'user' }).opts();
}

describe('a whole number', () => {
  test.each([
    ['2', 2],
    ['12000', 12_000],
    ['0007', 7],
  ])('%s', (text, count) => {
    expect(parse('--count', text)).toEqual({ count });
  });

  test('that is not given has its default', () => {
    expect(parse()).toEqual({ count: 5 });
  });

  test.each(['1', '12001', '-3', '+3', '2.5', '1e3', '0x10', ' 3', '', '3 ', '٣', 'NaN', '9'.repeat(400)])(
    'is not %j',
    (text) => {
      expect(() => parse('--count', text)).toThrow(
        new AppError(
          'USAGE',
          `--count: expected a whole number from 2 to 12,000, got ${JSON.stringify(text)}`,
        ),
      );
    },
  );
});

describe('a choice', () => {
  test.each(['apple', 'pear'])('%s', (fruit) => {
    expect(parse('--fruit', fruit)).toEqual({ count: 5, fruit });
  });

  test.each(['Apple', '', 'toString', 'apple, pear'])('is not %j', (text) => {
    expect(() => parse('--fruit', text)).toThrow(
      new AppError('USAGE', `--fruit: expected one of apple, pear, got ${JSON.stringify(text)}`),
    );
  });

  test('is listed in the help', () => {
    expect(OPTIONS.map((option) => option().description)).toEqual(['how many', 'what to eat: apple, pear']);
  });
});
