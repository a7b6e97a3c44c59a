// A small external adapter for Secure Mint, to run a node's bridge against and to start your own from:
//
//   node examples/adapter/adapter.mjs examples/adapter/static.json     figures from a file, runs on any laptop
//   node examples/adapter/adapter.mjs examples/adapter/rpc.json        supplies from chains over JSON-RPC
//
// It answers a POST of {"data": {"token", "reserves", "supplyChains", "supplyChainBlocks"}} on any path with the mintables,
// the reserve and the newest blocks, and GET /health with 200. docs/adapter.md has the format, the configuration and the
// rule: mintable = reserve - supply on all chains together, at least 0, the same on every chain.
//
// Exit codes: 0 after SIGTERM or SIGINT; 2 the configuration is not what it should be; 3 the address cannot be bound.

import { createServer } from 'node:http';
import { readConfig } from './config.mjs';
import { RefusedError, readQuestion } from './question.mjs';
import { rpcSource } from './rpc-source.mjs';
import { staticSource } from './static-source.mjs';

const REQUEST_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS = 256;
/** From the signal until connections are cut. */
const GRACE_MS = 3000;

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) fail(2, 'usage: node adapter.mjs CONFIG.json');

const config = await readConfig(file).catch((error) => fail(2, error.message));
const openSource = config.mode === 'static' ? staticSource(config) : rpcSource(config);

const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
const server = createServer(timeouts, (request, response) => void respond(request, response));
server.maxConnections = CONNECTIONS;
server.on('error', (error) =>
  fail(3, `listen: expected to bind ${config.host}:${config.port}, got ${error.message}`),
);
server.listen(config.port, config.host, () => {
  const { port } = server.address();
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const { size } = config.chains;
  console.log(
    `listening on http://${host}:${port}/ (${config.mode}, ${size} ${size === 1 ? 'chain' : 'chains'})`,
  );
});

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);

async function respond(request, response) {
  const { status, body } = await serve(request).catch(refusal);
  if (status >= 400) console.error(`${request.method} ${request.url}: ${status} ${body.error.message}`);
  // What is left of a request that was not read to its end must not be taken for the next one.
  const connection = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'application/json', ...connection });
  response.end(JSON.stringify(body));
}

async function serve(request) {
  if (request.method === 'GET' && request.url === '/health') return { status: 200, body: { status: 'ok' } };
  if (request.method !== 'POST') throw new RefusedError(405, `method: expected POST, got ${request.method}`);
  const blocks = readQuestion(await wholeBody(request), config);
  return { status: 200, body: { data: await answer(blocks), statusCode: 200, result: 0 } };
}

/** `blocks`: what is asked, by chain selector. Every chain is asked at once, and the reserve with them. */
async function answer(blocks) {
  const source = await openSource();
  const chains = blocks.size > 0 ? [...blocks.keys()] : [...config.chains.keys()];
  const [reserveInfo, latest] = await Promise.all([
    source.reserveInfo(),
    Promise.all(chains.map((chain) => source.latestBlock(chain))),
  ]);
  const latestBlocks = Object.fromEntries(chains.map((chain, index) => [chain, latest[index]]));
  const supply = (chain) => source.supply(chain, blocks.get(chain));
  const isReady =
    blocks.size > 0 && chains.every((chain) => isAnswerable(blocks.get(chain), latestBlocks[chain]));
  const mintables = isReady ? mintablesOf(blocks, reserveInfo, await Promise.all(chains.map(supply))) : {};
  return { mintables, reserveInfo, latestBlocks };
}

/**
 * There are no mintables as long as a chain is asked for without a block, as for one that the oracles have not agreed on
 * yet, or while this adapter has not seen one of the blocks.
 */
const isAnswerable = (block, latestBlock) => block > 0 && block <= latestBlock;

function mintablesOf(blocks, { reserveAmount }, supplies) {
  const headroom = BigInt(reserveAmount) - supplies.reduce((sum, supply) => sum + supply, 0n);
  const mintable = String(headroom > 0n ? headroom : 0n);
  return Object.fromEntries([...blocks].map(([chain, block]) => [chain, { mintable, block }]));
}

async function wholeBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > REQUEST_LIMIT_BYTES) {
      throw new RefusedError(413, `body: expected at most ${REQUEST_LIMIT_BYTES} bytes, got more`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is not the asker's fault is the fault of a source. The form is that of Chainlink's adapters. */
function refusal(error) {
  const status = error instanceof RefusedError ? error.status : 502;
  const { message } = error;
  return {
    status,
    body: { status: 'errored', statusCode: status, error: { name: 'AdapterError', message } },
  };
}

/** Requests in progress are answered first, idle connections are closed; a second signal ends at once. */
function stop() {
  for (const signal of ['SIGTERM', 'SIGINT']) process.off(signal, stop);
  server.close();
  setTimeout(() => process.exit(), GRACE_MS).unref();
}

function fail(exitCode, message) {
  console.error(message);
  process.exit(exitCode);
}
