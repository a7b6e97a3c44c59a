import { status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerOcr3Provider, registerPluginProvider } from '../../../loopp/provider/provider-server.ts';
import { StatusError, callUnary } from '../../../loopp/wire/grpc.ts';
import { Empty } from '../../../loopp/wire/messages.ts';
import { callerOf } from '../../../loopp/wire/provider-caller.ts';
import {
  remoteDigester,
  remoteOcr3Transmitter,
  remoteReader,
  remoteTracker,
  remoteTransmitter,
} from '../../../loopp/wire/provider-client.ts';
import { ENCODING, decodeVersioned, encodeVersioned } from '../../../loopp/wire/provider-encoding.ts';
import { CONFIDENCE } from '../../../loopp/wire/provider-ports.ts';
import type { PluginProvider } from '../../../loopp/wire/provider-ports.ts';
import {
  ContractConfigTrackerService,
  ContractReaderService,
  ContractTransmitterService,
  OffchainConfigDigesterService,
  Ocr3ContractTransmitterService,
} from '../../../loopp/wire/provider-services.ts';
import { unary } from '../../../loopp/wire/services.ts';
import { CONFIG, DIGEST, FakeProvider } from './fakes.ts';
import { Wire, refusal } from './wire.ts';

/** The services of a provider over a real connection (docs/spec/loopp-wire.md E). */

let wire: Wire;
let provider: FakeProvider;
beforeEach(async () => {
  wire = await Wire.open();
  provider = new FakeProvider();
});
afterEach(() => wire.close());

async function served(of: PluginProvider = provider): Promise<Client> {
  const { id } = await wire.far.serve((server) =>
    of instanceof FakeProvider ? registerOcr3Provider(server, of) : registerPluginProvider(server, of),
  );
  return wire.dial(id);
}

const caller = async (): Promise<ReturnType<typeof callerOf>> => callerOf(await served(), 10_000);
const lastAsked = (): unknown => {
  const last = provider.asked.at(-1);
  return last === undefined ? undefined : [last.name, ...last.args];
};

const CONTEXT = { configDigest: DIGEST, epoch: 2 ** 32 - 1, round: 255, extraHash: Buffer.alloc(32, 9) };
const SIGNATURES = [
  { signature: Buffer.of(1), signer: 255 },
  { signature: Buffer.of(2, 3), signer: 0 },
];
const REPORT = Buffer.of(8);

describe('client and server agree on', () => {
  test('the digester', async () => {
    const digester = remoteDigester(await caller());
    expect(await digester.configDigest(CONFIG)).toEqual(DIGEST);
    expect(lastAsked()).toEqual(['configDigest', CONFIG]);
    expect(await digester.configDigestPrefix()).toBe(14);
  });

  test('the tracker', async () => {
    const tracker = remoteTracker(await caller());
    expect(await tracker.latestConfigDetails()).toEqual({ changedInBlock: 9n, configDigest: DIGEST });
    expect(await tracker.latestConfig(2n ** 64n - 1n)).toEqual(CONFIG);
    expect(lastAsked()).toEqual(['latestConfig', 2n ** 64n - 1n]);
    expect(await tracker.latestBlockHeight()).toBe(2n ** 64n - 1n);
  });

  test('OCR2\u2019s transmitter', async () => {
    const transmitter = remoteTransmitter(await caller());
    await transmitter.transmit(CONTEXT, REPORT, SIGNATURES);
    expect(lastAsked()).toEqual(['transmit', CONTEXT, REPORT, SIGNATURES]);
    expect(await transmitter.latestConfigDigestAndEpoch()).toEqual({ configDigest: DIGEST, epoch: 5 });
    expect(await transmitter.fromAccount()).toBe('0xaa');
  });

  test('OCR3\u2019s transmitter', async () => {
    const transmitter = remoteOcr3Transmitter(await caller());
    const report = { report: REPORT, info: Buffer.of(6) };
    await transmitter.transmit(DIGEST, 2n ** 64n - 1n, report, SIGNATURES);
    expect(lastAsked()).toEqual(['ocr3.transmit', DIGEST, 2n ** 64n - 1n, report, SIGNATURES]);
    expect(await transmitter.fromAccount()).toBe('0xbb');
  });

  test.each(['unconfirmed', 'finalized', 'safe'] as const)('a read that is %s', async (confidence) => {
    provider.read = () => Promise.resolve({ kind: 'bytes', value: Buffer.of(1) });
    const reader = remoteReader(await caller());
    const read = { readIdentifier: 'a-b-c', confidence, params: { kind: 'int64', value: -5n } } as const;
    expect(await reader.getLatestValue(read)).toEqual({ kind: 'bytes', value: Buffer.of(1) });
    expect(lastAsked()).toEqual(['getLatestValue', read]);
  });
});

test('the call goes on to the provider: metadata, deadline, cancellation', async () => {
  const abort = new AbortController();
  const deadline = new Date(Date.now() + 5000);
  const call = { deadline, signal: abort.signal, metadata: new Map([['x-chainlink-org', 'org']]) };
  await remoteTracker(await caller()).latestBlockHeight(call);
  const asked = provider.asked[0]?.call;
  expect(asked?.metadata).toEqual(call.metadata);
  expect(asked?.deadline?.getTime()).toBeLessThanOrEqual(deadline.getTime() + 1000);
  expect(asked?.signal.aborted).toBe(false);
});

describe('values out of their range are refused in upstream\u2019s words', () => {
  const transmit = { reportContext: { reportTimestamp: CONTEXT, extraHash: CONTEXT.extraHash } };
  const nothing = { report: REPORT, signatures: [] };

  test.each<[string, number, (length: number) => Promise<readonly [string, string]>]>([
    [
      'transmit',
      31,
      async (length) => {
        const reportTimestamp = { ...CONTEXT, configDigest: new Uint8Array(length) };
        const reportContext = { reportTimestamp, extraHash: CONTEXT.extraHash };
        return refusal(
          callUnary(await served(), ContractTransmitterService.transmit, { ...nothing, reportContext }),
        );
      },
    ],
    [
      'OCR3\u2019s transmit',
      33,
      async (length) => {
        const request = {
          configDigest: new Uint8Array(length),
          seqNr: 1n,
          reportWithInfo: undefined,
          signatures: [],
        };
        return refusal(callUnary(await served(), Ocr3ContractTransmitterService.transmit, request));
      },
    ],
  ])('%s: a digest of %i bytes', async (_, length, ask) => {
    expect(await ask(length)).toEqual(['UNKNOWN', `invalid ConfigDigest len ${String(length)}: must be 32`]);
    expect(provider.asked).toEqual([]);
  });

  test('an extra hash', async () => {
    const reportContext = { ...transmit.reportContext, extraHash: new Uint8Array(2) };
    expect(
      await refusal(
        callUnary(await served(), ContractTransmitterService.transmit, { ...nothing, reportContext }),
      ),
    ).toEqual(['UNKNOWN', 'invalid ExtraHash len 2; must be 32']);
  });

  test('a round', async () => {
    const reportTimestamp = { ...CONTEXT, round: 256 };
    const reportContext = { ...transmit.reportContext, reportTimestamp };
    expect(
      await refusal(
        callUnary(await served(), ContractTransmitterService.transmit, { ...nothing, reportContext }),
      ),
    ).toEqual(['UNKNOWN', 'expected uint8 Round (max 255) but got 256']);
  });

  test('a signer, of both transmitters', async () => {
    const signatures = [{ signature: REPORT, signer: 300 }];
    const client = await served();
    const text = ['UNKNOWN', 'expected uint8 Signer (max 255) but got 300'];
    const ocr2 = { ...transmit, report: REPORT, signatures };
    expect(await refusal(callUnary(client, ContractTransmitterService.transmit, ocr2))).toEqual(text);
    const ocr3 = { configDigest: DIGEST, seqNr: 1n, reportWithInfo: undefined, signatures };
    expect(await refusal(callUnary(client, Ocr3ContractTransmitterService.transmit, ocr3))).toEqual(text);
  });

  test('f', async () => {
    const request = { contractConfig: { ...CONFIG, f: 256 } };
    expect(
      await refusal(callUnary(await served(), OffchainConfigDigesterService.configDigest, request)),
    ).toEqual(['UNKNOWN', 'expected uint8 F (max 255) but got 256']);
  });

  test('what a client gets: a digest, f, a config that did not come', async () => {
    const short = { ...provider.contractConfigTracker };
    short.latestConfigDetails = async () => ({ changedInBlock: 1n, configDigest: new Uint8Array(1) });
    short.latestConfig = async () => ({ ...CONFIG, f: 999 });
    const bad: PluginProvider = {
      ...NOTHING,
      offchainConfigDigester: provider.offchainConfigDigester,
      contractTransmitter: provider.contractTransmitter,
      contractConfigTracker: short,
    };
    const client = await served(bad);
    const tracker = remoteTracker(callerOf(client, 10_000));
    await expect(tracker.latestConfigDetails()).rejects.toThrow('invalid ConfigDigest len 1: must be 32');
    await expect(tracker.latestConfig(1n)).rejects.toThrow('expected uint8 F (max 255) but got 999');
  });
});

/** A service that is nothing. */
const NOTHING = {
  start: () => Promise.resolve(),
  ready: () => Promise.resolve(),
  healthReport: () => Promise.resolve(new Map<string, string>()),
  close: () => Promise.resolve(),
  contractReader: undefined,
};

describe('a message that has to be there', () => {
  test.each(['reportContext', 'reportTimestamp'])('%s', async (name) => {
    const reportContext =
      name === 'reportContext' ? undefined : { reportTimestamp: undefined, extraHash: CONTEXT.extraHash };
    const request = { reportContext, report: REPORT, signatures: [] };
    expect(await refusal(callUnary(await served(), ContractTransmitterService.transmit, request))).toEqual([
      'UNKNOWN',
      `${name}: expected a message, got none`,
    ]);
  });

  test('contractConfig', async () => {
    const { configDigest } = OffchainConfigDigesterService;
    expect(await refusal(callUnary(await served(), configDigest, { contractConfig: undefined }))).toEqual([
      'UNKNOWN',
      'contractConfig: expected a message, got none',
    ]);
  });

  test('but a report of OCR3 may be missing', async () => {
    const request = { configDigest: DIGEST, seqNr: 1n, reportWithInfo: undefined, signatures: [] };
    await callUnary(await served(), Ocr3ContractTransmitterService.transmit, request);
    const nothing = { report: new Uint8Array(), info: new Uint8Array() };
    expect(lastAsked()).toEqual(['ocr3.transmit', DIGEST, 1n, nothing, []]);
  });
});

describe('GetLatestValue', () => {
  const { getLatestValue } = ContractReaderService;
  const answer = { kind: 'int64', value: 5n } as const;
  const params = { kind: 'string', value: 'x' } as const;
  const ask = async (version: number, asValueType = false): Promise<unknown> => {
    provider.read = () => Promise.resolve(answer);
    const request = {
      readIdentifier: 'r',
      confidence: CONFIDENCE.finalized,
      params: encodeVersioned(params, version),
      asValueType,
    };
    return (await callUnary(await served(), getLatestValue, request)).retVal?.version;
  };

  test.each(Object.entries(ENCODING))('answers %s in %i', async (_, version) => {
    expect(await ask(version)).toBe(version);
    expect(provider.asked[0]?.args).toEqual([{ readIdentifier: 'r', confidence: 'finalized', params }]);
  });

  test('answers in values.v1 when that is asked for', async () => {
    expect(await ask(ENCODING.json, true)).toBe(ENCODING.values);
  });

  test('refuses a confidence that there is not, parameters that there are not, and encodings nobody knows', async () => {
    const client = await served();
    const request = {
      readIdentifier: 'r',
      confidence: 0,
      params: encodeVersioned(params, ENCODING.cbor),
      asValueType: false,
    };
    expect(await refusal(callUnary(client, getLatestValue, { ...request, confidence: 3 }))).toEqual([
      'INVALID_ARGUMENT',
      'confidence: expected 0 (unconfirmed), 1 (finalized) or 2 (safe), got 3',
    ]);
    expect(await refusal(callUnary(client, getLatestValue, { ...request, params: undefined }))).toEqual([
      'UNKNOWN',
      'cannot decode nil versioned bytes',
    ]);
    const unknown = { version: 4, data: Buffer.of(1, 2) };
    expect(await refusal(callUnary(client, getLatestValue, { ...request, params: unknown }))).toEqual([
      'UNKNOWN',
      'unsupported encoding version 4 for 2 bytes',
    ]);
    expect(provider.asked).toEqual([]);
  });

  test('keeps the status that the reader answers', async () => {
    const request = {
      readIdentifier: 'r',
      confidence: 0,
      params: encodeVersioned(params, ENCODING.cbor),
      asValueType: false,
    };
    expect(await refusal(callUnary(await served(), getLatestValue, request))).toEqual([
      'NOT_FOUND',
      'not found',
    ]);
  });
});

describe('RmUnimplemented: a client that probes once', () => {
  const probe = {
    readIdentifier: '',
    confidence: 0,
    params: encodeVersioned({ kind: 'nil' }, ENCODING.cbor),
    asValueType: false,
  };

  test('finds that there is no reader and no codec', async () => {
    const { offchainConfigDigester, contractConfigTracker, contractTransmitter } = provider;
    const client = await served({
      ...NOTHING,
      offchainConfigDigester,
      contractConfigTracker,
      contractTransmitter,
    });
    expect((await refusal(callUnary(client, ContractReaderService.getLatestValue, probe)))[0]).toBe(
      'UNIMPLEMENTED',
    );
    const decode = unary('/codec.Codec/GetDecoding', Empty, Empty);
    expect((await refusal(callUnary(client, decode, {})))[0]).toBe('UNIMPLEMENTED');
    expect(await callUnary(client, ContractConfigTrackerService.latestBlockHeight, {})).toBeDefined();
  });

  test('finds that there is a reader', async () => {
    provider.read = () => Promise.reject(new StatusError(status.INVALID_ARGUMENT, 'no such read'));
    const asked = callUnary(await served(), ContractReaderService.getLatestValue, probe);
    expect(await refusal(asked)).toEqual(['INVALID_ARGUMENT', 'no such read']);
    expect(decodeVersioned(probe.params)).toEqual({ kind: 'nil' });
  });

  test.each([
    'GetLatestValueWithHeadData',
    'BatchGetLatestValues',
    'QueryKey',
    'QueryKeys',
    'Bind',
    'Unbind',
  ])('finds that the reader has no %s', async (name) => {
    const method = unary(`/loop.ContractReader/${name}`, Empty, Empty);
    expect((await refusal(callUnary(await served(), method, {})))[0]).toBe('UNIMPLEMENTED');
  });
});
