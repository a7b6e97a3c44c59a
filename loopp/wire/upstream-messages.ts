import { Timestamp } from '../../src/codec/capability.ts';
import {
  message,
  nested,
  string,
  uint32,
  uint64,
  uint64Map,
  uint64Uint64Map,
} from '../../src/codec/message.ts';
import type { Message } from '../../src/codec/message.ts';

/** Package `loop` as upstream's plugin uses it (docs/spec/loopp-wire.md D.3, proto/loop.proto). */

export const ReportingPluginServiceConfig = message({
  providerType: string(1),
  command: string(2),
  pluginName: string(3),
  pluginConfig: string(4),
  telemetryType: string(5),
});

/** Broker ids of what the host serves; a Secure Mint host sets the last one alone. */
export const NewReportingPluginFactoryRequest = message({
  providerId: uint32(1),
  errorLogId: uint32(2),
  pipelineRunnerId: uint32(3),
  telemetryId: uint32(4),
  reportingPluginServiceConfig: nested(5, ReportingPluginServiceConfig),
  capRegistryId: uint32(6),
  keyValueStoreId: uint32(7),
  relayerSetId: uint32(8),
  secureMintExternalAdapterId: uint32(9),
});
export type NewReportingPluginFactoryRequest = Message<typeof NewReportingPluginFactoryRequest>;

export const NewReportingPluginFactoryReply = message({ id: uint32(1) });

export const ValidationServiceRequest = message({});
export const ValidationServiceResponse = message({ id: uint32(1) });

/** Package `loop.internal.pb.securemint` (docs/spec/loopp-wire.md D.3, proto/external_adapter.proto). */

/** By chain selector. */
export const Blocks = message({ value: uint64Uint64Map(1) });
export type Blocks = Message<typeof Blocks>;

export const BlockMintablePair = message({
  blockNumber: uint64(1),
  /** A decimal integer of any size. */
  mintable: string(2),
});

export const ReserveInfo = message({
  /** A decimal integer of any size. */
  reserveAmount: string(1),
  timestamp: nested(2, Timestamp),
});

export const ExternalAdapterPayload = message({
  /** By chain selector. */
  mintables: uint64Map(1, BlockMintablePair),
  reserveInfo: nested(2, ReserveInfo),
  latestBlocks: nested(3, Blocks),
});
export type ExternalAdapterPayload = Message<typeof ExternalAdapterPayload>;
