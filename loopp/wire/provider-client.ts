import type { Call } from '../../src/contract/call.ts';
import { present } from './ocr3-messages.ts';
import type { Caller } from './provider-caller.ts';
import { DEFAULT_ENCODING, decodeVersioned, encodeVersioned } from './provider-encoding.ts';
import { CONFIDENCE } from './provider-ports.ts';
import type {
  ContractConfigTracker,
  ContractReader,
  ContractTransmitter,
  Ocr3ContractTransmitter,
  OffchainConfigDigester,
} from './provider-ports.ts';
import {
  ContractConfigTrackerService,
  ContractReaderService,
  ContractTransmitterService,
  OffchainConfigDigesterService,
  Ocr3ContractTransmitterService,
} from './provider-services.ts';
import { checkDigest, checkUint8 } from './provider-values.ts';

/**
 * A provider's services seen from the other end of a connection (docs/spec/loopp-wire.md E). Calls reject with grpc-js'
 * `ServiceError`, with `MissingMessageError`, and with `RangeError` for a reply that upstream's clients refuse.
 */

export const remoteDigester = (caller: Caller): OffchainConfigDigester => ({
  configDigest: async (contractConfig, call) => {
    const { configDigest } = OffchainConfigDigesterService;
    return checkDigest((await caller(configDigest, { contractConfig }, call)).configDigest);
  },
  configDigestPrefix: async (call) =>
    (await caller(OffchainConfigDigesterService.configDigestPrefix, {}, call)).configDigestPrefix & 0xffff,
});

export const remoteTracker = (caller: Caller): ContractConfigTracker => ({
  latestConfigDetails: async (call) => {
    const details = await caller(ContractConfigTrackerService.latestConfigDetails, {}, call);
    return { ...details, configDigest: checkDigest(details.configDigest) };
  },
  latestConfig: async (changedInBlock, call) => {
    const { latestConfig } = ContractConfigTrackerService;
    const reply = await caller(latestConfig, { changedInBlock }, call);
    const config = present(reply.contractConfig, 'contractConfig');
    return { ...config, configDigest: checkDigest(config.configDigest), f: checkUint8('F', config.f) };
  },
  latestBlockHeight: async (call) =>
    (await caller(ContractConfigTrackerService.latestBlockHeight, {}, call)).blockHeight,
});

export const remoteTransmitter = (caller: Caller): ContractTransmitter => ({
  transmit: async (context, report, signatures, call) => {
    const { extraHash, ...reportTimestamp } = context;
    const request = { reportContext: { reportTimestamp, extraHash }, report, signatures };
    await caller(ContractTransmitterService.transmit, request, call);
  },
  latestConfigDigestAndEpoch: async (call) => {
    const latest = await caller(ContractTransmitterService.latestConfigDigestAndEpoch, {}, call);
    return { ...latest, configDigest: checkDigest(latest.configDigest) };
  },
  fromAccount: async (call) => (await caller(ContractTransmitterService.fromAccount, {}, call)).account,
});

export const remoteOcr3Transmitter = (caller: Caller): Ocr3ContractTransmitter => ({
  transmit: async (configDigest, seqNr, reportWithInfo, signatures, call) => {
    const request = { configDigest, seqNr, reportWithInfo, signatures };
    await caller(Ocr3ContractTransmitterService.transmit, request, call);
  },
  fromAccount: async (call) => (await caller(Ocr3ContractTransmitterService.fromAccount, {}, call)).account,
});

/** Rejects also with `EncodingError`. */
export const remoteReader = (caller: Caller): ContractReader => ({
  getLatestValue: async ({ readIdentifier, confidence, params }, call?: Call) => {
    const request = {
      readIdentifier,
      confidence: CONFIDENCE[confidence],
      params: encodeVersioned(params, DEFAULT_ENCODING),
      asValueType: false,
    };
    return decodeVersioned((await caller(ContractReaderService.getLatestValue, request, call)).retVal);
  },
});
