import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Harness } from '../../harness/harness.ts';
import { legacyLane } from '../../legacy/lane.ts';
import type { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import { aggregate } from '../../loopp/plugin/aggregation/aggregate.ts';
import { DataFeedsCacheReader } from '../../loopp/provider/evm/delivery/cache.ts';
import type { StoredAnswer } from '../../loopp/provider/evm/delivery/cache.ts';
import type { OracleHost } from '../../loopp/simulator/oracle-host.ts';
import { PluginProcesses } from '../../loopp/simulator/plugin-processes.ts';
import { DonSimulator } from '../../loopp/simulator/simulator.ts';
import { fixedWorld } from '../../loopp/simulator/world.ts';
import { openChain } from '../../src/cli/chain/open.ts';
import type { ChainProof } from '../../src/cli/chain/proof.ts';
import { decodePackedAnswer } from '../../src/codec/dfcache.ts';
import { LANE_NAMES } from '../../src/contract/judgement.ts';
import type { LaneName } from '../../src/contract/judgement.ts';
import type { ExternalAdapter } from '../../src/contract/external-adapter.ts';
import type { Round } from '../../src/contract/round.ts';
import { ConfigFolder, bridgeTo, shipped } from '../examples/adapter-process.ts';
import { startLooppLane } from '../helpers/ask.ts';
import { Anvil } from '../helpers/real/anvil.ts';
import { everything } from '../helpers/real/parts.ts';
import { unhex } from '../helpers/wire.ts';
import { MAIN_FILE } from '../loopp/host/sandbox.ts';
import { SIGNER_KEYS, TwoCaches, dataIdOf } from './two-caches.ts';

const ROOTSTOCK = 8953668971247136127n;
const TELOS = 729797994450396300n;
const CHAINS = [ROOTSTOCK, TELOS];
const ORACLES = 4;
/** The feeds that the simulated DON's workflows write, in the order of their chains. */
const FEEDS = CHAINS.map((_, at) => `0x01c508${String(at + 1).padStart(26, '0')}`);

/** What the adapter sees: reserves, and on each chain the newest block and the supply. */
interface Figures {
  readonly reserve: string;
  readonly rootstock: { readonly latestBlock: number; readonly supply: string };
  readonly telos: { readonly latestBlock: number; readonly supply: string };
}

const BEFORE: Figures = {
  reserve: '1000',
  rootstock: { latestBlock: 40, supply: '600' },
  telos: { latestBlock: 5, supply: '375' },
};
/** More reserves, and more minted on one chain. */
const AFTER: Figures = {
  reserve: '5000000000000000000000',
  rootstock: { latestBlock: 43, supply: '2600000000000000000000' },
  telos: { latestBlock: 9, supply: '375' },
};

/**
 * From the reserves to both caches, every part a real one: the example adapter in its process, the node's bridge, four
 * oracles' reporting plugins in theirs, trigger events, both lanes, signatures, the forwarder and two caches on a chain.
 * Rounds of OCR alone are simulated (docs/chain.md).
 */
describe.skipIf(!everything)('from reserve to cache', () => {
  let home: ConfigFolder;
  let folder: string;
  let adapter: ExternalAdapter;
  let anvil: Anvil;
  let caches: TwoCaches;
  let simulator: DonSimulator;
  let loopp: LooppLane;
  let proof: ChainProof;
  let harness: Harness;
  let rounds: AsyncGenerator<Round>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smt-'));
    home = new ConfigFolder();
    write(BEFORE);
    const { url } = await home.start(shipped('static.json'));
    adapter = bridgeTo(url, CHAINS);
    anvil = await Anvil.start();
    caches = await TwoCaches.deploy(anvil.wallet(0), FEEDS);
    simulator = newSimulator(adapter);
    await simulator.start();
    rounds = simulator.rounds();
    loopp = await startLooppLane();
    harness = new Harness({ legacy: legacyLane(), loopp, seed: 1 });
    writeFileSync(join(folder, 'sender.key'), anvil.wallet(1).privateKey);
    writeFileSync(join(folder, 'signers.keys'), SIGNER_KEYS.join('\n'));
    writeFileSync(join(folder, 'chain.yaml'), caches.config(anvil.url));
    proof = await openChain(join(folder, 'chain.yaml'), new AbortController().signal);
  });
  afterAll(async () => {
    await proof.close();
    await simulator.close();
    await loopp.close();
    await anvil.stop();
    await home.remove();
    rmSync(folder, { recursive: true });
  });

  function write({ reserve, rootstock, telos }: Figures): void {
    home.write('figures.json', {
      reserveInfo: { reserveAmount: reserve, timestamp: 1_749_483_841_486 },
      chains: { [String(ROOTSTOCK)]: rootstock, [String(TELOS)]: telos },
    });
  }

  /** Holds rounds of OCR until so many have brought reports, and brings what both lanes make of them to the chain. */
  async function hold(reports: number): Promise<void> {
    for (let round = 0; round < reports * CHAINS.length; round++) {
      const next = await rounds.next();
      if (next.done === true) throw new Error('expected one more round, got none');
      expect(FEEDS).toContain(dataIdOf(next.value));
      const taken = harness.take(next.value);
      if (taken.kind === 'conflict') throw new Error('expected a round with an id of its own');
      const judgement = await taken.judged;
      expect(judgement.verdict.key).toBe('match');
      await proof.take(judgement);
    }
    await proof.settle();
  }

  /** What the adapter says may be minted as of its newest blocks, asked here and now. */
  async function adapterSays(): Promise<readonly object[]> {
    const { latestBlocks } = await adapter.getPayload(new Map());
    const { mintables } = await adapter.getPayload(latestBlocks);
    return CHAINS.map((selector) => ({ ...mintables.get(selector) }));
  }

  async function latest(lane: LaneName): Promise<readonly (StoredAnswer | undefined)[]> {
    const reader = new DataFeedsCacheReader(caches[lane], anvil.provider);
    return Promise.all(FEEDS.map((feed) => reader.latest(unhex(feed.slice('0x'.length)))));
  }

  const cacheSays = async (lane: LaneName): Promise<readonly unknown[]> =>
    (await latest(lane)).map((stored) => decodePackedAnswer('uint224', stored?.answer ?? -1n));

  /** Where readers expect seconds since 1970. */
  const timesIn = async (lane: LaneName): Promise<readonly unknown[]> =>
    (await latest(lane)).map((stored) => stored?.timestamp);

  test('reserves change, and both caches have what the adapter says', async () => {
    await hold(1);
    expect(await cacheSays('legacy')).toEqual([
      { block: 40n, mintable: 25n },
      { block: 5n, mintable: 25n },
    ]);
    expect(await cacheSays('legacy')).toEqual(await adapterSays());
    expect(await cacheSays('loopp')).toEqual(await adapterSays());
    // The first round of OCR agrees on blocks alone.
    for (const lane of LANE_NAMES) expect(await timesIn(lane)).toEqual([2n, 2n]);

    write(AFTER);
    // The oracles report the new reserves as of the old blocks, and then as of the new ones, which they agreed on meanwhile.
    await hold(2);
    const mintable = 5_000_000_000_000_000_000_000n - 2_600_000_000_000_000_000_000n - 375n;
    expect(await adapterSays()).toEqual([
      { block: 43n, mintable },
      { block: 9n, mintable },
    ]);
    expect(await cacheSays('legacy')).toEqual(await adapterSays());
    expect(await cacheSays('loopp')).toEqual(await adapterSays());
    for (const lane of LANE_NAMES) expect(await timesIn(lane)).toEqual([4n, 4n]);
  });

  test('nothing differed on the way, and everything was delivered', () => {
    const { legacy, loopp: other, ...counts } = proof.summary();
    expect(other).toEqual(legacy);
    expect(counts).toMatchObject({ rounds: 6, same: 6, different: 0, notDelivered: 0, notDeliverable: 0 });
    expect(legacy).toMatchObject({ delivered: 6, stored: 6 });
    expect(proof.objections()).toEqual([]);
  });
});

/** Oracles whose plugins ask that adapter. */
function newSimulator(adapter: ExternalAdapter): DonSimulator {
  const processes = new PluginProcesses({
    command: { file: process.execPath, args: [MAIN_FILE, 'plugin'], path: undefined },
    host: { ...HOST_DEFAULTS, laneTimeoutMs: 30_000 },
    log: () => undefined,
    oracles: ORACLES,
  });
  const host: OracleHost = {
    relaunches: 0,
    start: (signal) => processes.start(signal),
    // In place of the simulated world's.
    factoryOf: (oracle) => processes.factoryOf(oracle, adapter),
    close: () => processes.close(),
  };
  const nothing = { block: 0n, mintable: 0n };
  return new DonSimulator(
    {
      rounds: 20,
      seed: 1,
      n: ORACLES,
      f: 1,
      chains: CHAINS,
      revision: '2025-09',
      faults: [],
      world: fixedWorld(new Map(CHAINS.map((selector) => [selector, nothing]))),
    },
    {
      host,
      aggregate: (round) => aggregate({ ...round, previousOutcome: round.previousOutcome ?? undefined }),
    },
  );
}
