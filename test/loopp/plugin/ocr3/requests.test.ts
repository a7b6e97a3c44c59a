import { expect, test } from 'vitest';
import { PendingRequests } from '../../../../loopp/plugin/ocr3/requests.ts';
import { int64 } from '../../../helpers/arbitraries.ts';
import { idOf } from './builders.ts';

const at = { ms: 0 };
const store = (capacity?: number): PendingRequests => {
  at.ms = 0;
  return new PendingRequests(() => at.ms, capacity);
};
const request = (execution: number, amount = 1n): Parameters<PendingRequests['add']>[0] => ({
  id: idOf(execution),
  observations: [int64(amount)],
});
const executions = (requests: PendingRequests): readonly string[] =>
  requests.pending().map(({ id }) => id.workflowExecutionId.slice(0, 2));

test('requests wait oldest first, until one is settled', () => {
  const requests = store();
  for (const execution of [3, 1, 2]) requests.add(request(execution));
  expect(executions(requests)).toEqual(['03', '01', '02']);
  requests.settle(idOf(1).workflowExecutionId);
  expect(executions(requests)).toEqual(['03', '02']);
  expect(requests.get(idOf(1).workflowExecutionId)).toBeUndefined();
  expect(requests.get(idOf(2).workflowExecutionId)).toMatchObject(request(2));
});

test('a request older than the time-out is gone; the same request again does not make it younger', () => {
  const requests = store();
  requests.timeoutMs = 100;
  requests.add(request(1));
  at.ms = 60;
  requests.add(request(1));
  requests.add(request(2));
  at.ms = 100;
  expect(executions(requests)).toEqual(['01', '02']);
  at.ms = 101;
  expect(executions(requests)).toEqual(['02']);
});

test('the time-out is 20 s before a plugin says otherwise', () => {
  const requests = store();
  requests.add(request(1));
  at.ms = 20_000;
  expect(executions(requests)).toEqual(['01']);
  at.ms = 20_001;
  expect(executions(requests)).toEqual([]);
});

test('no more than the capacity wait; those that expired make room', () => {
  const requests = store(2);
  requests.add(request(1));
  requests.add(request(2));
  expect(() => requests.add(request(3))).toThrow('2 requests wait already');
  expect(() => requests.add(request(2))).not.toThrow();
  at.ms = 20_001;
  requests.add(request(3));
  expect(executions(requests)).toEqual(['03']);
});

test('an execution that waits cannot be replaced', () => {
  const requests = store();
  requests.add(request(1));
  const refused = `execution "${idOf(1).workflowExecutionId}" already waits with other contents`;
  expect(() => requests.add(request(1, 2n))).toThrow(refused);
  expect(() => requests.add({ ...request(1), id: idOf(1, 2) })).toThrow(refused);
  expect(requests.pending()).toMatchObject([request(1)]);
});

const nameless = (own: object): (() => void) => {
  return () => store().add({ ...request(1), id: idOf(1, 1, own) });
};

test('an execution and its workflow must have names', () => {
  expect(nameless({ workflowExecutionId: '' })).toThrow('id.workflowExecutionId: expected a text, got none');
  expect(nameless({ workflowId: '' })).toThrow('id.workflowId: expected a text, got none');
});
