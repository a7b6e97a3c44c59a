import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpExternalAdapter } from '../../../../loopp/host/bridge/http-external-adapter.ts';
import { registerExternalAdapter } from '../../../../loopp/host/external-adapter.ts';
import { RemoteExternalAdapter } from '../../../../loopp/plugin/adapter.ts';
import { bind, newClient, newServer } from '../../../../loopp/wire/grpc.ts';
import type { Call } from '../../../../src/contract/call.ts';
import { AdapterServer, BLOCKS, PAYLOAD, answerWith, answering, optionsFor } from './adapter-server.ts';

/** The whole way: plugin, gRPC, the node's bridge, HTTP, adapter. */

let folder: string;
let http: AdapterServer;
let node: Server;
let remote: RemoteExternalAdapter;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smb-'));
  http = await AdapterServer.start(answering(`{"data":${answerWith()}}`));
  node = newServer();
  registerExternalAdapter(node, new HttpExternalAdapter(optionsFor(http.url)));
  const socket = join(folder, 'node');
  await bind(node, socket);
  remote = new RemoteExternalAdapter(newClient(socket, -1));
});

afterEach(async () => {
  remote.close();
  node.forceShutdown();
  await http.close();
  rmSync(folder, { recursive: true });
});

test('a plugin gets the payload', async () => {
  await expect(remote.getPayload(BLOCKS)).resolves.toEqual(PAYLOAD);
});

test('a plugin gets the reason why there is none', async () => {
  http.handler = answering('{"error":"no such token"}', 400);
  await expect(remote.getPayload(new Map([[1n, 7n]]))).rejects.toThrow(
    'failed to get payload from external adapter for request value:{key:1 value:7}: ' +
      `external adapter ${http.url}: expected an answer, got status 400 "no such token"`,
  );
});

test('a plugin that does not wait any more ends the request', async () => {
  const caller = new AbortController();
  const isClosed = new Promise<void>((resolve) => {
    http.handler = (response) => {
      response.once('close', resolve);
      caller.abort();
    };
  });
  const call: Call = { deadline: undefined, signal: caller.signal, metadata: new Map() };
  await expect(remote.getPayload(BLOCKS, call)).rejects.toThrow();
  await isClosed;
});
