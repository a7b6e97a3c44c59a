import { getBytes, hexlify } from 'ethers';
import type { Log, Provider } from 'ethers';
import { AppError } from '../../../../src/errors.ts';
import { CACHE } from './abi.ts';
import { callContract, contractAt, numberIn, textIn } from './contract.ts';
import type { ContractAt, Named } from './contract.ts';
import { Deadline } from './deadline.ts';
import { DELIVERY_DEFAULTS } from './options.ts';

/** The newest report of a feed. */
export interface StoredAnswer {
  /** As the report had it; `decodePackedAnswer` splits it. */
  readonly answer: bigint;
  /** As the report had it: in 2025-09 the sequence number, which readers take for seconds since 1970 (H.8 number 8). */
  readonly timestamp: bigint;
  /** From 1, counted by the cache. */
  readonly roundId: bigint;
}

const DATA_ID_LENGTH = 16;

/** Reads a `DataFeedsCache` (docs/spec/aggregator.md H.6). */
export class DataFeedsCacheReader {
  private readonly contract: ContractAt;
  private readonly provider: Provider;
  private readonly timeoutMs: number;

  /** Throws an `AppError` for what is no address. */
  constructor(address: string, provider: Provider, timeoutMs: number = DELIVERY_DEFAULTS.timeoutMs) {
    this.contract = cacheAt(address);
    this.provider = provider;
    this.timeoutMs = timeoutMs;
  }

  /**
   * The newest report of the feed with this data id, 16 bytes; undefined when there is none yet. Rejects with a
   * `DeliveryError`, or an `AppError` for a data id of another length.
   */
  async latest(dataId: Uint8Array): Promise<StoredAnswer | undefined> {
    if (dataId.length !== DATA_ID_LENGTH) {
      const came = `${String(dataId.length)} bytes`;
      throw new AppError('USAGE', `expected a data id of ${String(DATA_ID_LENGTH)} bytes, got ${came}`);
    }
    const id = hexlify(dataId);
    const call = { what: `the latest report of ${id}`, name: 'getLatestRoundData', args: [id] };
    const round = await callContract(this.provider, this.contract, call, new Deadline(this.timeoutMs));
    const roundId = numberIn(round, 'id');
    if (roundId === 0n) return undefined;
    return { answer: numberIn(round, 'answer'), timestamp: numberIn(round, 'updatedAt'), roundId };
  }
}

export function cacheAt(address: string): ContractAt {
  return contractAt('Data Feeds Cache', address, CACHE);
}

/** What the cache did with one row of a report. It reverts for none of these. */
export type RowFate =
  | ({ readonly kind: 'stored'; readonly dataId: Uint8Array } & StoredAnswer)
  /** Not newer than what the cache has. */
  | {
      readonly kind: 'stale';
      readonly dataId: Uint8Array;
      readonly timestamp: bigint;
      readonly latestTimestamp: bigint;
    }
  /** This workflow may not write this feed through this forwarder. */
  | {
      readonly kind: 'notPermitted';
      readonly dataId: Uint8Array;
      readonly workflowOwner: string;
      readonly workflowName: string;
    };

/** What the logs of a transaction say about the rows of its report, in their order. */
export function rowFates({ address, abi }: ContractAt, logs: readonly Log[]): readonly RowFate[] {
  return logs.flatMap((log) => {
    const event = log.address === address ? abi.parseLog(log) : null;
    const fate = event === null ? undefined : rowFate(event.name, event.args.toObject());
    return fate === undefined ? [] : [fate];
  });
}

function rowFate(event: string, values: Named): RowFate | undefined {
  const dataId = getBytes(textIn(values, 'dataId'));
  switch (event) {
    case 'DecimalReportUpdated':
      return {
        kind: 'stored',
        dataId,
        answer: numberIn(values, 'answer'),
        timestamp: numberIn(values, 'timestamp'),
        roundId: numberIn(values, 'roundId'),
      };
    case 'StaleDecimalReport':
      return {
        kind: 'stale',
        dataId,
        timestamp: numberIn(values, 'reportTimestamp'),
        latestTimestamp: numberIn(values, 'latestTimestamp'),
      };
    case 'InvalidUpdatePermission':
      return {
        kind: 'notPermitted',
        dataId,
        workflowOwner: textIn(values, 'workflowOwner'),
        workflowName: textIn(values, 'workflowName'),
      };
    default:
      return undefined;
  }
}
