import type {
  Blocks as BlockNumbers,
  ExternalAdapterPayload as Payload,
} from '../../src/contract/external-adapter.ts';
import { present } from './ocr3-messages.ts';
import type { ExternalAdapterPayload } from './upstream-messages.ts';

/** What upstream's messages hold, and how it is held (docs/spec/loopp-wire.md D.4). */

const DECIMAL = /^[+-]?[0-9]+$/;

/** A decimal integer as Go's big.Int takes it. Throws `invalid integer "..."`. */
export function parseInteger(text: string): bigint {
  if (!DECIMAL.test(text)) throw new SyntaxError(`invalid integer "${text}"`);
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

const NS_PER_SECOND = 1_000_000_000n;

/** The payload as it goes over the wire; everything that a Go peer takes for granted is there (D.5). */
export function packPayload({ mintables, reserveInfo, latestBlocks }: Payload): ExternalAdapterPayload {
  const { reserveAmount, timestampNs } = reserveInfo;
  // Counted forward also before 1970.
  const nanos = ((timestampNs % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const timestamp = { seconds: (timestampNs - nanos) / NS_PER_SECOND, nanos: Number(nanos) };
  const pairs = [...mintables].map(
    ([selector, { block, mintable }]) =>
      [selector, { blockNumber: block, mintable: String(mintable) }] as const,
  );
  return {
    mintables: new Map(pairs),
    reserveInfo: { reserveAmount: String(reserveAmount), timestamp },
    latestBlocks: { value: latestBlocks },
  };
}

/**
 * A payload that came. Throws `MissingMessageError` for a message that has to be present, and `invalid integer "..."`; a
 * Go host writes `<nil>` for an amount that its adapter left out. Without a timestamp it is 1970's first moment.
 */
export function unpackPayload(message: ExternalAdapterPayload): Payload {
  const { reserveAmount, timestamp } = present(message.reserveInfo, 'reserveInfo');
  const { seconds, nanos } = timestamp ?? { seconds: 0n, nanos: 0 };
  const pairs = [...message.mintables].map(
    ([selector, { blockNumber, mintable }]) =>
      [selector, { block: blockNumber, mintable: parseInteger(mintable) }] as const,
  );
  return {
    mintables: new Map(pairs),
    reserveInfo: {
      reserveAmount: parseInteger(reserveAmount),
      timestampNs: seconds * NS_PER_SECOND + BigInt(nanos),
    },
    latestBlocks: present(message.latestBlocks, 'latestBlocks').value,
  };
}

/** The blocks as protobuf's text format shows them, chains ascending; for messages. */
export function blocksText(blocks: BlockNumbers): string {
  return [...blocks]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([selector, block]) => `value:{key:${String(selector)} value:${String(block)}}`)
    .join(' ');
}

const INFO_LENGTH = 8;

/** A report's info: the chain selector, 8 bytes, the lowest first. */
export function packSelector(selector: bigint): Uint8Array {
  const info = new Uint8Array(INFO_LENGTH);
  new DataView(info.buffer).setBigUint64(0, selector, true);
  return info;
}

/** The chain selector of a report's info; bytes beyond the eighth are not looked at. Throws Go's text for a shorter one. */
export function unpackSelector(info: Uint8Array): bigint {
  if (info.length < INFO_LENGTH) {
    throw new RangeError(`info is less than ${String(INFO_LENGTH)} bytes: [${info.join(' ')}]`);
  }
  return new DataView(info.buffer, info.byteOffset, INFO_LENGTH).getBigUint64(0, true);
}
