import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Round } from '../../src/contract/round.ts';
import { HAS_PROC, memberOf, until } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { ChainRuns, expectAllMatch, expectNothingLost } from './chain-runs.ts';
import type { Ran } from './chain-runs.ts';
import type { RestartableAnvil } from './restartable-anvil.ts';
import type { Plan, Trouble } from './troubled-node.ts';

const COUNT = 24;
/** Transactions that go well before the trouble begins. */
const BEFORE = 5;
/** Impatient enough for tests. */
const QUICK = { requestTimeoutMs: 300, retryPauseMs: 10, deliveryTimeoutMs: 3000 };

const WRONG_CHAIN: Trouble = { body: '{"jsonrpc":"2.0","id":$ID,"result":"0x5"}' };

const always =
  (met: Trouble): Plan =>
  () =>
    met;

// Needs a chain and the contracts of test/real.
describe.skipIf(!everything)('run --chain, when the chain has trouble', () => {
  let runs: ChainRuns;
  let rounds: readonly Round[];
  beforeAll(async () => {
    runs = await ChainRuns.start();
    rounds = runs.captured.filter(({ workflow = '' }) => !workflow.includes('solana')).slice(0, COUNT);
  });
  beforeEach(() => runs.reset());
  afterEach(async () => {
    expect(await runs.cli.leftovers()).toEqual([]);
  });
  afterAll(() => runs.stop());

  /** So many requests in the middle of the run meet trouble. */
  function trouble(meets: Plan, count = Infinity): Plan {
    let left = count;
    return (method) => {
      if (runs.sent <= BEFORE || left <= 0) return undefined;
      const met = meets(method);
      if (met !== undefined) left--;
      return met;
    };
  }

  /** Kills it once the trouble is there, and starts it again; the run cannot end before. */
  async function killed(options?: Parameters<RestartableAnvil['resume']>[0]): Promise<Ran> {
    let isBack = false;
    runs.node.plan = trouble(() => (isBack ? undefined : 'gone'));
    const { running, ended } = await runs.begin(rounds, QUICK);
    await until('a transaction', () => (runs.sent > BEFORE ? true : undefined));
    await runs.anvil.halt();
    await runs.anvil.resume(options);
    expect(running.child.exitCode).toBeNull();
    isBack = true;
    return ended;
  }

  test.each<[string, Plan, number]>([
    ['429', always({ status: 429 }), 20],
    ['429 with Retry-After', always({ status: 429, headers: { 'retry-after': '1' } }), 20],
    ['500', always({ status: 500 }), 20],
    ['a web page', always({ body: '<html>busy</html>' }), 20],
    ['JSON that is no answer', always({ body: '{"jsonrpc":"2.0","id":$ID}' }), 20],
    ['no answer', always('hang'), 8],
    ['nobody there', always('gone'), 20],
    ['answers that get lost, of transactions too', always('answerLost'), 20],
    [
      'another chain at the same place',
      (method) => (method === 'eth_chainId' ? WRONG_CHAIN : method === 'eth_call' ? 'gone' : undefined),
      20,
    ],
  ])('that passes, nothing comes of it: %s', async (_, meets, count) => {
    runs.node.plan = trouble(meets, count);
    const ran = await runs.run(rounds, QUICK);
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expectNothingLost(ran, rounds);
    expectAllMatch(ran);
    expect(ran.chain).toMatchObject({ same: COUNT, notDelivered: 0 });
    expect(ran.chain['loopp']).toEqual(ran.chain['legacy']);
  });

  test.each<[string, Plan, RegExp]>([
    ['429', always({ status: 429 }), /limits requests: HTTP 429/],
    ['500', always({ status: 500 }), /answered HTTP 500, expected 200/],
    [
      'a web page',
      always({ body: '<html>busy</html>' }),
      /answered eth_\w+ with "<html>busy<\/html>", expected JSON-RPC/,
    ],
    ['no answer', always('hang'), /did not answer within 300 ms/],
    ['nobody there', always('gone'), /cannot be reached: /],
    [
      'another chain at the same place',
      (method) => (method === 'eth_chainId' ? WRONG_CHAIN : 'gone'),
      /says that its chain id is 5, expected 31337: check the URL/,
    ],
  ])('that stays, the rest is not delivered and everything is judged: %s', async (_, meets, reason) => {
    runs.node.plan = trouble(meets);
    const ran = await runs.run(rounds, { ...QUICK, patienceMs: 200 });
    expectNothingLost(ran, rounds);
    expectAllMatch(ran);
    expect(ran.exitCode).toBe(1);
    expect(ran.chain).toMatchObject({ different: 0 });
    const { notDelivered } = ran.chain;
    expect(notDelivered).toBeGreaterThan(0);
    expect(ran.stdout).toMatch(reason);
    expect(ran.stdout).not.toContain('secret-key');
    expect(ran.stdout).toMatch(
      new RegExp(`^no: not delivered to the chain: ${String(notDelivered)}, at most 0 allowed$`, 'm'),
    );
  });

  test('that is longer than its patience: what was lost makes no difference afterwards', async () => {
    runs.node.plan = trouble(always('gone'), 60);
    const ran = await runs.run(rounds, { ...QUICK, patienceMs: 30, maxNotDelivered: COUNT });
    expectNothingLost(ran, rounds);
    expect(ran.exitCode).toBe(0);
    expect(ran.chain['different']).toBe(0);
    expect(ran.chain['notDelivered']).toBeGreaterThan(0);
  });

  describe('a chain that is killed in the middle', () => {
    test('and comes back: nothing is lost', async () => {
      const ran = await killed();
      expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' });
      expectNothingLost(ran, rounds);
      expectAllMatch(ran);
      expect(ran.chain).toMatchObject({ same: COUNT, notDelivered: 0 });
    });

    test('and comes back without its contracts', async () => {
      const ran = await killed({ forgetful: true });
      await runs.anvil.halt();
      await runs.anvil.resume();
      expectNothingLost(ran, rounds);
      expectAllMatch(ran);
      expect(ran.exitCode).toBe(1);
      expect(ran.stdout).toMatch(
        /no contract there; check the address and the chain|is there such a contract/,
      );
    });
  });

  test.skipIf(!HAS_PROC)('Ctrl-C while the chain does not answer', async () => {
    runs.node.plan = trouble(always('hang'));
    const { running, ended } = await runs.begin(rounds, { requestTimeoutMs: 600_000 });
    await until('a transaction', () => (runs.sent > BEFORE ? true : undefined));
    running.child.kill('SIGINT');
    const ran = await ended;
    expect(ran.exitCode).toBe(130);
    expectAllMatch(ran);
    expect(ran.chain['rounds']).toBe(ran.report['rounds']);
    expect(memberOf(ran.chain, 'reasons')['interrupted']).toBeGreaterThan(0);
  });
});
