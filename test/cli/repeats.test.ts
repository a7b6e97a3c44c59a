import { expect, test } from 'vitest';
import { withoutRepeats } from '../../src/cli/repeats.ts';
import type { Log } from '../../src/log.ts';

function logging(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const log: Log = (level, message, fields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { log: withoutRepeats(log), lines };
}

test('a message is passed on the 1st, 10th, 100th time, with the fields it has then', () => {
  const { log, lines } = logging();
  for (let round = 1; round <= 120; round++) log('warn', 'late', { round });
  expect(lines).toEqual([
    'warn late {"round":1}',
    'warn late {"round":10,"soFar":10}',
    'warn late {"round":100,"soFar":100}',
  ]);
});

test('other messages and other levels are counted apart', () => {
  const { log, lines } = logging();
  for (const level of ['warn', 'error'] as const) for (const text of ['a', 'b']) log(level, text);
  expect(lines).toEqual(['warn a {}', 'warn b {}', 'error a {}', 'error b {}']);
});

test('a thousand messages are remembered, whatever a plugin says', () => {
  const { log, lines } = logging();
  log('warn', 'first');
  for (let number = 1; number <= 999; number++) log('warn', String(number));
  log('warn', 'first');
  expect(lines).toHaveLength(1000);
  log('warn', 'one more');
  log('warn', 'first');
  expect(lines.at(-1)).toBe('warn first {}');
});
