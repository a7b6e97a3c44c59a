import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { UpstreamFactory } from '../../../../loopp/host/upstream.ts';
import { porFactory } from '../../../../loopp/plugin/por/factory.ts';
import { porLimits } from '../../../../loopp/plugin/por/limits.ts';
import { Broker } from '../../../../loopp/wire/broker.ts';
import type { BrokeredConnection } from '../../../../loopp/wire/broker.ts';
import { openDuplex } from '../../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../../loopp/wire/handshake.ts';
import { GrpcBroker } from '../../../../loopp/wire/services.ts';
import { SocketFolder } from '../../../../loopp/wire/sockets.ts';
import type { ReportingPluginFactory } from '../../../../src/contract/reporting-plugin.ts';
import { PluginProcess } from '../process.ts';
import { POR_CONFIG, CHAIN_A, CHAIN_B, blocksOf, bytesOf, mintablesOf } from './builders.ts';
import { Don, World } from './don.ts';

/**
 * Whole rounds of four oracles, one of them faulty, over five chains at most: the known-good pair of
 * docs/spec/por-plugin.md "Around it" and what comes after it.
 */

const A = String(CHAIN_A);
const B = String(CHAIN_B);
const NEW_CHAIN = 16015286601757825753n;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type MakeFactory = (world: World) => ReportingPluginFactory;

/** The plugins of this process. */
const inProcess = (): Promise<MakeFactory> => Promise.resolve(porFactory);

const OPTIONS = {
  name: 'SecureMint',
  callTimeoutMs: 20_000,
  serviceTimeoutMs: 20_000,
  receiveLimitBytes: -1,
};

/** The compiled plugin in a process of its own, whose factories ask adapters that this process serves. */
async function launched(): Promise<MakeFactory> {
  const folder = mkdtempSync(join(tmpdir(), 'smt-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  for (const side of ['host', 'plugin']) mkdirSync(join(folder, side));
  const process = new PluginProcess({ ...MAGIC_COOKIES, PLUGIN_UNIX_SOCKET_DIR: join(folder, 'plugin') });
  cleanUps.push(() => process.end());
  const client = await process.connect();
  const broker = new Broker(new SocketFolder(join(folder, 'host')));
  cleanUps.push(() => broker.close());
  const stream = openDuplex(client, GrpcBroker.startStream);
  stream.on('error', () => undefined);
  broker.attach(stream);
  const main: BrokeredConnection = { client, broker };
  return (world) => {
    const factory = new UpstreamFactory(() => Promise.resolve(main), world, OPTIONS);
    cleanUps.push(() => factory.close());
    return factory;
  };
}

interface Started {
  readonly worlds: readonly World[];
  readonly don: Don;
}

/** Four oracles that see the same chains: A at block 40, B at block 5. */
async function started(open: () => Promise<MakeFactory>): Promise<Started> {
  const makeFactory = await open();
  const worlds = [0, 1, 2, 3].map(() => new World());
  see(worlds, { [A]: 40, [B]: 5 });
  for (const world of worlds) world.mintable = (selector) => (selector === CHAIN_A ? 10n : 25n);
  const made = await Promise.all(
    worlds.map((world, oracleId) => makeFactory(world).newReportingPlugin({ ...POR_CONFIG, oracleId })),
  );
  for (const { info } of made) {
    expect(info).toEqual({ name: 'PorReportingPluginV1', limits: porLimits(5) });
  }
  return { worlds, don: new Don(made.map(({ plugin }) => plugin)) };
}

function see(worlds: readonly World[], latest: Readonly<Record<string, number>>): void {
  for (const world of worlds) world.latest = blocksOf(latest);
}

const reportOf = (seqNr: number, block: number, mintable: number): string =>
  `{"ConfigDigest":"${'09'.repeat(32)}","SeqNr":${String(seqNr)},"Block":${String(block)},"Mintable":${String(mintable)}}`;

describe.each([
  ['in this process', inProcess],
  ['through a plugin process', launched],
])('rounds %s', (_name, open) => {
  test('agree on blocks, then on the mintables there, and report what changed', async () => {
    const { worlds, don } = await started(open);
    const first = await don.round();
    expect(first).toEqual({
      outcome: { changed: new Set(), mintables: new Map(), honestBlocks: blocksOf({ [A]: 40, [B]: 5 }) },
      reports: new Map(),
      silent: new Map(),
    });

    const second = await don.round();
    expect(second.outcome.mintables).toEqual(mintablesOf({ [A]: [40, 10], [B]: [5, 25] }));
    expect([...second.reports]).toEqual([
      [CHAIN_B, reportOf(2, 5, 25)],
      [CHAIN_A, reportOf(2, 40, 10)],
    ]);
    expect(worlds[3]?.asked).toEqual([new Map(), blocksOf({ [A]: 40, [B]: 5 })]);

    // Nothing moves.
    const third = await don.round();
    expect(third.reports).toEqual(new Map());
    expect(third.outcome).toEqual({ ...second.outcome, changed: new Set() });

    // A chain moves on: its block is agreed on first, and reported in the round after that.
    see(worlds, { [A]: 41, [B]: 5 });
    expect((await don.round()).reports).toEqual(new Map());
    expect((await don.round()).reports).toEqual(new Map([[CHAIN_A, reportOf(5, 41, 10)]]));
  });

  test('go on with one oracle that lies, and one whose adapter is behind', async () => {
    const { worlds, don } = await started(open);
    await don.round();
    const highest = '{"QueryResponse":null,"LatestBlocks":{"9":99}}';
    const refused = await don.round(new Map([[0, bytesOf(highest)]]));
    expect(refused.silent).toEqual(
      new Map([[0, `'latest blocks' missing info on tracked chain with ID: ${B}`]]),
    );
    expect(refused.reports.size).toBe(2);

    // What can be valid, and false: far ahead, and other mintables than everyone else's.
    const lie = JSON.stringify({
      QueryResponse: { [A]: { Block: 1, Mintable: 999 }, [B]: { Block: 1, Mintable: 999 } },
      LatestBlocks: { [A]: 9_999, [B]: 9_999, 9: 9_999 },
    });
    for (const world of worlds.slice(1, 2)) world.behind = true;
    see(worlds, { [A]: 50, [B]: 6 });
    const lies = new Map([[0, bytesOf(lie)]]);
    const ahead = await don.round(lies);
    expect(ahead.silent).toEqual(new Map());
    expect(ahead.outcome.honestBlocks).toEqual(blocksOf({ [A]: 50, [B]: 6 }));
    expect((await don.round(lies)).reports).toEqual(
      new Map([
        [CHAIN_B, reportOf(4, 6, 25)],
        [CHAIN_A, reportOf(4, 50, 10)],
      ]),
    );
  });

  test('take in a chain that more than f oracles propose', async () => {
    const { worlds, don } = await started(open);
    await don.round();
    await don.round();
    const grown = { [A]: 40, [B]: 5, [String(NEW_CHAIN)]: 70 };
    see(worlds.slice(0, 1), grown);
    expect((await don.round()).outcome.honestBlocks).toEqual(blocksOf({ [A]: 40, [B]: 5 }));
    see(worlds.slice(0, 2), grown);
    expect((await don.round()).outcome.honestBlocks).toEqual(blocksOf(grown));
    // Adapters that do not know the chain yet leave their oracles silent: two are too few.
    await expect(don.round()).rejects.toThrow('the observations are no quorum');
    see(worlds, grown);
    expect((await don.round()).reports).toEqual(new Map([[NEW_CHAIN, reportOf(6, 70, 25)]]));
  });
});
