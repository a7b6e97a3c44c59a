import { Empty } from './messages.ts';
import {
  GetChainInfoReply,
  GetChainStatusReply,
  LatestHeadReply,
  ListNodeStatusesReply,
  ListNodeStatusesRequest,
  NewPluginProviderReply,
  NewPluginProviderRequest,
  NewRelayerReply,
  NewRelayerRequest,
} from './relayer-messages.ts';
import { unary } from './services.ts';

/** On the main connection of a relayer's process (docs/spec/loopp-wire.md E). */
export const PluginRelayerService = {
  newRelayer: unary('/loop.PluginRelayer/NewRelayer', NewRelayerRequest, NewRelayerReply),
} as const;

const RELAYER = '/loop.Relayer';

/** On a connection of its own, with `loop.Service` beside it. Upstream's other methods are not served: UNIMPLEMENTED. */
export const RelayerService = {
  newPluginProvider: unary(`${RELAYER}/NewPluginProvider`, NewPluginProviderRequest, NewPluginProviderReply),
  latestHead: unary(`${RELAYER}/LatestHead`, Empty, LatestHeadReply),
  getChainStatus: unary(`${RELAYER}/GetChainStatus`, Empty, GetChainStatusReply),
  getChainInfo: unary(`${RELAYER}/GetChainInfo`, Empty, GetChainInfoReply),
  listNodeStatuses: unary(`${RELAYER}/ListNodeStatuses`, ListNodeStatusesRequest, ListNodeStatusesReply),
} as const;
