import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportingPluginFactory } from '../../loopp/host/reporting-plugin.ts';
import { EVM_RELAYER_DEFAULTS } from '../../loopp/provider/evm/options.ts';
import { EvmRelayer } from '../../loopp/provider/evm/relayer.ts';
import { RemoteRelayer } from '../../loopp/provider/relayer-client.ts';
import { registerPluginRelayer } from '../../loopp/provider/relayer-server.ts';
import { serveProvider } from '../../loopp/provider/serve-provider.ts';
import { Broker } from '../../loopp/wire/broker.ts';
import { callUnary, openDuplex } from '../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../loopp/wire/handshake.ts';
import type { SecureMintProvider } from '../../loopp/wire/provider-ports.ts';
import { GrpcBroker, PluginSecureMint } from '../../loopp/wire/services.ts';
import { SocketFolder } from '../../loopp/wire/sockets.ts';
import { packSelector } from '../../loopp/wire/upstream-values.ts';
import type { ReportingPlugin } from '../../src/contract/reporting-plugin.ts';
import { plainRound } from '../helpers/arbitraries.ts';
import { everything } from '../helpers/real/parts.ts';
import { PROTOCOL_CONFIG, hexOf } from '../loopp/plugin/ocr3/builders.ts';
import { PluginProcess } from '../loopp/plugin/process.ts';
import { PLUGIN_ARGS, PROTOCOL_ADDRESS, SELECTOR, relayArgs } from '../loopp/provider/evm/chain.ts';
import { noLog } from '../loopp/provider/fakes.ts';
import { Wire, refusal } from '../loopp/provider/wire.ts';
import { F, attestRound } from './don.ts';
import { RestartableAnvil } from './restartable-anvil.ts';
import { TwoCaches, dataIdOf } from './two-caches.ts';

const FEED = dataIdOf(plainRound());
const CONFIG = { targetChainSelector: BigInt.asIntN(64, SELECTOR), dataId: FEED, revision: '' };

/** A contract whose every answer is that its configuration of block 77 has the digest of the plugin's protocol. */
const PROTOCOL_CODE = `0x6001600052604d6020527f${hexOf(9)}60405260606000f3`;

/**
 * Whether a report is to be transmitted, as the compiled plugin learns it: over its provider, from the real cache. The
 * relayer has the chain; the plugin has none.
 */
describe.skipIf(!everything)('the plugin, of what the chain has', () => {
  let folder: string;
  let anvil: RestartableAnvil;
  let relayerWire: Wire;
  let relayer: RemoteRelayer;
  let provider: SecureMintProvider;
  let process: PluginProcess;
  let main: Client;
  let broker: Broker;
  let plugin: ReportingPlugin;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smt-'));
    anvil = await RestartableAnvil.start();
    const { forwarder, legacy: cache } = await TwoCaches.deploy(anvil.wallet(0), [FEED]);
    await anvil.provider.send('anvil_setCode', [PROTOCOL_ADDRESS, PROTOCOL_CODE]);
    const options = {
      ...EVM_RELAYER_DEFAULTS,
      url: anvil.url,
      chainId: 31_337n,
      chainSelector: SELECTOR,
      finality: 'latest',
      privateKey: anvil.wallet(1).privateKey,
    } as const;
    relayerWire = await Wire.open((server, far) =>
      registerPluginRelayer(server, far, () => new EvmRelayer(options), noLog),
    );
    relayer = new RemoteRelayer(
      () => Promise.resolve({ client: relayerWire.main, broker: relayerWire.near }),
      '',
    );
    const transmissions = { contract: 'DataFeedsCache', address: cache, dataId: FEED };
    const config = relayArgs({ transmissions, delivery: { forwarder, f: F } });
    provider = await relayer.newSecureMintProvider(config, PLUGIN_ARGS);
    process = new PluginProcess(MAGIC_COOKIES);
    main = await process.connect();
    broker = new Broker(new SocketFolder(folder));
    broker.attach(openDuplex(main, GrpcBroker.startStream));
    plugin = await newPlugin();
  });
  afterAll(async () => {
    await relayer.close();
    broker.close();
    await process.end();
    relayerWire.close();
    await anvil.stop();
    rmSync(folder, { recursive: true });
  });

  async function newPlugin(): Promise<ReportingPlugin> {
    const { id: providerId } = await serveProvider(broker, provider, noLog);
    const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, {
      providerId,
      config: CONFIG,
    });
    const client = process.keep(await broker.dial(factoryId, -1));
    const limits = { callTimeoutMs: 20_000, receiveLimitBytes: -1 };
    const protocol = { ...PROTOCOL_CONFIG, offchainConfig: Buffer.from('{"MaxChains":5}') };
    return (await reportingPluginFactory(client, broker, limits).newReportingPlugin(protocol)).plugin;
  }

  /** Through the provider as well: signed, over the forwarder, into the cache. */
  async function transmit(seqNr: bigint): Promise<void> {
    const attested = await attestRound(plainRound({ fields: { seqNr } }));
    const { configDigest, report, signatures } = attested;
    const withInfo = { report, info: packSelector(SELECTOR) };
    await provider.ocr3ContractTransmitter.transmit(configDigest, attested.seqNr, withInfo, signatures);
  }

  const report = { report: Buffer.of(1), info: packSelector(SELECTOR) };
  const wanted = async (...seqNrs: readonly bigint[]): Promise<readonly boolean[]> => {
    const answers: boolean[] = [];
    for (const seqNr of seqNrs) answers.push(await plugin.shouldTransmitAcceptedReport(seqNr, report));
    return answers;
  };

  test('transmits the first report, and then those that are newer than the chain\u2019s', async () => {
    expect(await wanted(40n)).toEqual([true]);
    await transmit(40n);
    expect(await wanted(39n, 40n, 41n)).toEqual([false, false, true]);
    await transmit(43n);
    expect(await wanted(41n, 43n, 44n)).toEqual([false, false, true]);
  });

  test('a report of another configuration is refused, whatever its number', async () => {
    await anvil.provider.send('anvil_setCode', [PROTOCOL_ADDRESS, PROTOCOL_CODE.replace(hexOf(9), hexOf(5))]);
    expect(await refusal(wanted(50n))).toEqual([
      'UNKNOWN',
      `config digest mismatch; expected: ${hexOf(9)}, got: ${hexOf(5)}`,
    ]);
    await anvil.provider.send('anvil_setCode', [PROTOCOL_ADDRESS, PROTOCOL_CODE]);
  });

  test('says why while the chain is gone, stays up, and knows again when it is back', async () => {
    const { pid } = process;
    await anvil.halt();
    for (const ask of [() => wanted(44n), () => transmit(45n)]) {
      const [code, text] = await refusal(ask());
      expect(code).toBe('UNKNOWN');
      expect(text).toMatch(/127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/);
    }
    expect(process.running).toBe(true);
    await anvil.resume();
    expect(await wanted(43n, 44n)).toEqual([false, true]);
    await transmit(45n);
    expect(await wanted(44n, 45n, 46n)).toEqual([false, false, true]);
    expect([process.pid, process.running]).toEqual([pid, true]);
  });

  test('says so when another chain comes back in its place', async () => {
    await anvil.halt();
    await expect(wanted(46n)).rejects.toThrow('cannot be reached');
    await anvil.resume({ chainId: 5, forgetful: true });
    const [code, text] = await refusal(wanted(46n));
    await anvil.halt();
    await anvil.resume();
    expect(code).toBe('UNKNOWN');
    expect(text).toMatch(/says that its chain id is 5, expected 31337: check the URL/);
    expect(await wanted(45n, 46n)).toEqual([false, true]);
  });
});
