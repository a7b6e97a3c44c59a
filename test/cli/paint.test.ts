import { afterEach, describe, expect, test, vi } from 'vitest';
import { paintFor } from '../../src/cli/paint.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const NAMES = ['good', 'bad', 'dim', 'bold'] as const;
const painted = (stream: { isTTY?: boolean }): readonly string[] => {
  const paint = paintFor(stream);
  return NAMES.map((name) => paint[name]('text'));
};
const COLOURED = [32, 31, 2, 1].map((code) => `\u001b[${String(code)}mtext\u001b[0m`);
const PLAIN = NAMES.map(() => 'text');

describe('colours', () => {
  test('on a terminal', () => {
    for (const noColor of [undefined, '']) {
      vi.stubEnv('NO_COLOR', noColor);
      expect(painted({ isTTY: true })).toEqual(COLOURED);
    }
  });

  test('none on a terminal with NO_COLOR, whatever it says', () => {
    for (const noColor of ['1', '0', 'false']) {
      vi.stubEnv('NO_COLOR', noColor);
      expect(painted({ isTTY: true })).toEqual(PLAIN);
    }
  });

  test('none elsewhere', () => {
    vi.stubEnv('NO_COLOR', undefined);
    expect(painted({ isTTY: false })).toEqual(PLAIN);
    expect(painted({})).toEqual(PLAIN);
  });
});
