import { status } from '@grpc/grpc-js';
import type { Server } from '@grpc/grpc-js';
import { StatusError, asServiceError, handleUnary } from '../wire/grpc.ts';
import { present } from '../wire/ocr3-messages.ts';
import { ENCODING, decodeVersioned, encodeVersioned } from '../wire/provider-encoding.ts';
import type { GetLatestValueRequest } from '../wire/provider-messages.ts';
import { CONFIDENCE } from '../wire/provider-ports.ts';
import type {
  AttributedSignature,
  Confidence,
  ContractConfigTracker,
  ContractReader,
  ContractTransmitter,
  Ocr3ContractTransmitter,
  Ocr3Provider,
  OffchainConfigDigester,
  PluginProvider,
} from '../wire/provider-ports.ts';
import {
  ContractConfigTrackerService,
  ContractReaderService,
  ContractTransmitterService,
  OffchainConfigDigesterService,
  Ocr3ContractTransmitterService,
} from '../wire/provider-services.ts';
import { checkDigest, checkExtraHash, checkUint8 } from '../wire/provider-values.ts';

/**
 * Serves a provider (docs/spec/loopp-wire.md E). A reader that it does not have, and whatever else upstream's provider may
 * have, is UNIMPLEMENTED: by that clients know (E.2 RmUnimplemented).
 */
export function registerPluginProvider(server: Server, provider: PluginProvider): void {
  registerDigester(server, provider.offchainConfigDigester);
  registerTracker(server, provider.contractConfigTracker);
  registerTransmitter(server, provider.contractTransmitter);
  if (provider.contractReader !== undefined) registerReader(server, provider.contractReader);
}

/** The same with OCR3's transmitter: what `ocr3-capability` and `securemint` are. */
export function registerOcr3Provider(server: Server, provider: Ocr3Provider): void {
  registerPluginProvider(server, provider);
  registerOcr3Transmitter(server, provider.ocr3ContractTransmitter);
}

function registerDigester(server: Server, digester: OffchainConfigDigester): void {
  const { configDigest, configDigestPrefix } = OffchainConfigDigesterService;
  handleUnary(server, configDigest, async (request, call) => {
    const config = present(request.contractConfig, 'contractConfig');
    checkUint8('F', config.f);
    return { configDigest: await digester.configDigest(config, call) };
  });
  handleUnary(server, configDigestPrefix, async (_, call) => ({
    configDigestPrefix: await digester.configDigestPrefix(call),
  }));
}

function registerTracker(server: Server, tracker: ContractConfigTracker): void {
  const { latestConfigDetails, latestConfig, latestBlockHeight } = ContractConfigTrackerService;
  handleUnary(server, latestConfigDetails, (_, call) => tracker.latestConfigDetails(call));
  handleUnary(server, latestConfig, async ({ changedInBlock }, call) => ({
    contractConfig: await tracker.latestConfig(changedInBlock, call),
  }));
  handleUnary(server, latestBlockHeight, async (_, call) => ({
    blockHeight: await tracker.latestBlockHeight(call),
  }));
}

function registerTransmitter(server: Server, transmitter: ContractTransmitter): void {
  const { transmit, latestConfigDigestAndEpoch, fromAccount } = ContractTransmitterService;
  handleUnary(server, transmit, async (request, call) => {
    const { reportTimestamp, extraHash } = present(request.reportContext, 'reportContext');
    const { configDigest, epoch, round } = present(reportTimestamp, 'reportTimestamp');
    const context = {
      configDigest: checkDigest(configDigest),
      epoch,
      round: checkUint8('Round', round),
      extraHash: checkExtraHash(extraHash),
    };
    await transmitter.transmit(context, request.report, attributed(request.signatures), call);
    return {};
  });
  handleUnary(server, latestConfigDigestAndEpoch, (_, call) => transmitter.latestConfigDigestAndEpoch(call));
  handleUnary(server, fromAccount, async (_, call) => ({ account: await transmitter.fromAccount(call) }));
}

function registerOcr3Transmitter(server: Server, transmitter: Ocr3ContractTransmitter): void {
  const { transmit, fromAccount } = Ocr3ContractTransmitterService;
  handleUnary(server, transmit, async ({ configDigest, seqNr, reportWithInfo, signatures }, call) => {
    const report = reportWithInfo ?? NOTHING;
    await transmitter.transmit(checkDigest(configDigest), seqNr, report, attributed(signatures), call);
    return {};
  });
  handleUnary(server, fromAccount, async (_, call) => ({ account: await transmitter.fromAccount(call) }));
}

/** A report that did not come is an empty one, as upstream has it here and only here. */
const NOTHING = { report: new Uint8Array(), info: new Uint8Array() };

function attributed(signatures: readonly AttributedSignature[]): readonly AttributedSignature[] {
  for (const { signer } of signatures) checkUint8('Signer', signer);
  return signatures;
}

/** The answer is in the encoding of the question, or in values.v1 when that is asked for. */
function registerReader(server: Server, reader: ContractReader): void {
  handleUnary(server, ContractReaderService.getLatestValue, async (request, call) => {
    const { readIdentifier, params, asValueType } = request;
    const read = { readIdentifier, confidence: confidenceOf(request), params: decodeVersioned(params) };
    const value = await reader.getLatestValue(read, call).catch(keepStatus);
    const version = asValueType ? ENCODING.values : (params?.version ?? ENCODING.values);
    return { retVal: encodeVersioned(value, version) };
  });
}

/** A reader that lives elsewhere says by a status that there is nothing, or that it does not know the read. */
function keepStatus(error: unknown): never {
  const service = asServiceError(error);
  if (service?.code === status.NOT_FOUND || service?.code === status.INVALID_ARGUMENT) {
    throw new StatusError(service.code, service.details);
  }
  throw error;
}

const CONFIDENCES = Object.entries(CONFIDENCE) as readonly (readonly [Confidence, number])[];

function confidenceOf({ confidence }: GetLatestValueRequest): Confidence {
  const known = CONFIDENCES.find(([, number]) => number === confidence);
  if (known !== undefined) return known[0];
  throw new StatusError(
    status.INVALID_ARGUMENT,
    `confidence: expected 0 (unconfirmed), 1 (finalized) or 2 (safe), got ${String(confidence)}`,
  );
}
