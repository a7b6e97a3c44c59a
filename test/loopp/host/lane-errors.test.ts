import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { toLaneError } from '../../../loopp/host/lane-errors.ts';
import { LaneError } from '../../../src/contract/lane.ts';

function statusError(code: status): Error {
  return Object.assign(new Error(`${String(code)} ${status[code]}: why`), { code, details: 'why' });
}

test.each(
  Object.values(status).filter((code): code is status => typeof code === 'number' && code !== status.OK),
)('status %i becomes the lane error that it means', (code) => {
  const expected = new Map<status, string>([
    [status.DEADLINE_EXCEEDED, 'timeout'],
    [status.UNAVAILABLE, 'unavailable'],
    [status.CANCELLED, 'unavailable'],
  ]);
  const cause = statusError(code);
  const error = toLaneError(cause);
  expect(error.kind).toBe(expected.get(code) ?? 'protocol');
  expect(error.message).toBe(`the plugin's call failed: ${String(code)} ${status[code]}: why`);
  expect(error.cause).toBe(cause);
});

test('a lane error stays as it is', () => {
  const error = new LaneError('protocol', 'x');
  expect(toLaneError(error)).toBe(error);
});

test.each<[unknown, string]>([
  [new Error('no plugin'), 'no plugin'],
  ['a text', 'a text'],
])('anything else means that the lane is unavailable', (cause, message) => {
  const error = toLaneError(cause);
  expect([error.kind, error.message]).toEqual(['unavailable', message]);
});
