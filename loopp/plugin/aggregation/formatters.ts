import { createHash } from 'node:crypto';
import { chainFamily } from '../../../src/chains/selectors.ts';
import type { ChainFamily } from '../../../src/chains/selectors.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import type { AggregatorConfig } from './config.ts';
import { EVM_UINT224, FormatError, SOLANA_U128, UINT224_2025_07, pack } from './pack.ts';
import type { Report } from './report.ts';

/** The report that an aggregation takes. */
export interface ChosenReport {
  readonly report: Report;
  /** Public keys of the same observation. */
  readonly accounts: readonly Uint8Array[];
}

/** Makes the encodable outcome (docs/spec/aggregator.md H.6). Throws `FormatError`. */
export type Formatter = (config: AggregatorConfig, chosen: ChosenReport) => ValueMap;

const MAX_UINT32 = 2n ** 32n - 1n;

/** 2025-07, any chain. The block stands in as time and wraps above 2^63-1. */
export const formatFeed: Formatter = (config, { report }) =>
  onlyReport('Reports', [
    ['FeedID', { kind: 'bytes', value: config.feed }],
    ['Price', { kind: 'bigint', value: pack(report, UINT224_2025_07) }],
    ['Timestamp', { kind: 'int64', value: BigInt.asIntN(64, report.block) }],
  ]);

/** 2025-09, EVM chains. The sequence number stands in as time, cut to 32 bits without a word. */
const formatEvm: Formatter = (config, { report }) =>
  onlyReport('Reports', [
    ['DataID', { kind: 'bytes', value: config.feed }],
    ['Answer', { kind: 'bigint', value: pack(report, EVM_UINT224) }],
    ['Timestamp', { kind: 'int64', value: BigInt.asUintN(32, report.seqNr) }],
  ]);

/** 2025-09, Solana. The sequence number must fit 32 bits. */
const formatSolana: Formatter = (config, { report, accounts }) => {
  const answer = pack(report, SOLANA_U128);
  if (report.seqNr > MAX_UINT32) {
    throw new FormatError(`timestamp exceeds u32 bounds: ${String(report.seqNr)}`);
  }
  const payload = onlyReport('payload', [
    ['timestamp', { kind: 'int64', value: report.seqNr }],
    ['answer', { kind: 'bigint', value: answer }],
    ['dataId', { kind: 'bytes', value: config.feed }],
  ]);
  return payload.set('account_context_hash', { kind: 'bytes', value: hashOf(accounts) });
};

const FORMATTERS: Readonly<Partial<Record<ChainFamily, Formatter>>> = {
  evm: formatEvm,
  solana: formatSolana,
};

/** The formatter for a chain of 2025-09; undefined for chains of other families and unknown ones. */
export function formatterOf(selector: bigint): Formatter | undefined {
  const family = chainFamily(selector);
  return family && FORMATTERS[family];
}

function onlyReport(list: string, fields: readonly (readonly [string, Value])[]): Map<string, Value> {
  return new Map([[list, { kind: 'list', items: [{ kind: 'map', entries: new Map(fields) }] }]]);
}

function hashOf(accounts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const account of accounts) hash.update(account);
  return hash.digest();
}
