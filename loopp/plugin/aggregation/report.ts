import { MAX_INT64, MAX_UINT64, MIN_INT64 } from './go-numbers.ts';
import { jsonBigInt, jsonBytes, jsonConfigDigest, jsonInteger, jsonStruct } from './go-json.ts';

/** The Secure Mint report inside a ReportWithInfo (docs/spec/aggregator.md H.1). */
export interface Report {
  readonly seqNr: bigint;
  readonly block: bigint;
  /** A decimal literal of any size, null when there is none. */
  readonly mintable: string | null;
}

export interface ReportWithInfo {
  /** JSON of the report. */
  readonly report: Uint8Array;
  /** Selector of the chain that the report is for. */
  readonly info: bigint;
}

/** Undefined when Go's encoding/json refuses the bytes. */
export type DecodeJson<T> = (bytes: Uint8Array) => T | undefined;

const uint64 = jsonInteger(0n, MAX_UINT64);

/** 2025-07: Info is an int64, so that selectors above 2^63-1 are refused and negative numbers are not. */
export const decodeWithSignedInfo: DecodeJson<ReportWithInfo> = reportWithInfo(MIN_INT64, MAX_INT64);

/** 2025-09: Info is a uint64. */
export const decodeWithInfo: DecodeJson<ReportWithInfo> = reportWithInfo(0n, MAX_UINT64);

function reportWithInfo(min: bigint, max: bigint): DecodeJson<ReportWithInfo> {
  const decode = jsonStruct({ Report: jsonBytes, Info: jsonInteger(min, max) });
  return (bytes) => {
    const outer = decode(bytes);
    return outer && { report: outer.Report ?? new Uint8Array(), info: outer.Info };
  };
}

const decodeInner = jsonStruct({
  ConfigDigest: jsonConfigDigest,
  SeqNr: uint64,
  Block: uint64,
  Mintable: jsonBigInt,
});

/** The report; its config digest must be one, but is compared with nothing. */
export function decodeReport(bytes: Uint8Array): Report | undefined {
  const inner = decodeInner(bytes);
  return inner && { seqNr: inner.SeqNr, block: inner.Block, mintable: inner.Mintable };
}
