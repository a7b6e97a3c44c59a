import type { Revision } from '../contract/round.ts';
import type { Value, ValueMap } from './values.ts';

/**
 * The report that the Data Feeds Cache contract receives (docs/spec/aggregator.md H.6): 109 bytes of metadata, then the
 * ABI encoding of one array of rows. The ABI coder is loaded on first use, so that importing this module costs nothing.
 */

/** The encodable outcome or the bytes are not such a report; the message names the field. */
export class ReportFormatError extends Error {
  override readonly name = 'ReportFormatError';

  constructor(field: string, expected: string, came: string, options?: ErrorOptions) {
    super(`${field}: expected ${expected}, got ${came}`, options);
  }
}

/** Texts are hex without `0x`, as in the capability's `Id`; decoding answers lower case. */
export interface ReportMetadata {
  /** 1 byte; 1 so far. */
  readonly version: number;
  /** 32 bytes. */
  readonly executionId: string;
  /** Seconds since 1970, uint32. */
  readonly timestamp: number;
  /** uint32. */
  readonly donId: number;
  /** uint32. */
  readonly donConfigVersion: number;
  /** 32 bytes. */
  readonly workflowId: string;
  /** 10 bytes; shorter ones are padded on the right with zeros. */
  readonly workflowName: string;
  /** 20 bytes. */
  readonly workflowOwner: string;
  /** 2 bytes. */
  readonly reportId: string;
}

/** One row of the report. */
export interface ReportRow {
  /** 16 bytes in 2025-09, 32 bytes (the feed id) in 2025-07. */
  readonly dataId: Uint8Array;
  /** uint32: the sequence number in 2025-09, the block in 2025-07. */
  readonly timestamp: number;
  /** uint224; `decodePackedAnswer` splits it. */
  readonly answer: bigint;
}

export interface DfCacheReport {
  readonly metadata: ReportMetadata;
  readonly rows: readonly ReportRow[];
}

/** Serialises a whole report. Throws `ReportFormatError` where Go's encoder refuses, or where a field is missing. */
export async function encodeReport(
  revision: Revision,
  metadata: ReportMetadata,
  encodableOutcome: ValueMap,
): Promise<Uint8Array> {
  return Buffer.concat([encodeMetadata(metadata), await encodeReportBody(revision, encodableOutcome)]);
}

/** Reads a whole report. Throws `ReportFormatError`. */
export async function decodeReport(revision: Revision, bytes: Uint8Array): Promise<DfCacheReport> {
  const metadata = decodeMetadata(bytes);
  return { metadata, rows: await decodeReportBody(revision, bytes.subarray(METADATA_LENGTH)) };
}

type Width = { readonly kind: 'number' | 'hex'; readonly bytes: number };
const number = (bytes: number): Width => ({ kind: 'number', bytes });
const hex = (bytes: number): Width => ({ kind: 'hex', bytes });

/** In the order of the bytes; numbers are big-endian. */
const METADATA_LAYOUT = [
  ['version', number(1)],
  ['executionId', hex(32)],
  ['timestamp', number(4)],
  ['donId', number(4)],
  ['donConfigVersion', number(4)],
  ['workflowId', hex(32)],
  ['workflowName', hex(10)],
  ['workflowOwner', hex(20)],
  ['reportId', hex(2)],
] as const satisfies readonly (readonly [keyof ReportMetadata, Width])[];

export const METADATA_LENGTH = METADATA_LAYOUT.reduce((sum, [, width]) => sum + width.bytes, 0);

/** Serialises the metadata into its 109 bytes. Throws `ReportFormatError`. */
export function encodeMetadata(metadata: ReportMetadata): Uint8Array {
  const padded = { ...metadata, workflowName: metadata.workflowName.padEnd(2 * 10, '0') };
  return Buffer.concat(METADATA_LAYOUT.map(([name, width]) => encodeField(name, width, padded[name])));
}

function encodeField(name: string, { kind, bytes }: Width, value: string | number): Uint8Array {
  if (kind === 'number') {
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 256 ** bytes;
    if (!fits)
      throw new ReportFormatError(name, `an unsigned ${String(bytes * 8)}-bit integer`, String(value));
    return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
  }
  const text = String(value);
  if (text.length !== bytes * 2 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new ReportFormatError(name, `${String(bytes * 2)} hex digits`, JSON.stringify(text));
  }
  return Buffer.from(text, 'hex');
}

/** Reads the metadata at the start of a report. Throws `ReportFormatError`. */
export function decodeMetadata(bytes: Uint8Array): ReportMetadata {
  if (bytes.length < METADATA_LENGTH) {
    throw new ReportFormatError(
      'metadata',
      `${String(METADATA_LENGTH)} bytes`,
      `${String(bytes.length)} bytes`,
    );
  }
  let at = 0;
  const next = (length: number): Buffer => Buffer.from(bytes.subarray(at, (at += length)));
  const text = (length: number): string => next(length).toString('hex');
  const uint = (length: number): number => next(length).readUIntBE(0, length);
  return {
    version: uint(1),
    executionId: text(32),
    timestamp: uint(4),
    donId: uint(4),
    donConfigVersion: uint(4),
    workflowId: text(32),
    workflowName: text(10),
    workflowOwner: text(20),
    reportId: text(2),
  };
}

type Column = 'dataId' | 'timestamp' | 'answer';

interface BodyLayout {
  readonly abi: string;
  readonly dataIdLength: 16 | 32;
  /** In ABI order, with the names that the encoder's struct has. */
  readonly columns: readonly (readonly [Column, string])[];
}

const LAYOUTS: Readonly<Record<Revision, BodyLayout>> = {
  '2025-07': {
    abi: '(bytes32 FeedID, uint224 Price, uint32 Timestamp)[] Reports',
    dataIdLength: 32,
    columns: [
      ['dataId', 'FeedID'],
      ['answer', 'Price'],
      ['timestamp', 'Timestamp'],
    ],
  },
  '2025-09': {
    abi: '(bytes16 dataId, uint32 timestamp, uint224 answer)[] Reports',
    dataIdLength: 16,
    columns: [
      ['dataId', 'DataId'],
      ['timestamp', 'Timestamp'],
      ['answer', 'Answer'],
    ],
  },
};

/** The encoder configuration's `abi` of a revision. */
export function reportAbi(revision: Revision): string {
  return LAYOUTS[revision].abi;
}

/** Serialises what follows the metadata. Throws `ReportFormatError`. */
export async function encodeReportBody(revision: Revision, encodableOutcome: ValueMap): Promise<Uint8Array> {
  return encodeRows(LAYOUTS[revision], reportRows(revision, encodableOutcome));
}

/** Reads what follows the metadata. Only the one standard encoding of its rows is taken. Throws `ReportFormatError`. */
export async function decodeReportBody(revision: Revision, body: Uint8Array): Promise<readonly ReportRow[]> {
  const layout = LAYOUTS[revision];
  const rows = await decodeRows(layout, body);
  // The coder cuts numbers to their width and ignores what follows the last row.
  if (Buffer.compare(await encodeRows(layout, rows), body) !== 0) {
    throw new ReportFormatError('report', 'the standard ABI encoding', 'other bytes for the same rows');
  }
  return rows;
}

async function encodeRows(layout: BodyLayout, rows: readonly ReportRow[]): Promise<Uint8Array> {
  const { AbiCoder } = await import('ethers/abi');
  const tuples = rows.map((row) => layout.columns.map(([column]) => row[column]));
  return Buffer.from(AbiCoder.defaultAbiCoder().encode([layout.abi], [tuples]).slice(2), 'hex');
}

async function decodeRows(layout: BodyLayout, body: Uint8Array): Promise<readonly ReportRow[]> {
  const { AbiCoder } = await import('ethers/abi');
  let rows: readonly (readonly unknown[])[];
  try {
    [rows] = AbiCoder.defaultAbiCoder().decode([layout.abi], body).toArray(true);
  } catch (error) {
    throw new ReportFormatError('report', layout.abi, `${String(body.length)} bytes that are not`, {
      cause: error,
    });
  }
  return rows.map((row) => {
    const cell = (wanted: Column): string =>
      String(row[layout.columns.findIndex(([name]) => name === wanted)]);
    return {
      dataId: Buffer.from(cell('dataId').slice(2), 'hex'),
      timestamp: Number(cell('timestamp')),
      answer: BigInt(cell('answer')),
    };
  });
}

const UINT32 = 2n ** 32n - 1n;
const UINT224 = 2n ** 224n - 1n;

/**
 * The rows of an encodable outcome, checked as Go's encoder checks them: keys in any case, numbers in the range of
 * their column, data ids of the exact length. Throws `ReportFormatError`.
 */
export function reportRows(revision: Revision, encodableOutcome: ValueMap): readonly ReportRow[] {
  const reports = member('encodableOutcome', encodableOutcome, 'Reports');
  if (reports.kind !== 'list') throw new ReportFormatError('Reports', 'a list', reports.kind);
  const { columns, dataIdLength } = LAYOUTS[revision];
  const nameOf = new Map(columns);
  return reports.items.map((item, index) => {
    const path = `Reports[${String(index)}]`;
    if (item.kind !== 'map') throw new ReportFormatError(path, 'a map', item.kind);
    const cell = (column: Column): readonly [string, Value] => {
      const name = nameOf.get(column) ?? column;
      return [`${path}.${name}`, member(path, item.entries, name)];
    };
    return {
      dataId: exactBytes(...cell('dataId'), dataIdLength),
      timestamp: Number(integer(...cell('timestamp'), UINT32, 32)),
      answer: integer(...cell('answer'), UINT224, 224),
    };
  });
}

/** The exact key wins. Of several other spellings Go would take any one: refused. */
function member(path: string, entries: ValueMap, name: string): Value {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  const found = [...entries].filter(([key]) => key.toLowerCase() === name.toLowerCase());
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new ReportFormatError(path, `one key ${name}`, found.length === 0 ? 'none' : String(found.length));
  }
  return only[1];
}

function exactBytes(path: string, value: Value, length: number): Uint8Array {
  if (value.kind === 'bytes' && value.value.length === length) return value.value;
  const came = value.kind === 'bytes' ? `${String(value.value.length)} bytes` : value.kind;
  throw new ReportFormatError(path, `${String(length)} bytes`, came);
}

function integer(path: string, value: Value, max: bigint, bits: number): bigint {
  const whole = value.kind === 'int64' || value.kind === 'uint64' || value.kind === 'bigint';
  if (whole && value.value >= 0n && value.value <= max) return value.value;
  const came = whole ? String(value.value) : value.kind;
  throw new ReportFormatError(path, `an unsigned ${String(bits)}-bit integer`, came);
}

export interface PackedAnswer {
  readonly block: bigint;
  readonly mintable: bigint;
}

/** Where the parts of a packed answer stand (H.5), in bits. */
const PACKINGS = {
  /** EVM. */
  uint224: { mintable: 128n, block: 64n },
  /** Solana. */
  u128: { mintable: 91n, block: 36n },
} as const;

/** Splits a packed answer; undefined when packing cannot have given it: negative, or an unused bit is set. */
export function decodePackedAnswer(packing: keyof typeof PACKINGS, answer: bigint): PackedAnswer | undefined {
  const bits = PACKINGS[packing];
  if (answer < 0n || answer >> (bits.mintable + bits.block) !== 0n) return undefined;
  return { block: answer >> bits.mintable, mintable: BigInt.asUintN(Number(bits.mintable), answer) };
}
