import {
  bool,
  bytes,
  int32,
  message,
  nested,
  repeated,
  string,
  uint32,
  uint64,
} from '../../src/codec/message.ts';

/** Package `loop`'s messages of a relayer (docs/spec/loopp-wire.md E, proto/relayer.proto). */

/** Broker ids of what the host serves to a relayer; ours uses none of them. */
export const NewRelayerRequest = message({
  config: string(1),
  keystoreId: uint32(2),
  capabilityRegistryId: uint32(3),
  keystoreCsaId: uint32(4),
});
export const NewRelayerReply = message({ relayerId: uint32(1) });

export const RelayArgs = message({
  externalJobId: bytes(1),
  jobId: int32(2),
  contractId: string(3),
  isNew: bool(4),
  relayConfig: bytes(5),
  providerType: string(6),
});

export const PluginArgs = message({ transmitterId: string(1), pluginConfig: bytes(2) });

export const NewPluginProviderRequest = message({
  relayArgs: nested(1, RelayArgs),
  pluginArgs: nested(2, PluginArgs),
});
export const NewPluginProviderReply = message({ pluginProviderId: uint32(1) });

export const Head = message({ height: string(1), hash: bytes(2), timestamp: uint64(3) });
export const LatestHeadReply = message({ head: nested(1, Head) });

export const ChainStatus = message({ id: string(1), enabled: bool(2), config: string(3) });
export const GetChainStatusReply = message({ chain: nested(1, ChainStatus) });

export const ChainInfo = message({
  familyName: string(1),
  chainId: string(2),
  networkName: string(3),
  networkNameFull: string(4),
});
export const GetChainInfoReply = message({ chainInfo: nested(1, ChainInfo) });

export const NodeStatus = message({
  chainId: string(1),
  name: string(2),
  config: string(3),
  state: string(4),
});
export const ListNodeStatusesRequest = message({ pageSize: int32(1), pageToken: string(2) });
export const ListNodeStatusesReply = message({
  nodes: repeated(1, NodeStatus),
  total: int32(2),
  nextPageToken: string(3),
});
