import { expect, test } from 'vitest';
import { SimulationError, agreed, selectorOf } from '../../../loopp/simulator/agreement.ts';

test('answers that are the same are one', () => {
  expect(agreed('the outcome', [7, 7, 7], String)).toBe(7);
});

test.each([
  ['differ', [7, 7, 8], 'the outcome: expected one answer of all oracles, got 2'],
  ['are none', [], 'expected at least one oracle, got none'],
])('answers that %s are refused', (_how, answers, message) => {
  expect(() => agreed('the outcome', answers, String)).toThrow(new SimulationError(message));
});

test("a report's info is the chain selector, the lowest byte first", () => {
  const info = Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0x80);
  expect(selectorOf({ report: new Uint8Array(), info })).toBe(0x8000_0000_0000_0201n);
  expect(() => selectorOf({ report: new Uint8Array(), info: info.slice(1) })).toThrow(
    new SimulationError('the info of a report: expected 8 bytes, got 7'),
  );
});
