import { describe, expect, test, vi } from 'vitest';
import { ObservationError } from '../../../../loopp/plugin/por/checks.ts';
import { porFactory } from '../../../../loopp/plugin/por/factory.ts';
import { porLimits } from '../../../../loopp/plugin/por/limits.ts';
import {
  MessageError,
  decodeOutcome,
  encodeObservation,
  encodeOutcome,
} from '../../../../loopp/plugin/por/messages.ts';
import type { Observation } from '../../../../loopp/plugin/por/messages.ts';
import { TransmissionError } from '../../../../loopp/plugin/por/transmit.ts';
import { packSelector } from '../../../../loopp/wire/upstream-values.ts';
import type { Call } from '../../../../src/contract/call.ts';
import type { ReportWithInfo } from '../../../../src/contract/reporting-plugin.ts';
import type {
  LatestTransmissionReader,
  TransmittedReportDetails,
} from '../../../../src/contract/transmission.ts';
import {
  FIRST_ROUND,
  NONE,
  POR_CONFIG,
  QUERY,
  CHAIN_A,
  CHAIN_B,
  adapterOf,
  blocksOf,
  bytesOf,
  contextAfter,
  contextTracking,
  mintablesOf,
  observed,
  payloadOf,
  pluginOf,
  textOf,
} from './builders.ts';

/** docs/spec/por-plugin.md "NewReportingPlugin", "The seven methods". */

const CALL: Call = {
  deadline: undefined,
  signal: AbortSignal.timeout(60_000),
  metadata: new Map(),
};
const TRACKED = blocksOf({ 9: 100, 10: 200 });
const MINTABLES = mintablesOf({ 9: [100, 1], 10: [200, 2] });
const LATEST = blocksOf({ 9: 101, 10: 202 });
const SEEN: Observation = { mintables: MINTABLES, latestBlocks: LATEST };
const NOT_READ = contextAfter(bytesOf('{'), 1n);
const UNREADABLE = contextAfter(bytesOf('{'));
const PREVIOUS_UNREADABLE =
  'could not deserialize previous outcome: expected a JSON document, got 1 bytes that are none';

describe('NewReportingPlugin', () => {
  test('tells its name and the limits for MaxChains', async () => {
    const { info } = await porFactory(adapterOf(SEEN)).newReportingPlugin(POR_CONFIG);
    expect(info).toEqual({ name: 'PorReportingPluginV1', limits: porLimits(5) });
  });

  test.each([
    ['', 'expected a JSON document, got 0 bytes that are none'],
    ['{"MaxChains":"5"}', 'MaxChains: expected a whole number below 2^32, got a text'],
    ['{"MaxChains":4294967296}', 'MaxChains: expected a whole number below 2^32, got 4294967296'],
  ])('refuses the offchain config %j', async (text, why) => {
    const made = porFactory(adapterOf(SEEN)).newReportingPlugin({
      ...POR_CONFIG,
      offchainConfig: bytesOf(text),
    });
    await expect(made).rejects.toThrow(new MessageError(`could not deserialize offchain config: ${why}`));
  });
});

test('Query is nothing', async () => {
  const plugin = await pluginOf();
  expect(await plugin.query(contextTracking(TRACKED))).toEqual(new Uint8Array());
});

describe('Observation', () => {
  test('asks at the honest blocks of the previous outcome, on behalf of the call', async () => {
    const getPayload = vi.fn(() => Promise.resolve(payloadOf(SEEN)));
    const plugin = await pluginOf({ getPayload });
    const observation = await plugin.observation(contextTracking(TRACKED), QUERY, CALL);
    expect(getPayload.mock.calls).toEqual([[TRACKED, CALL]]);
    expect(observation).toEqual(encodeObservation(SEEN));
  });

  test('asks at no block in the first round, whatever the previous outcome is', async () => {
    const first = { mintables: NONE, latestBlocks: LATEST };
    const getPayload = vi.fn(() => Promise.resolve(payloadOf(first)));
    const plugin = await pluginOf({ getPayload });
    expect(await plugin.observation(NOT_READ, QUERY, CALL)).toEqual(encodeObservation(first));
    expect(getPayload.mock.calls).toEqual([[new Map(), CALL]]);
  });

  test('passes over the query, which a faulty leader may have made', async () => {
    const plugin = await pluginOf(adapterOf(SEEN));
    const observation = await plugin.observation(contextTracking(TRACKED), bytesOf('anything'));
    expect(observation).toEqual(encodeObservation(SEEN));
  });

  test('rejects with the adapter\u2019s text', async () => {
    const plugin = await pluginOf({ getPayload: () => Promise.reject(new Error('out of cheese')) });
    await expect(plugin.observation(FIRST_ROUND, QUERY)).rejects.toThrow('out of cheese');
  });

  test.each([
    [
      'latest blocks',
      { ...SEEN, latestBlocks: blocksOf({ 9: 1 }) },
      "'latest blocks' missing info on tracked chain with ID: 10",
    ],
    [
      'mintables',
      { ...SEEN, mintables: mintablesOf({ 9: [101, 1], 10: [1, 1] }) },
      "'mintables' bad block number; expected no more than: 100, got: 101",
    ],
    [
      'amounts',
      { ...SEEN, mintables: mintablesOf({ 9: [1, 10n ** 155n], 10: [1, 1] }) },
      "'mintables' amount too large on chain with ID: 9; expected no more digits than: 155",
    ],
  ])('rejects bad %s of the adapter', async (_name, seen, text) => {
    const plugin = await pluginOf(adapterOf(seen));
    await expect(plugin.observation(contextTracking(TRACKED), QUERY)).rejects.toThrow(
      new ObservationError(text),
    );
  });

  test('rejects a previous outcome that is none', async () => {
    const plugin = await pluginOf(adapterOf(SEEN));
    await expect(plugin.observation(UNREADABLE, QUERY)).rejects.toThrow(
      new MessageError(PREVIOUS_UNREADABLE),
    );
  });
});

const validated = async (observation: Uint8Array, context = contextTracking(TRACKED)): Promise<void> =>
  (await pluginOf()).validateObservation(context, QUERY, { observer: 3, observation });

describe('ValidateObservation', () => {
  test('takes what an oracle sends', async () => {
    await validated(encodeObservation(SEEN));
    await validated(encodeObservation({ ...SEEN, mintables: NONE }));
    await validated(encodeObservation({ mintables: NONE, latestBlocks: LATEST }), NOT_READ);
  });

  test('takes other texts of the same', async () => {
    await validated(bytesOf(' {"latestblocks" : {"9":1, "10":2, "009":7}, "more": []} '));
  });

  test.each([
    ['{"LatestBlocks":{"9":1}}', "'latest blocks' missing info on tracked chain with ID: 10"],
    [
      '{"LatestBlocks":{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1}}',
      "'latest blocks' contains too many chains (6), max allowed is 5",
    ],
    [
      '{"QueryResponse":{"9":{"Block":1,"Mintable":1}},"LatestBlocks":{"9":1,"10":1}}',
      "'mintables' missing info on tracked chain with ID: 10",
    ],
  ])('refuses %s', async (text, why) => {
    await expect(validated(bytesOf(text))).rejects.toThrow(new ObservationError(why));
  });

  test('refuses mintables in the first round: nothing was asked for', async () => {
    await expect(validated(encodeObservation(SEEN), NOT_READ)).rejects.toThrow(
      "'mintables' includes info on untracked chain with ID: 9",
    );
  });

  test('refuses what is no observation, and any after a previous outcome that is none', async () => {
    await expect(validated(bytesOf('7'))).rejects.toThrow(
      new MessageError('could not deserialize observation: expected an object, got 7'),
    );
    await expect(validated(encodeObservation(SEEN), UNREADABLE)).rejects.toThrow(
      new MessageError(PREVIOUS_UNREADABLE),
    );
  });
});

test('ObservationQuorum is 2f+1 oracles', async () => {
  const plugin = await pluginOf(undefined, { n: 7, f: 2 });
  const quorum = (observers: readonly number[]): Promise<boolean> =>
    plugin.observationQuorum(
      contextTracking(TRACKED),
      QUERY,
      observers.map((observer) => observed(observer, SEEN)),
    );
  expect(await quorum([0, 1, 2, 3])).toBe(false);
  expect(await quorum([0, 1, 2, 3, 3])).toBe(false);
  expect(await quorum([0, 1, 2, 3, 6])).toBe(true);
  expect(await quorum([0, 1, 2, 3, 4, 5, 6])).toBe(true);
});

describe('Outcome', () => {
  const heard = [0, 1, 3].map((observer) => observed(observer, SEEN));

  test('is what the observations make of the previous one', async () => {
    const plugin = await pluginOf();
    expect(decodeOutcome(await plugin.outcome(contextTracking(TRACKED), QUERY, heard))).toEqual({
      changed: new Set([9n, 10n]),
      mintables: MINTABLES,
      honestBlocks: LATEST,
    });
  });

  test('of the first round does not read the previous one', async () => {
    const plugin = await pluginOf();
    const first = heard.map(({ observer }) => observed(observer, { mintables: NONE, latestBlocks: LATEST }));
    expect(textOf(await plugin.outcome(NOT_READ, QUERY, first))).toBe(
      '{"ChangedMintables":{},"LatestAcquiredMintables":null,"HonestBlocks":{"10":202,"9":101}}',
    );
  });

  test('rejects one observation that cannot be read', async () => {
    const plugin = await pluginOf();
    const bad = { observer: 2, observation: bytesOf('{"LatestBlocks":7}') };
    await expect(plugin.outcome(contextTracking(TRACKED), QUERY, [...heard, bad])).rejects.toThrow(
      new MessageError('could not deserialize observation: LatestBlocks: expected an object, got 7'),
    );
  });

  test('rejects a previous outcome that is none', async () => {
    const plugin = await pluginOf();
    await expect(plugin.outcome(UNREADABLE, QUERY, heard)).rejects.toThrow(
      new MessageError(PREVIOUS_UNREADABLE),
    );
  });
});

describe('Reports', () => {
  test('are one for each changed chain, selectors ascending, with the selector as info', async () => {
    const plugin = await pluginOf();
    const outcome = encodeOutcome({
      changed: new Set([10n, 9n]),
      mintables: mintablesOf({ 10: [200, 2], 9: [100, -1], 8: [1, 1] }),
      honestBlocks: LATEST,
    });
    const reports = await plugin.reports(7n, outcome);
    const digest = '09'.repeat(32);
    expect(
      reports.map(({ reportWithInfo: { report, info }, transmissionScheduleOverride }) => [
        textOf(report),
        info,
        transmissionScheduleOverride,
      ]),
    ).toEqual([
      [
        `{"ConfigDigest":"${digest}","SeqNr":7,"Block":100,"Mintable":-1}`,
        Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0),
        undefined,
      ],
      [
        `{"ConfigDigest":"${digest}","SeqNr":7,"Block":200,"Mintable":2}`,
        Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 0),
        undefined,
      ],
    ]);
  });

  test('are none when nothing changed', async () => {
    const plugin = await pluginOf();
    const outcome = encodeOutcome({ changed: new Set(), mintables: MINTABLES, honestBlocks: LATEST });
    expect(await plugin.reports(7n, outcome)).toEqual([]);
    expect(await plugin.reports(7n, bytesOf('{"ChangedMintables":{"9":false}}'))).toEqual([]);
  });

  test.each([
    ['[]', 'could not deserialize outcome: expected an object, got an array'],
    ['{"ChangedMintables":{"9":true}}', 'outcome: expected mintables of changed chain 9, got none'],
  ])('of %s are refused', async (text, why) => {
    const plugin = await pluginOf();
    await expect(plugin.reports(7n, bytesOf(text))).rejects.toThrow(new MessageError(why));
  });
});

test('ShouldAcceptAttestedReport always', async () => {
  const plugin = await pluginOf();
  const report = { report: new Uint8Array(), info: new Uint8Array() };
  expect(await plugin.shouldAcceptAttestedReport(1n, report)).toBe(true);
});

const reportFor = (selector: bigint): ReportWithInfo => ({
  report: new Uint8Array(),
  info: packSelector(selector),
});

describe('ShouldTransmitAcceptedReport', () => {
  const configDigest = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const details = (own: Partial<TransmittedReportDetails> = {}): TransmittedReportDetails => ({
    configDigest,
    seqNr: 10n,
    latestTimestamp: 0n,
    ...own,
  });
  type Read = LatestTransmissionReader['latestTransmission'];

  async function asked(latestTransmission: Read, seqNr: bigint, selector = CHAIN_A): Promise<boolean> {
    const plugin = await pluginOf(undefined, { configDigest }, { latestTransmission });
    return plugin.shouldTransmitAcceptedReport(seqNr, reportFor(selector), CALL);
  }

  test.each([
    [9n, false],
    [10n, false],
    [11n, true],
    [2n ** 64n - 1n, true],
  ])('of sequence number %i to a chain that has 10: %s', async (seqNr, expected) => {
    expect(await asked(() => Promise.resolve(details()), seqNr)).toBe(expected);
  });

  test('to a chain that has none', async () => {
    expect(await asked(() => Promise.resolve(undefined), 1n)).toBe(true);
  });

  test('asks about the chain of the info, on behalf of the call', async () => {
    const read = vi.fn<Read>(() => Promise.resolve(undefined));
    await asked(read, 1n, CHAIN_B);
    expect(read.mock.calls).toEqual([[CHAIN_B, CALL]]);
  });

  test.each([
    ['rejects', (): ReturnType<Read> => Promise.reject(new Error('no node'))],
    [
      'throws',
      (): ReturnType<Read> => {
        throw new Error('no node');
      },
    ],
  ])('rejects when the reader %s', async (_name, read) => {
    await expect(asked(read, 1n)).rejects.toThrow(
      new TransmissionError('could not get latest transmission details from chain: no node'),
    );
  });

  test.each([1n, 11n])('rejects another config digest, of sequence number %i too', async (seqNr) => {
    const other = details({ configDigest: new Uint8Array(32).fill(0xab) });
    await expect(asked(() => Promise.resolve(other), seqNr)).rejects.toThrow(
      new TransmissionError(
        `config digest mismatch; expected: ${Buffer.from(configDigest).toString('hex')}, got: ${'ab'.repeat(32)}`,
      ),
    );
  });

  test('without a reader always', async () => {
    const plugin = await pluginOf();
    expect(await plugin.shouldTransmitAcceptedReport(1n, reportFor(CHAIN_A))).toBe(true);
  });

  test('needs an info of 8 bytes, with and without a reader', async () => {
    const report = { report: new Uint8Array(), info: Uint8Array.of(1, 2, 3) };
    const reader = { latestTransmission: () => Promise.resolve(undefined) };
    for (const plugin of [await pluginOf(), await pluginOf(undefined, {}, reader)]) {
      await expect(plugin.shouldTransmitAcceptedReport(1n, report)).rejects.toThrow(
        'info is less than 8 bytes: [1 2 3]',
      );
    }
  });
});

test('Close may come twice', async () => {
  const plugin = await pluginOf();
  await plugin.close();
  await plugin.close();
});
