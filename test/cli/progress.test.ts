import { describe, expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';

describe('progress', () => {
  test.each([
    [0, '[------------------------] 0 %  0 rounds  0/s  0 findings'],
    [0.5, '[############------------] 50 %  600 rounds  300/s  1 finding'],
    [0.999, '[#######################-] 99 %  1,199 rounds  600/s  2 findings'],
    [1, '[########################] 100 %  1,200 rounds  600/s  1,200 findings'],
  ])('on a terminal at %d', (share, expected) => {
    const rounds = Math.round(1200 * share);
    const findings = [0, 1, 2, 1200][[0, 0.5, 0.999, 1].indexOf(share)] ?? NaN;
    expect(progressLine({ rounds, share, findings }, 2, true)).toBe(expected);
  });

  test('elsewhere there is no bar', () => {
    const state = { rounds: 12_345, share: 0.257, findings: 0 };
    expect(progressLine(state, 10, false)).toBe('25 %  12,345 rounds  1,235/s  0 findings');
  });

  test.each([true, false])('of an input without an end has no share', (terminal) => {
    const state = { rounds: 1, share: undefined, findings: 3 };
    expect(progressLine(state, 4, terminal)).toBe('1 round  0/s  3 findings');
  });

  test('before any time has passed has no rate', () => {
    expect(progressLine({ rounds: 5, share: undefined, findings: 0 }, 0, false)).toBe(
      '5 rounds  0/s  0 findings',
    );
  });
});
