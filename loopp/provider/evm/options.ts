/**
 * Which block counts as final: the newest one (chains that never take one back), the tag that the node gives, or the one so
 * many blocks behind the newest.
 */
export type Finality = 'latest' | 'safe' | 'finalized' | { readonly depth: number };

/** How an EVM relayer reaches its chain. Every limit is in the unit its name ends with. */
export interface EvmRelayerOptions {
  /** JSON-RPC over HTTP. Errors show its origin only: paths hold keys. */
  readonly url: string;
  /** Checked when the relayer starts and after every lost connection. */
  readonly chainId: bigint;
  /** The selector by which products know this chain, uint64. */
  readonly chainSelector: bigint;
  /** For people. Default: `chain <id>`. */
  readonly networkName?: string;
  /** Default `finalized`. */
  readonly finality: Finality;
  /** Of the account that transmits, 32 bytes in hex. Default: none, and nothing can be transmitted. */
  readonly privateKey?: string;
  /** One HTTP request. 10 to 600,000. Default 2,000. */
  readonly requestTimeoutMs: number;
  /** Requests for one answer at most. 1 to 10. Default 3. */
  readonly attempts: number;
  /** Between the first two requests; doubles. A node's Retry-After counts up to ten times this. 1 to 10,000. Default 100. */
  readonly retryPauseMs: number;
  /** Largest answer that is read. 1 KiB to 1 GiB. Default 16 MiB. */
  readonly receiveLimitBytes: number;
  /** Requests at the same time at most; one more is refused. 1 to 10,000. Default 64. */
  readonly requestsInFlight: number;
}

export const EVM_RELAYER_DEFAULTS = {
  finality: 'finalized',
  requestTimeoutMs: 2000,
  attempts: 3,
  retryPauseMs: 100,
  receiveLimitBytes: 16 * 1024 * 1024,
  requestsInFlight: 64,
} as const satisfies Partial<EvmRelayerOptions>;
