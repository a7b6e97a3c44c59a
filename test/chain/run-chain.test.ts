import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaneName } from '../../src/contract/judgement.ts';
import type { Round } from '../../src/contract/round.ts';
import { plainRound } from '../helpers/arbitraries.ts';
import { memberOf } from '../helpers/cli.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { everything } from '../helpers/real/parts.ts';
import { ChainRuns, expectAllMatch, expectNothingLost } from './chain-runs.ts';
import { dataIdOf } from './two-caches.ts';

// Needs a chain and the contracts of test/real.
describe.skipIf(!everything)('run --chain', () => {
  let runs: ChainRuns;
  beforeAll(async () => {
    runs = await ChainRuns.start();
  });
  beforeEach(() => runs.reset());
  afterEach(async () => {
    expect(await runs.cli.leftovers()).toEqual([]);
  });
  afterAll(() => runs.stop());

  const first = (count: number): readonly Round[] => runs.captured.slice(0, count);

  /** How many reports each cache has of all feeds together. */
  async function storedIn(lane: LaneName, rounds: readonly Round[]): Promise<number> {
    const feeds = new Map(rounds.map((round) => [dataIdOf(round), round]));
    const stored = await Promise.all([...feeds.values()].map((round) => runs.latest(lane, round)));
    return stored.reduce((sum, answer) => sum + Number(answer?.roundId ?? 0n), 0);
  }

  test('both lanes\u2019 outcomes get through the forwarder, and the caches have the same', async () => {
    const rounds = first(40);
    const ran = await runs.run(rounds);
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expectNothingLost(ran, rounds);
    expectAllMatch(ran);
    const { legacy, loopp, ...counts } = ran.chain;
    expect(loopp).toEqual(legacy);
    expect(counts).toMatchObject({ different: 0, deliveredBefore: 0, outOfStep: 0, notDelivered: 0 });
    const { delivered, stored, stale } = memberOf(ran.chain, 'legacy');
    expect(Number(stored)).toBeGreaterThan(10);
    expect(Number(stored) + Number(stale)).toBe(delivered);
    for (const lane of ['legacy', 'loopp'] as const) expect(await storedIn(lane, rounds)).toBe(stored);
    for (const round of rounds) {
      const both = [await runs.latest('legacy', round), await runs.latest('loopp', round)];
      expect(both[1]).toEqual(both[0]);
    }
    expect(ran.stdout).toMatch(/^yes: the lanes agree$/m);
  });

  test('its report says what became of the reports, and of the rounds', async () => {
    const rounds = [7n, 7n, 8n].map((seqNr, at) =>
      plainRound({ round: { id: `round ${String(at)}` }, fields: { seqNr } }),
    );
    const { exitCode, stdout, record } = await runs.run(rounds);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      [
        'on chain: reports               legacy     loopp',
        '  delivered                          3         3',
        '    stored                           2         2',
        '    stale                            1         1',
        '  refused by encoder                 0         0',
        '  nothing to report                  0         0',
        'on chain: rounds                     3',
        '  the same in both caches            3',
        '  different                          0',
        '',
      ].join('\n'),
    );
    const [stored, stale] = record;
    expect(stored).toMatchObject({ schema: 1, id: 'round 0', result: 'same', legacy: { kind: 'stored' } });
    expect(stale).toMatchObject({ id: 'round 1', result: 'same', loopp: { kind: 'stale' } });
    const answer = { answer: String((1000n << 128n) | 99n), timestamp: '7', roundId: '1' };
    expect(stale?.['caches']).toMatchObject([
      { dataId: dataIdOf(plainRound()).slice(2), legacy: { timestamp: '7' } },
    ]);
    expect(stored?.['caches']).toMatchObject([
      { legacy: { timestamp: answer.timestamp, roundId: answer.roundId } },
    ]);
  });

  describe('a lie of one lane', () => {
    test('shows in its cache', async () => {
      const ran = await runs.run(first(12), {}, ['--plant', 'block-plus-one']);
      expect(ran.exitCode).toBe(1);
      expectNothingLost(ran, first(12));
      const { different } = ran.chain;
      expect(different).toBeGreaterThan(0);
      const [, mintable = '', block = ''] =
        /legacy has mintable (\d+) at block (\d+) under time \d+/.exec(ran.stdout) ?? [];
      expect(ran.stdout).toContain(
        `loopp has mintable ${mintable} at block ${String(BigInt(block) + 1n)} under`,
      );
      expect(ran.stdout).toMatch(new RegExp(`^no: .*; different on chain: ${String(different)}$`, 'm'));
      const lines = ran.record.filter(({ result }) => result === 'different');
      expect(lines).toHaveLength(Number(different));
      expect(lines[0]).toMatchObject({ legacy: { kind: 'stored' }, loopp: { kind: 'stored' } });
    });

    test('that it has nothing to report', async () => {
      const { exitCode, stdout } = await runs.run([plainRound()], {}, ['--plant', 'lost-report']);
      expect(exitCode).toBe(1);
      expect(stdout).toContain('    legacy is stored, loopp has nothing to report\n');
      expect(stdout).toMatch(
        /^ {4}feed 01c5\w+: legacy has mintable \d+ at block \d+ .*, loopp has nothing$/m,
      );
    });
  });

  describe('counts with their reason', () => {
    test('a negative mintable: the encoder refuses it, of both lanes', async () => {
      const negative = plainRound({ round: { id: 'negative' }, fields: { mintable: -5n } });
      const { exitCode, chain } = await runs.run([plainRound(), negative]);
      expect(exitCode).toBe(0);
      const counts = { delivered: 1, stored: 1, refusedByEncoder: 1 };
      expect(chain).toMatchObject({ same: 2, legacy: counts, loopp: counts });
    });

    test('rounds of 2025-07, aggregation errors, Solana', async () => {
      const [old = plainRound()] = await loadRounds(CAPTURES[0] ?? '');
      const failing = plainRound({ round: { id: 'failing', config: new Uint8Array() } });
      const solana = runs.captured.filter(({ workflow = '' }) => workflow.includes('solana'));
      const rounds = [plainRound(), old, failing, ...solana.slice(0, 2)];
      const ran = await runs.run(rounds);
      expectNothingLost(ran, rounds);
      expect(ran.exitCode).toBe(0);
      expect(ran.chain).toMatchObject({
        same: 1,
        notDeliverable: 4,
        reasons: {
          'the cache takes no report of revision 2025-07': 1,
          'an aggregation error': 1,
          'its chain is solana': 2,
        },
      });
    });

    test('a round that comes twice', async () => {
      const { chain } = await runs.run([plainRound(), plainRound()]);
      expect(chain).toMatchObject({ same: 1, notDeliverable: 1, reasons: { 'not compared (duplicate)': 1 } });
    });
  });

  test('what was delivered before this run is told of, and shows nothing', async () => {
    const rounds = first(10);
    expect((await runs.run(rounds)).exitCode).toBe(0);
    const again = await runs.run(rounds);
    expectNothingLost(again, rounds);
    expect(again.exitCode).toBe(1);
    expect(again.chain['deliveredBefore']).toBeGreaterThan(0);
    expect(again.stdout).toMatch(/^no: nothing was delivered to the chain in 10 rounds$/m);
  });

  describe('tells of a contract that refuses:', () => {
    test('a forwarder that does not know the configuration of the DON', async () => {
      const ran = await runs.run(first(6), { don: { id: 7, configVersion: 4, f: 1 } });
      expectNothingLost(ran, first(6));
      expect(ran.exitCode).toBe(1);
      expect(ran.stdout).toMatch(/ rounds?: expected consent to the report .* got the error InvalidConfig\(/);
      expect(ran.stdout).toMatch(/^no: not delivered to the chain: \d, at most 0 allowed$/m);
      expect(runs.sent).toBe(0);
    });

    test('a cache that this workflow may not write', async () => {
      const workflow = { owner: `0x${'55'.repeat(20)}`, name: '33445566778899aabbcc' };
      const { exitCode, stdout } = await runs.run([plainRound()], { workflow });
      expect(exitCode).toBe(1);
      expect(stdout).toContain(
        '    1 round: the cache lets this workflow not write feed 01c50000000000000000000000000000: allow it',
      );
    });

    test('a cache that runs out of gas', async () => {
      const { exitCode, stdout } = await runs.run([plainRound()], { gasLimit: 180_000 });
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/ 1 round: .*(gasLimit may be too low|raise the gas limit)/);
    });
  });

  describe('waits until a report is final', () => {
    const depth = { finality: { depth: 3 }, maxNotDelivered: 0 };
    // Or else the contracts themselves would not be.
    beforeEach(() => runs.anvil.provider.send('anvil_mine', ['0x10']));

    test('and tells of one that never is', async () => {
      const { exitCode, chain, stdout } = await runs.run([plainRound()], {
        ...depth,
        finalityTimeoutMs: 300,
      });
      expect(exitCode).toBe(1);
      expect(chain['notDelivered']).toBe(1);
      expect(stdout).toContain(
        'expected the stored report in the final block (3 below the newest) within 300 ms, got none',
      );
    });

    test('with the blocks that come', async () => {
      const { running, ended } = await runs.begin(first(5), depth);
      while (running.child.exitCode === null) {
        await runs.anvil.provider.send('evm_mine', []);
        await sleep(50);
      }
      const ran = await ended;
      expect(ran.exitCode).toBe(0);
      expect(ran.chain).toMatchObject({ different: 0, notDelivered: 0 });
    });
  });
});
