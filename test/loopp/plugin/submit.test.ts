import { status } from '@grpc/grpc-js';
import type { Client, Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registerAggregator } from '../../../loopp/plugin/aggregator.ts';
import { PendingRequests } from '../../../loopp/plugin/ocr3/requests.ts';
import { asServiceError, bind, callUnary, newClient, newServer } from '../../../loopp/wire/grpc.ts';
import type { SubmitRequest } from '../../../loopp/wire/messages.ts';
import { Aggregator } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import { SELECTORS, configOf, int64 } from '../../helpers/arbitraries.ts';
import { idOf } from './ocr3/builders.ts';

const CAPACITY = 2;
let sockets: SocketFolder;
let requests: PendingRequests;
let open: (Client | Server)[];

beforeEach(() => {
  sockets = new SocketFolder();
  requests = new PendingRequests(() => 0, CAPACITY);
  open = [];
});
afterEach(() => {
  for (const end of open) {
    if ('forceShutdown' in end) end.forceShutdown();
    else end.close();
  }
  sockets.removeAll();
});

/** Asks an Aggregator whose factory was made with `config`. */
async function aggregatorWith(config: Uint8Array | undefined): Promise<Client> {
  const server = newServer();
  registerAggregator(server, { config, revision: '2025-09' }, requests);
  const socket = sockets.reserve();
  await bind(server, socket);
  const client = newClient(socket, -1);
  open.push(client, server);
  return client;
}

async function refusal(client: Client, request: SubmitRequest): Promise<readonly unknown[]> {
  const error: unknown = await callUnary(client, Aggregator.submit, request).catch(
    (thrown: unknown) => thrown,
  );
  const { code, details } = asServiceError(error) ?? {};
  return [code && status[code], details];
}

const CONFIG = configOf('2025-09', SELECTORS.ethereum);
const request = (execution: number): SubmitRequest => ({ id: idOf(execution), observations: [int64(1n)] });

test('a request that is submitted waits for the next round', async () => {
  const client = await aggregatorWith(CONFIG);
  await callUnary(client, Aggregator.submit, request(1));
  await callUnary(client, Aggregator.submit, { id: idOf(2), observations: undefined });
  expect(requests.pending()).toMatchObject([request(1), { id: idOf(2), observations: [] }]);
});

test('what no round could take up is refused', async () => {
  const client = await aggregatorWith(CONFIG);
  expect(await refusal(client, { id: undefined, observations: [] })).toEqual([
    'INVALID_ARGUMENT',
    'id: expected a message, got none',
  ]);
  const nameless = { ...request(1), id: idOf(1, 1, { workflowExecutionId: '' }) };
  expect(await refusal(client, nameless)).toEqual([
    'INVALID_ARGUMENT',
    'id.workflowExecutionId: expected a text, got none',
  ]);
  expect(await refusal(await aggregatorWith(undefined), request(1))).toEqual([
    'FAILED_PRECONDITION',
    'the factory has no aggregator config: expected one in NewSecureMintFactory',
  ]);
  expect(requests.pending()).toEqual([]);
});

test('one request too many is refused; the plugin may have room later', async () => {
  const client = await aggregatorWith(CONFIG);
  for (const execution of [1, 2]) await callUnary(client, Aggregator.submit, request(execution));
  expect(await refusal(client, request(3))).toEqual(['RESOURCE_EXHAUSTED', '2 requests wait already']);
  requests.settle(idOf(1).workflowExecutionId);
  await callUnary(client, Aggregator.submit, request(3));
});
