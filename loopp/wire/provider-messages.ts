import {
  bool,
  bytes,
  message,
  nested,
  repeated,
  repeatedBytes,
  repeatedString,
  string,
  uint32,
  uint64,
} from '../../src/codec/message.ts';
import type { Message } from '../../src/codec/message.ts';
import { ReportWithInfo } from './ocr3-messages.ts';

/** The messages of a provider's services (docs/spec/loopp-wire.md E, proto/relayer.proto, contract_reader.proto, codec.proto, ocr3_contract_transmitter.proto). */

export const ContractConfig = message({
  configDigest: bytes(1),
  configCount: uint64(2),
  signers: repeatedBytes(3),
  transmitters: repeatedString(4),
  f: uint32(5),
  onchainConfig: bytes(6),
  offchainConfigVersion: uint64(7),
  offchainConfig: bytes(8),
});

export const ConfigDigestRequest = message({ contractConfig: nested(1, ContractConfig) });
export const ConfigDigestReply = message({ configDigest: bytes(1) });
export const ConfigDigestPrefixReply = message({ configDigestPrefix: uint32(1) });

export const LatestConfigDetailsReply = message({ changedInBlock: uint64(1), configDigest: bytes(2) });
export const LatestConfigRequest = message({ changedInBlock: uint64(1) });
export const LatestConfigReply = message({ contractConfig: nested(1, ContractConfig) });
export const LatestBlockHeightReply = message({ blockHeight: uint64(1) });

export const ReportTimestamp = message({ configDigest: bytes(1), epoch: uint32(2), round: uint32(3) });
export const ReportContext = message({ reportTimestamp: nested(1, ReportTimestamp), extraHash: bytes(2) });

/** `AttributedOnchainSignature`, and the `Signature` of OCR3's package. */
export const AttributedSignature = message({ signature: bytes(1), signer: uint32(2) });

export const TransmitRequest = message({
  reportContext: nested(1, ReportContext),
  report: bytes(2),
  signatures: repeated(3, AttributedSignature),
});
export const LatestConfigDigestAndEpochReply = message({ configDigest: bytes(1), epoch: uint32(2) });

/** The same bytes in both packages; one calls the field `Account`, the other `account`. */
export const FromAccountReply = message({ account: string(1) });

/** `loop.internal.pb.ocr3.TransmitRequest`. */
export const Ocr3TransmitRequest = message({
  configDigest: bytes(1),
  seqNr: uint64(2),
  reportWithInfo: nested(3, ReportWithInfo),
  signatures: repeated(4, AttributedSignature),
});

/** Package `codec`: a value and how it is written (./provider-encoding.ts). */
export const VersionedBytes = message({ version: uint32(1), data: bytes(2) });
export type VersionedBytes = Message<typeof VersionedBytes>;

export const GetLatestValueRequest = message({
  readIdentifier: string(1),
  confidence: uint32(2),
  params: nested(3, VersionedBytes),
  asValueType: bool(4),
});
export type GetLatestValueRequest = Message<typeof GetLatestValueRequest>;
export const GetLatestValueReply = message({ retVal: nested(1, VersionedBytes) });
