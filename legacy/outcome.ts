import { AggregationOutcome } from '../src/codec/capability.ts';
import type { Value, ValueMap } from '../src/codec/values.ts';
import type { AggregatorConfig } from './config.ts';
import { accountContextHash } from './event.ts';
import { checkTimestamp, packUint128, packUint224 } from './pack.ts';
import type { MintReport } from './report.ts';

/** The report that was chosen, with the accounts that came beside it. */
export interface ChosenReport {
  readonly report: MintReport;
  readonly accounts: readonly Uint8Array[];
}

/** Builds the map that an encoder turns into the chain's report (H.6). */
export type Formatter = (chosen: ChosenReport, config: AggregatorConfig, prefix: string) => ValueMap;

/** 2025-07: any selector is packed as EVM; the data id is the selector itself, the timestamp the block. */
export const formatFeed: Formatter = ({ report }, config, prefix) =>
  evmReports([
    ['FeedID', bytes(feedId(config.targetChainSelector))],
    ['Price', bigint(packUint224(report, `${prefix}failed to pack secure mint report for into uint224: `))],
    ['Timestamp', int64(report.block)],
  ]);

/** 2025-09, EVM: the timestamp is the sequence number cut to 32 bits. */
export const formatEvm: Formatter = ({ report }, config, prefix) =>
  evmReports([
    [
      'Answer',
      bigint(packUint224(report, `${prefix}failed to pack secure mint report for evm into uint224: `)),
    ],
    ['DataID', bytes(config.dataId ?? new Uint8Array())],
    ['Timestamp', int64(BigInt.asUintN(32, report.seqNr))],
  ]);

/** 2025-09, Solana: Go packs first, then checks the timestamp (H.3, order of the table). */
export const formatSolana: Formatter = ({ report, accounts }, config, prefix) => {
  const answer = packUint128(report, `${prefix}failed to pack secure mint report for solana into u128: `);
  const payload: Value = map([
    ['answer', bigint(answer)],
    ['dataId', bytes(config.dataId ?? new Uint8Array())],
    ['timestamp', int64(checkTimestamp(report.seqNr, prefix))],
  ]);
  return new Map<string, Value>([
    ['account_context_hash', bytes(accountContextHash(accounts))],
    ['payload', { kind: 'list', items: [payload] }],
  ]);
};

/** Bytes of the outcome that carries a report (H.3 step 5). */
export function encodeReportOutcome(encodableOutcome: ValueMap, report: MintReport): Uint8Array {
  return AggregationOutcome.encode({
    encodableOutcome,
    metadata: Uint8Array.of(Number(report.seqNr & 0xffn)),
    shouldReport: true,
    lastSeenAt: report.seqNr,
  });
}

/** Bytes of the outcome without a report: every field is its default. */
export const EMPTY_OUTCOME = AggregationOutcome.encode({});

/** 32 bytes: 0x04, the selector big-endian, zeros. */
function feedId(selector: bigint): Uint8Array {
  const id = new Uint8Array(32);
  id[0] = 0x04;
  new DataView(id.buffer).setBigUint64(1, selector);
  return id;
}

const evmReports = (report: readonly [string, Value][]): ValueMap =>
  new Map([['Reports', { kind: 'list', items: [map(report)] }]]);

const map = (entries: readonly [string, Value][]): Value => ({ kind: 'map', entries: new Map(entries) });
const bytes = (value: Uint8Array): Value => ({ kind: 'bytes', value });
const bigint = (value: bigint): Value => ({ kind: 'bigint', value });
/** Go converts uint64 to int64 without a check. */
const int64 = (value: bigint): Value => ({ kind: 'int64', value: BigInt.asIntN(64, value) });
