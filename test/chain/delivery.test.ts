import { hexlify } from 'ethers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LooppLane } from '../../loopp/host/lane.ts';
import { DataFeedsCacheReader } from '../../loopp/provider/evm/delivery/cache.ts';
import { outcomeReport } from '../../loopp/provider/evm/delivery/outcome-report.ts';
import type { Delivery } from '../../loopp/provider/evm/delivery/transmitter.ts';
import { decodeMetadata, decodePackedAnswer, decodeReport } from '../../src/codec/dfcache.ts';
import { decodeValueMap } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import { plainRound } from '../helpers/arbitraries.ts';
import { startLooppLane } from '../helpers/ask.ts';
import { CAPTURES, isWitnessed, loadRounds } from '../helpers/conformance.ts';
import { everything } from '../helpers/real/parts.ts';
import { unhex } from '../helpers/wire.ts';
import { Chain, attestRound, newMetadata, outcomeOf } from './don.ts';

/** Of the rounds that `plainRound` makes. */
const PLAIN_FEED = unhex('01c50000000000000000000000000000');
/** Of a round of 2025-07 for Ethereum: the cache takes the first half of its feed id for a data id. */
const FEED_2025_07 = unhex('04458499 94fc9c7b 15000000 00000000');

/** What an oracle reported, read off the JSON text with nothing of ours. */
interface Reported {
  readonly seqNr: bigint;
  readonly block: bigint;
  readonly mintable: bigint;
}

function reportedIn(round: Round): Reported {
  const [first] = round.observations;
  const [value] = first?.values ?? [];
  const [, outer = ''] = /"Report":"([^"]+)"/.exec(Buffer.from(value ?? []).toString('latin1')) ?? [];
  const inner = Buffer.from(outer, 'base64').toString('latin1');
  const number = (name: string): bigint =>
    BigInt(new RegExp(`"${name}":(-?\\d+)`).exec(inner)?.[1] ?? 'none');
  return { seqNr: number('SeqNr'), block: number('Block'), mintable: number('Mintable') };
}

function dataIdOf(round: Round): Uint8Array {
  const dataId = decodeValueMap(round.config).get('dataID');
  if (dataId?.kind !== 'string') throw new Error(`expected a data id in round ${round.id}`);
  return unhex(dataId.value.replace(/^0x/, ''));
}

const agreed = (rounds: readonly Round[], workflow: string): readonly Round[] =>
  rounds.filter((round) => round.note === 'all oracles agree' && round.workflow === workflow);

/** A plain report with that sequence number. */
async function deliver(chain: Chain, seqNr: bigint): Promise<Delivery> {
  return chain.transmitter().transmit(await attestRound(plainRound({ fields: { seqNr } })));
}

// Needs a chain and the contracts of test/real.
describe.skipIf(!everything)('outcomes on a chain', () => {
  let captured: Readonly<Record<'2025-07' | '2025-09', readonly Round[]>>;
  let chain: Chain;
  let cache: DataFeedsCacheReader;

  beforeAll(async () => {
    const [old = '', current = ''] = CAPTURES;
    captured = { '2025-07': await loadRounds(old), '2025-09': await loadRounds(current) };
    const feeds = new Map(captured['2025-09'].map((round) => [hexlify(dataIdOf(round)), dataIdOf(round)]));
    chain = await Chain.start([...feeds.values(), PLAIN_FEED, FEED_2025_07]);
    cache = new DataFeedsCacheReader(chain.target.cache, chain.anvil.provider);
  });
  afterEach(() => chain.reset());
  afterAll(() => chain.anvil.stop());

  test('the contracts are the real ones', async () => {
    const { forwarder, cache: receiver } = chain.feeds;
    const asked = [forwarder, receiver].map((contract) =>
      contract.getFunction('typeAndVersion').staticCall(),
    );
    expect(await Promise.all(asked)).toEqual(['KeystoneForwarder 1.0.0', 'DataFeedsCache 1.0.0']);
  });

  describe('of the captured DON', () => {
    let loopp: LooppLane;
    beforeAll(async () => {
      loopp = await startLooppLane();
    });
    afterAll(() => loopp.close());

    test.each(['securemint-ethereum-mainnet', 'securemint-arbitrum'])(
      'the LOOPP\u2019s answers for %s are what the cache then has',
      async (workflow) => {
        const rounds = agreed(captured['2025-09'], workflow).slice(0, 3);
        const transmitter = chain.transmitter();
        for (const [at, round] of rounds.entries()) {
          const { seqNr, block, mintable } = reportedIn(round);
          const dataId = dataIdOf(round);
          const attested = await attestRound(round, newMetadata(), loopp);
          const delivery = await transmitter.transmit(attested);
          const stored = { answer: (block << 128n) | mintable, timestamp: seqNr, roundId: BigInt(at + 1) };
          expect(delivery).toMatchObject({
            kind: 'delivered',
            rows: [{ kind: 'stored', dataId, ...stored }],
          });
          const latest = await cache.latest(dataId);
          expect(latest).toEqual(stored);
          expect(decodePackedAnswer('uint224', latest?.answer ?? -1n)).toEqual({ block, mintable });
        }
        expect(rounds).toHaveLength(3);
      },
    );

    test('that outcome is the one that a real Go node gave', async () => {
      const [round = plainRound()] = agreed(captured['2025-09'], 'securemint-ethereum-mainnet');
      expect(isWitnessed(round, { kind: 'outcome', outcome: await outcomeOf(round, loopp) })).toBe(true);
    });
  });

  test('the contract\u2019s own getters say the same', async () => {
    const round = plainRound({ fields: { seqNr: 10n, block: 1000n, mintable: 99n } });
    await chain.transmitter().transmit(await attestRound(round));
    const ask = (name: string): Promise<unknown> =>
      chain.feeds.cache.getFunction(name).staticCall(hexlify(PLAIN_FEED));
    expect(await ask('getLatestAnswer')).toBe((1000n << 128n) | 99n);
    expect(await ask('getLatestTimestamp')).toBe(10n);
  });

  test('a feed without a report has no answer', async () => {
    expect(await cache.latest(PLAIN_FEED)).toBeUndefined();
  });

  test('the largest mintable and block come back whole', async () => {
    const largest = { block: 2n ** 64n - 1n, mintable: 2n ** 128n - 1n };
    await chain.transmitter().transmit(await attestRound(plainRound({ fields: largest })));
    const latest = await cache.latest(PLAIN_FEED);
    expect(decodePackedAnswer('uint224', latest?.answer ?? -1n)).toEqual(largest);
  });

  // docs/spec/aggregator.md H.8 numbers 6 to 8.
  describe('known traps', () => {
    test('a negative mintable is aggregated, but has no report', async () => {
      const outcome = await outcomeOf(plainRound({ fields: { mintable: -5n } }));
      await expect(outcomeReport('2025-09', newMetadata(), outcome)).rejects.toMatchObject({
        name: 'DeliveryError',
        kind: 'report',
        message: 'the outcome has no report: Reports[0].Answer: expected an unsigned 224-bit integer, got -5',
      });
    });

    test('the sequence number stands where readers expect seconds: 1970', async () => {
      await deliver(chain, 41n);
      const round: unknown = await chain.feeds.cache
        .getFunction('getLatestRoundData')
        .staticCall(hexlify(PLAIN_FEED));
      const { updatedAt } = (round as { toObject(): { updatedAt: bigint } }).toObject();
      expect(updatedAt).toBe(41n);
      expect(new Date(Number(updatedAt) * 1000).getUTCFullYear()).toBe(1970);
    });

    test.each([41n, 40n])('a report %s after 41 is stale: delivered and not stored', async (seqNr) => {
      await deliver(chain, 41n);
      const before = await cache.latest(PLAIN_FEED);
      expect(await deliver(chain, seqNr)).toMatchObject({
        kind: 'delivered',
        rows: [{ kind: 'stale', dataId: PLAIN_FEED, timestamp: seqNr, latestTimestamp: 41n }],
      });
      expect(await cache.latest(PLAIN_FEED)).toEqual(before);
    });

    test('a captured report that is delivered again is stale', async () => {
      const again = captured['2025-09'].find(({ note }) => note === 'previous report delivered again');
      const round = again ?? plainRound();
      const transmitter = chain.transmitter();
      const first = await transmitter.transmit(await attestRound(round));
      const second = await transmitter.transmit(await attestRound(round));
      expect(first).toMatchObject({ rows: [{ kind: 'stored' }] });
      expect(second).toMatchObject({ kind: 'delivered', rows: [{ kind: 'stale' }] });
      expect(again).toBeDefined();
    });

    test('a sequence number beyond 32 bits is cut, so that newer reports are stale', async () => {
      await deliver(chain, 2n ** 32n - 1n);
      expect(await deliver(chain, 2n ** 32n + 5n)).toMatchObject({
        rows: [{ kind: 'stale', timestamp: 5n, latestTimestamp: 2n ** 32n - 1n }],
      });
    });

    test('a report of sequence number 0 is never stored', async () => {
      expect(await deliver(chain, 0n)).toMatchObject({
        rows: [{ kind: 'stale', timestamp: 0n, latestTimestamp: 0n }],
      });
      expect(await cache.latest(PLAIN_FEED)).toBeUndefined();
    });

    test('a workflow that may not write the feed is delivered and not stored', async () => {
      const metadata = newMetadata({ workflowOwner: '55'.repeat(20) });
      const delivery = await chain.transmitter().transmit(await attestRound(plainRound(), metadata));
      expect(delivery).toMatchObject({
        kind: 'delivered',
        rows: [
          {
            kind: 'notPermitted',
            dataId: PLAIN_FEED,
            workflowOwner: `0x${'55'.repeat(20)}`,
            workflowName: `0x${metadata.workflowName}`,
          },
        ],
      });
      expect(await cache.latest(PLAIN_FEED)).toBeUndefined();
    });
  });

  describe('a report of 2025-07', () => {
    test('makes the cache revert, however often it comes', async () => {
      const [round = plainRound()] = agreed(captured['2025-07'], 'securemint-ethereum-mainnet');
      const attested = await attestRound(round);
      const { metadata, rows } = await decodeReport('2025-07', attested.report);
      expect(rows[0]?.dataId.subarray(0, 16)).toEqual(Buffer.from(FEED_2025_07));
      const transmitter = chain.transmitter();
      const deliveries = [await transmitter.transmit(attested), await transmitter.transmit(attested)];
      expect(deliveries.map(({ kind }) => kind)).toEqual(['receiverReverted', 'receiverReverted']);
      expect(await cache.latest(FEED_2025_07)).toBeUndefined();
      const { cache: receiver } = chain.target;
      const info: unknown = await chain.feeds.forwarder
        .getFunction('getTransmissionInfo')
        .staticCall(receiver, `0x${metadata.executionId}`, '0x0001');
      const { success, invalidReceiver } = (info as { toObject(): object }).toObject() as Record<
        string,
        unknown
      >;
      expect({ success, invalidReceiver }).toEqual({ success: false, invalidReceiver: false });
    });

    test('with a price below 2^32 is worse: the cache takes the price for the time and the block for the answer', async () => {
      const round = plainRound({ revision: '2025-07', fields: { block: 0n, mintable: 77n } });
      expect(await chain.transmitter().transmit(await attestRound(round))).toMatchObject({
        kind: 'delivered',
      });
      expect(await cache.latest(FEED_2025_07)).toEqual({ answer: 0n, timestamp: 77n, roundId: 1n });
    });
  });

  test('an outcome without anything to report has no report', async () => {
    const outcome = await outcomeOf(plainRound({ round: { observations: [{ oracle: 0, values: [] }] } }));
    expect(await outcomeReport('2025-09', newMetadata(), outcome)).toBeUndefined();
  });

  test('reports carry their metadata', async () => {
    const metadata = newMetadata();
    const { report } = await attestRound(plainRound(), metadata);
    expect(decodeMetadata(report)).toEqual(metadata);
  });
});
