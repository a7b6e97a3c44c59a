import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportingPluginFactory } from '../../../loopp/host/reporting-plugin.ts';
import { EvmRelayer } from '../../../loopp/provider/evm/relayer.ts';
import { RemoteRelayer } from '../../../loopp/provider/relayer-client.ts';
import { registerPluginRelayer } from '../../../loopp/provider/relayer-server.ts';
import { serveProvider } from '../../../loopp/provider/serve-provider.ts';
import { Broker } from '../../../loopp/wire/broker.ts';
import { callUnary, openDuplex } from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import type { ContractReader, SecureMintProvider } from '../../../loopp/wire/provider-ports.ts';
import type { PluginArgs, RelayArgs } from '../../../loopp/wire/relayer-ports.ts';
import { GrpcBroker, PluginSecureMint } from '../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../loopp/wire/sockets.ts';
import { packSelector } from '../../../loopp/wire/upstream-values.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import { DATA_ID } from '../../helpers/arbitraries.ts';
import {
  FROM_CACHE,
  PLUGIN_ARGS,
  SELECTOR,
  addCache,
  addProtocol,
  optionsOf,
  relayArgs,
} from '../provider/evm/chain.ts';
import { TestNode } from '../provider/evm/node.ts';
import { noLog } from '../provider/fakes.ts';
import { Wire, refusal } from '../provider/wire.ts';
import { PROTOCOL_CONFIG, hexOf } from './ocr3/builders.ts';
import { PluginProcess } from './process.ts';

/**
 * Three sides as a node has them: the compiled plugin, a relayer's process over a chain, and the host between, which hands
 * the relayer's provider on. Every call of the chain is counted where the plugin's calls leave it and where they arrive.
 */

/** An EVM relayer that counts what is asked of its providers. */
class CountingRelayer extends EvmRelayer {
  readonly reads: string[] = [];
  readonly callers: (string | undefined)[] = [];

  override async newPluginProvider(
    relay: RelayArgs,
    pluginArgs: PluginArgs,
  ): ReturnType<EvmRelayer['newPluginProvider']> {
    const provider = await super.newPluginProvider(relay, pluginArgs);
    const { contractReader: inner } = provider;
    const contractReader: ContractReader = {
      getLatestValue: (read, call) => {
        this.reads.push(read.readIdentifier);
        this.callers.push(call?.metadata.get('x-chainlink-org'));
        return inner.getLatestValue(read, call);
      },
    };
    return Object.assign(provider, { contractReader });
  }
}

const POR_CONFIG = { ...PROTOCOL_CONFIG, offchainConfig: Buffer.from('{"MaxChains":5}') };

let folder: string;
let node: TestNode;
let relayer: CountingRelayer;
let relayerWire: Wire;
let remote: RemoteRelayer;
let provider: SecureMintProvider;
let process: PluginProcess;
let main: Client;
let broker: Broker;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smt-'));
  node = await TestNode.start();
  addProtocol(node, `0x${hexOf(9)}`);
  relayerWire = await Wire.open((server, far) =>
    registerPluginRelayer(
      server,
      far,
      () => {
        relayer = new CountingRelayer(optionsOf(node));
        return relayer;
      },
      noLog,
    ),
  );
  remote = new RemoteRelayer(
    () => Promise.resolve({ client: relayerWire.main, broker: relayerWire.near }),
    '',
  );
  provider = await remote.newSecureMintProvider(relayArgs(FROM_CACHE), PLUGIN_ARGS);
  process = new PluginProcess(MAGIC_COOKIES);
  main = await process.connect();
  broker = new Broker(new SocketFolder(folder));
  broker.attach(openDuplex(main, GrpcBroker.startStream));
});
afterEach(async () => {
  await remote.close();
  broker.close();
  await process.end();
  relayerWire.close();
  await node.kill();
  rmSync(folder, { recursive: true });
});

async function plugin(): Promise<ReportingPlugin> {
  const { id: providerId } = await serveProvider(broker, provider, noLog);
  const config = { targetChainSelector: BigInt.asIntN(64, SELECTOR), dataId: DATA_ID, revision: '' };
  const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, { providerId, config });
  const client = process.keep(await broker.dial(factoryId, -1));
  const limits = { callTimeoutMs: 20_000, receiveLimitBytes: -1 };
  return (await reportingPluginFactory(client, broker, limits).newReportingPlugin(POR_CONFIG)).plugin;
}

const REPORT = { report: Buffer.of(1), info: packSelector(SELECTOR) };

describe('every call of the chain that the plugin makes', () => {
  test('goes through the relayer: the plugin asks, the relayer counts, the node answers', async () => {
    addCache(node, { round: 1n, timestamp: 41n });
    const asked = await plugin();
    // The provider is made in the relayer's process by the first call, and not before.
    expect(node.asked).toEqual([]);
    const call = {
      deadline: undefined,
      signal: new AbortController().signal,
      metadata: new Map([['x-chainlink-org', 'org']]),
    };
    const answers: boolean[] = [];
    for (const seqNr of [40n, 41n, 42n, 43n]) {
      answers.push(await asked.shouldTransmitAcceptedReport(seqNr, REPORT, call));
    }
    expect(answers).toEqual([false, false, true, true]);
    expect(relayer.reads).toEqual(Array(4).fill('-SecureMint-LatestTransmittedReportDetails'));
    expect(relayer.callers).toEqual(Array(4).fill('org'));
    // The chain id once, then two calls for each read: the cache and the protocol's contract.
    expect(node.methods()).toEqual(['eth_chainId', ...Array<string>(8).fill('eth_call')]);
    expect(inetSockets(process.pid)).toEqual([]);
  });

  test('is refused by the relayer for a chain that is not its own', async () => {
    const elsewhere = { ...REPORT, info: packSelector(1n) };
    expect(await refusal((await plugin()).shouldTransmitAcceptedReport(42n, elsewhere))).toEqual([
      'UNKNOWN',
      'could not get latest transmission details from chain: ' +
        `chain selector: expected ${String(SELECTOR)}, the chain of this relayer, got 1`,
    ]);
    expect(node.methods()).toEqual(['eth_chainId']);
  });

  test('fails as UNKNOWN with what the relayer says of its node', async () => {
    addCache(node, { round: 1n, timestamp: 41n });
    const asked = await plugin();
    expect(await asked.shouldTransmitAcceptedReport(42n, REPORT)).toBe(true);
    await node.kill();
    const [code, text] = await refusal(asked.shouldTransmitAcceptedReport(42n, REPORT));
    expect(code).toBe('UNKNOWN');
    expect(text).toMatch(
      /^could not get latest transmission details from chain: http:\/\/127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/,
    );
  });

  test('is answered again by the next relayer\u2019s process', async () => {
    addCache(node, { round: 1n, timestamp: 41n });
    const asked = await plugin();
    expect(await asked.shouldTransmitAcceptedReport(41n, REPORT)).toBe(false);
    const dead = relayerWire;
    relayerWire = await Wire.open((server, far) =>
      registerPluginRelayer(server, far, () => new EvmRelayer(optionsOf(node)), noLog),
    );
    dead.close();
    expect(await asked.shouldTransmitAcceptedReport(42n, REPORT)).toBe(true);
  });
});

/** Sockets of the process that are none of unix: what it could reach a chain over. */
function inetSockets(pid: number): readonly string[] {
  const fds = readdirSync(`/proc/${String(pid)}/fd`);
  const links = fds.map((fd) => linkOf(`/proc/${String(pid)}/fd/${fd}`));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const lines = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/${String(pid)}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1),
  );
  return lines.filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? ''));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
