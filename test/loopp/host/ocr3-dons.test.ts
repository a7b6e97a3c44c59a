import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ocr3Dons } from '../../../loopp/host/ocr3-dons.ts';
import type { DonConfig, HeldDon } from '../../../loopp/host/ocr3-dons.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { outcomeContext } from '../../../loopp/wire/submission.ts';
import { LaneError } from '../../../src/contract/lane.ts';
import { DATA_ID, SELECTORS, plainRound } from '../../helpers/arbitraries.ts';
import { OWN_PLUGIN, Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
let dons: Ocr3Dons;
let launches: number;
beforeEach(async () => {
  sandbox = new Sandbox();
  launches = 0;
  dons = new Ocr3Dons(sandbox.node(OWN_PLUGIN), HOST_DEFAULTS, () => launches++);
  await dons.start();
});
afterEach(async () => {
  await dons.close();
  await sandbox.end();
});

const configOf = (selector: bigint): DonConfig => ({
  aggregator: {
    targetChainSelector: BigInt.asIntN(64, selector),
    dataId: DATA_ID,
    revision: '2025-09',
  },
  n: 1,
  f: 0,
});
const CONFIG = configOf(SELECTORS.ethereum);
const keep = ({ oracles }: HeldDon): Promise<HeldDon['oracles']> => Promise.resolve(oracles);
/** Asks the DON something, so that its process has to be there. */
const ask = async ({ oracles }: HeldDon): Promise<number | undefined> =>
  (await oracles[0]?.plugin.query(outcomeContext(plainRound())))?.length;

test('rounds of one config share a DON, of others they do not', async () => {
  const first = await dons.hold(CONFIG, keep);
  expect(await dons.hold({ ...CONFIG }, keep)).toBe(first);
  expect(await dons.hold({ ...CONFIG, n: 2 }, keep)).toHaveLength(2);
  expect(await dons.hold(CONFIG, keep)).toBe(first);
});

test('one round has the DON at a time', async () => {
  let inside = 0;
  const most: number[] = [];
  const use = async (don: HeldDon): Promise<void> => {
    most.push(++inside);
    await ask(don);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => dons.hold(CONFIG, use)));
  expect(most).toEqual([1, 1, 1]);
});

test('a DON that was discarded or failed is made again', async () => {
  const first = await dons.hold(CONFIG, keep);
  await dons.hold(CONFIG, async (don) => don.discard());
  const second = await dons.hold(CONFIG, keep);
  expect(second).not.toBe(first);
  const failing = dons.hold(CONFIG, () => Promise.reject(new LaneError('protocol', 'no')));
  await expect(failing).rejects.toThrow('no');
  expect(await dons.hold(CONFIG, keep)).not.toBe(second);
  expect(launches).toBe(1);
});

test('a process that is lost is replaced', async () => {
  expect(await dons.hold(CONFIG, ask)).toBe(0);
  const [pid = 0] = sandbox.processes();
  process.kill(pid, 'SIGKILL');
  await expect(dons.hold(CONFIG, ask)).rejects.toThrow();
  expect(await dons.hold(CONFIG, ask)).toBe(0);
  expect(launches).toBe(2);
});

test('a process that has made many DONs is replaced', async () => {
  for (let number = 1; number <= 33; number++) {
    expect(await dons.hold(configOf(BigInt(number)), ask)).toBe(0);
  }
  expect(launches).toBe(2);
});
