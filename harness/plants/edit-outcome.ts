import { AggregationOutcome } from '../../src/codec/capability.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Tell } from './plant.ts';

type Fields = Parameters<typeof AggregationOutcome.encode>[0];
export type OutcomeEdit = (outcome: AggregationOutcome) => Fields;

/** A lie about the fields of each outcome with a report; errors and empty outcomes pass unchanged. */
export function aboutReports(edit: OutcomeEdit): Tell {
  return aboutReportBytes((outcome) => AggregationOutcome.encode(edit(outcome)));
}

/** The same, about how they are written. */
export function aboutReportBytes(
  write: (outcome: AggregationOutcome, bytes: Uint8Array) => Uint8Array,
): Tell {
  return (truth) => {
    const outcome = decoded(truth);
    if (truth.kind === 'error' || outcome?.shouldReport !== true) return truth;
    return { kind: 'outcome', outcome: write(outcome, truth.outcome) };
  };
}

/** Undefined for errors, and for bytes of another plugin that are no outcome. */
export function decoded(truth: Outcome): AggregationOutcome | undefined {
  if (truth.kind === 'error') return undefined;
  try {
    return AggregationOutcome.decode(truth.outcome);
  } catch (error) {
    if (error instanceof ProtobufError) return undefined;
    throw error;
  }
}

/** A lie about each report of an outcome. */
export function aboutEachReport(edit: (report: ValueMap) => ValueMap): Tell {
  return aboutReports(
    inReportLists((items) =>
      items.map((item) => (item.kind === 'map' ? { kind: 'map', entries: edit(item.entries) } : item)),
    ),
  );
}

/** The keys of the lists that hold the reports (docs/spec/aggregator.md H.6). */
const REPORT_LISTS: ReadonlySet<string> = new Set(['Reports', 'payload']);

export function inReportLists(edit: (items: readonly Value[]) => readonly Value[]): OutcomeEdit {
  return inMap((key, value) =>
    REPORT_LISTS.has(key) && value.kind === 'list' ? { kind: 'list', items: edit(value.items) } : value,
  );
}

/** Edits the entries of the encodable outcome. */
export function inMap(edit: (key: string, value: Value) => Value): OutcomeEdit {
  return (outcome) => ({
    ...outcome,
    encodableOutcome: editEntries(outcome.encodableOutcome ?? new Map<string, Value>(), edit),
  });
}

export function editEntries(map: ValueMap, edit: (key: string, value: Value) => Value): ValueMap {
  return new Map([...map].map(([key, value]) => [key, edit(key, value)]));
}

/** A lie about one member of each report, by its key in lower case. */
export function aboutMember(name: string, edit: (value: Value) => Value): Tell {
  return aboutEachReport((report) =>
    editEntries(report, (key, value) => (key.toLowerCase() === name ? edit(value) : value)),
  );
}

/** A packed answer, apart. */
export interface Packed {
  readonly mintable: bigint;
  readonly block: bigint;
}

/** Width of the mintable below the block, by the key that holds the packed answer (docs/spec/aggregator.md H.5). */
const MINTABLE_BITS: Readonly<Record<string, bigint>> = { Answer: 128n, Price: 128n, answer: 91n };

/** A lie about the packed answer of each report; `value` is the whole number, of any sign. */
export function aboutAnswer(repack: (packed: Packed, mintableBits: bigint, value: bigint) => bigint): Tell {
  return aboutEachReport((report) =>
    editEntries(report, (key, value) => {
      const bits = MINTABLE_BITS[key];
      if (value.kind !== 'bigint' || bits === undefined) return value;
      const packed = { mintable: BigInt.asUintN(Number(bits), value.value), block: value.value >> bits };
      return { kind: 'bigint', value: repack(packed, bits, value.value) };
    }),
  );
}

/** Another last byte; nothing becomes one byte. */
export function withOtherLastByte(bytes: Uint8Array): Uint8Array {
  const changed = bytes.length === 0 ? new Uint8Array(1) : new Uint8Array(bytes);
  const last = changed.length - 1;
  changed[last] = (changed[last] ?? 0) ^ 1;
  return changed;
}

/** The number whose big-endian bytes are those of `value` backwards; the sign stays. */
export function withReversedBytes(value: bigint): bigint {
  const digits = (value < 0n ? -value : value).toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const reversed = BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
  return value < 0n ? -reversed : reversed;
}
