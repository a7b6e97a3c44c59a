import { Empty } from './messages.ts';
import {
  ConfigDigestPrefixReply,
  ConfigDigestReply,
  ConfigDigestRequest,
  FromAccountReply,
  GetLatestValueReply,
  GetLatestValueRequest,
  LatestBlockHeightReply,
  LatestConfigDetailsReply,
  LatestConfigDigestAndEpochReply,
  LatestConfigReply,
  LatestConfigRequest,
  Ocr3TransmitRequest,
  TransmitRequest,
} from './provider-messages.ts';
import { LoopService, unary } from './services.ts';

/** What stands together on the connection of a provider, `loop.Service` beside it (docs/spec/loopp-wire.md E). */

const DIGESTER = '/loop.OffchainConfigDigester';
export const OffchainConfigDigesterService = {
  configDigest: unary(`${DIGESTER}/ConfigDigest`, ConfigDigestRequest, ConfigDigestReply),
  configDigestPrefix: unary(`${DIGESTER}/ConfigDigestPrefix`, Empty, ConfigDigestPrefixReply),
} as const;

const TRACKER = '/loop.ContractConfigTracker';
export const ContractConfigTrackerService = {
  latestConfigDetails: unary(`${TRACKER}/LatestConfigDetails`, Empty, LatestConfigDetailsReply),
  latestConfig: unary(`${TRACKER}/LatestConfig`, LatestConfigRequest, LatestConfigReply),
  latestBlockHeight: unary(`${TRACKER}/LatestBlockHeight`, Empty, LatestBlockHeightReply),
} as const;

const TRANSMITTER = '/loop.ContractTransmitter';
/** OCR2's. */
export const ContractTransmitterService = {
  transmit: unary(`${TRANSMITTER}/Transmit`, TransmitRequest, Empty),
  latestConfigDigestAndEpoch: unary(
    `${TRANSMITTER}/LatestConfigDigestAndEpoch`,
    Empty,
    LatestConfigDigestAndEpochReply,
  ),
  fromAccount: unary(`${TRANSMITTER}/FromAccount`, Empty, FromAccountReply),
} as const;

const OCR3_TRANSMITTER = '/loop.internal.pb.ocr3.ContractTransmitter';
/** OCR3's, a service of the same name in another package. */
export const Ocr3ContractTransmitterService = {
  transmit: unary(`${OCR3_TRANSMITTER}/Transmit`, Ocr3TransmitRequest, Empty),
  fromAccount: unary(`${OCR3_TRANSMITTER}/FromAccount`, Empty, FromAccountReply),
} as const;

const READER = '/loop.ContractReader';
/** The others of upstream's methods are not served: UNIMPLEMENTED. */
export const ContractReaderService = {
  getLatestValue: unary(`${READER}/GetLatestValue`, GetLatestValueRequest, GetLatestValueReply),
} as const;

const pathsOf = (service: Readonly<Record<string, { readonly path: string }>>): readonly string[] =>
  Object.values(service).map(({ path }) => path);

/** Upstream's methods that nothing here serves; a provider of another program may. */
const SERVED_ELSEWHERE = [
  '/loop.Service/Name',
  ...['GetLatestValueWithHeadData', 'BatchGetLatestValues', 'QueryKey', 'QueryKeys', 'Bind', 'Unbind'].map(
    (name) => `${READER}/${name}`,
  ),
  ...['GetEncoding', 'GetDecoding', 'GetMaxSize'].map((name) => `/codec.Codec/${name}`),
];

/** Every method that a provider of Secure Mint may have: what a proxy of one hands on. */
export const PROVIDER_PATHS: readonly string[] = [
  ...pathsOf(LoopService),
  ...pathsOf(OffchainConfigDigesterService),
  ...pathsOf(ContractConfigTrackerService),
  ...pathsOf(ContractTransmitterService),
  ...pathsOf(Ocr3ContractTransmitterService),
  ...pathsOf(ContractReaderService),
  ...SERVED_ELSEWHERE,
];
