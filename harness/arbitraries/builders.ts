import { AggregationOutcome } from '../../src/codec/capability.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import type { Revision, Round } from '../../src/contract/round.ts';

/** Plain rounds, part by part. Every default is what an honest oracle would send. */

export const SELECTORS = {
  ethereum: 5009297550715157269n,
  sepolia: 16015286601757825753n,
  arbitrum: 4949039107694359620n,
  base: 15971525489660198786n,
  solana: 124615329519749607n,
  solanaDevnet: 16423721717087811551n,
  aptos: 4741433654826277614n,
} as const;

export const DATA_ID = '0x01c50000000000000000000000000000';
export const CONFIG_DIGEST = `ab${'00'.repeat(29)}0102`;

export const nil: Value = { kind: 'nil' };
export const text = (value: string): Value => ({ kind: 'string', value });
export const bool = (value: boolean): Value => ({ kind: 'bool', value });
export const bytes = (value: Uint8Array): Value => ({ kind: 'bytes', value });
export const int64 = (value: bigint): Value => ({ kind: 'int64', value });
export const uint64 = (value: bigint): Value => ({ kind: 'uint64', value });
export const bigint = (value: bigint): Value => ({ kind: 'bigint', value });
export const float64 = (value: number): Value => ({ kind: 'float64', value });
export const list = (...items: readonly Value[]): Value => ({ kind: 'list', items });
export const map = (entries: Readonly<Record<string, Value>>): Value => ({
  kind: 'map',
  entries: new Map(Object.entries(entries)),
});
export const utf8 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf8'));
export const repeatByte = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);

export interface ReportFields {
  /** Info: the chain selector. Default: Ethereum's. */
  readonly selector?: bigint;
  readonly seqNr?: bigint;
  readonly block?: bigint;
  /** null: a nil amount. */
  readonly mintable?: bigint | null;
  readonly configDigest?: string;
  /** Default: Capitalised, as the plugin of 2025-09 writes; both are accepted everywhere. */
  readonly keys?: 'Capitalised' | 'lowerCamel';
}

/** The inner report as Go writes it: no spaces, fields in the order of the struct (docs/spec/aggregator.md H.4). */
export function mintJson(fields: ReportFields = {}): string {
  const { seqNr = 10n, block = 1000n, mintable = 99n, configDigest = CONFIG_DIGEST } = fields;
  const name = keySpelling(fields.keys);
  return (
    `{"${name('ConfigDigest')}":"${configDigest}","${name('SeqNr')}":${String(seqNr)},` +
    `"${name('Block')}":${String(block)},"${name('Mintable')}":${String(mintable)}}`
  );
}

function keySpelling(keys: ReportFields['keys']): (name: string) => string {
  return keys === 'lowerCamel' ? (name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}` : (name) => name;
}

/** ReportWithInfo with a ready inner document. */
export function reportWithInfo(inner: string | Uint8Array, selector: bigint): string {
  return `{"Report":"${Buffer.from(inner).toString('base64')}","Info":${String(selector)}}`;
}

/** JSON of ReportWithInfo, what an event carries as its report. */
export function reportJson(fields: ReportFields = {}): Uint8Array {
  return utf8(reportWithInfo(mintJson(fields), fields.selector ?? SELECTORS.ethereum));
}

export interface EventFields {
  readonly revision?: Revision;
  readonly report?: Uint8Array;
  /** The event's own number, which only 2025-07 looks at. */
  readonly seqNr?: bigint;
  readonly keys?: 'Capitalised' | 'lowerCamel';
}

/** One OCR trigger event as a map (G.2), without the wrapper of 2025-09. */
export function eventValue(fields: EventFields = {}): Value {
  const { revision = '2025-09', report = reportJson(), seqNr = 10n } = fields;
  const name = keySpelling(fields.keys);
  return map({
    [name('ConfigDigest')]: bytes(repeatByte(0xab, 32)),
    [name('SeqNr')]: wrappedUint64(revision, seqNr),
    [name('Report')]: bytes(report),
    [name('Sigs')]: list(signature(0), signature(1)),
  });
}

/** A Go uint64: 2025-07 had no uint64_value (G.1). */
export function wrappedUint64(revision: Revision, value: bigint): Value {
  if (revision === '2025-09') return uint64(value);
  return value < 2n ** 63n ? int64(value) : bigint(value);
}

function signature(signer: number): Value {
  return map({ Signature: bytes(repeatByte(signer + 1, 65)), Signer: int64(BigInt(signer)) });
}

/** An observation: the bare event in 2025-07, `{event, solana}` in 2025-09. */
export function observationValue(revision: Revision, event: Value, accounts: readonly Value[] = []): Value {
  return revision === '2025-07' ? event : map({ event, solana: list(...accounts) });
}

export function accountValue(publicKey: Uint8Array): Value {
  return map({ PublicKey: bytes(publicKey), IsWritable: bool(false), IsSigner: bool(true) });
}

/** One serialised observation that holds one report. */
export function observation(revision: Revision, fields: ReportFields = {}): Uint8Array {
  const event = eventValue({ revision, report: reportJson(fields), seqNr: fields.seqNr ?? 10n });
  return encodeValue(observationValue(revision, event));
}

/** 2025-09's configuration; Solana's looks the same. */
export function evmConfig(selector: bigint, dataId: string = DATA_ID): Uint8Array {
  return encodeValueMap(
    new Map([
      ['targetChainSelector', text(String(selector))],
      ['dataID', text(dataId)],
    ]),
  );
}

/** 2025-07's configuration: one number. */
export function numberConfig(selector: bigint): Uint8Array {
  return encodeValueMap(new Map([['targetChainSelector', int64(selector)]]));
}

export function configOf(revision: Revision, selector: bigint): Uint8Array {
  return revision === '2025-07' ? numberConfig(selector) : evmConfig(selector);
}

export function previousOutcome(lastSeenAt: bigint): Uint8Array {
  return AggregationOutcome.encode({ lastSeenAt });
}

/** A round in which oracles 0 to `oracles - 1` all report `fields`; any part may be replaced. */
export function plainRound(
  options: {
    readonly revision?: Revision;
    readonly fields?: ReportFields;
    readonly oracles?: number;
    readonly round?: Partial<Round>;
  } = {},
): Round {
  const { revision = '2025-09', oracles = 4 } = options;
  const selector = options.fields?.selector ?? SELECTORS.ethereum;
  const values = [observation(revision, { ...options.fields, selector })];
  return {
    id: 'round-1',
    revision,
    f: 1,
    config: configOf(revision, selector),
    previousOutcome: null,
    observations: Array.from({ length: oracles }, (_, oracle) => ({ oracle, values })),
    ...options.round,
  };
}
