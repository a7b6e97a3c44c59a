/** How reports are delivered. */
export interface DeliveryOptions {
  /**
   * Gas of a transaction. Not estimated: the forwarder swallows a cache that runs out of gas, so that its transaction
   * may succeed with less than the cache needs. One row uses 160,000 and needs a limit of 220,000, because the forwarder
   * keeps a reserve; a further row uses 77,000, or 43,000 when its feed had a report before. Default 400,000, what nodes
   * are usually set to.
   */
  readonly gasLimit: bigint;
  /** Blocks that make a transaction count, its own among them. Default 1. */
  readonly confirmations: number;
  /** Until a transaction counts; for a mere question to the chain as well. Default 30,000. */
  readonly timeoutMs: number;
  /** Reports being sent or waiting for that; one more is refused. Default 100. */
  readonly maxPending: number;
}

export const DELIVERY_DEFAULTS: DeliveryOptions = {
  gasLimit: 400_000n,
  confirmations: 1,
  timeoutMs: 30_000,
  maxPending: 100,
};
