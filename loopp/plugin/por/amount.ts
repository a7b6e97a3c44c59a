import { jsonBigInt } from '../aggregation/go-json.ts';
import type { Shape } from './shapes.ts';
import { unexpected } from './shapes.ts';

/**
 * Digits of an amount: those of 2^512, twice the bits that any EVM token counts with. Upstream bounds them nowhere, but
 * libocr drops what is longer than the stated limits, so an amount must have a longest form.
 */
export const MAX_AMOUNT_DIGITS = 155;
export const MAX_AMOUNT = 10n ** BigInt(MAX_AMOUNT_DIGITS) - 1n;
const EXPECTED = `an integer of at most ${String(MAX_AMOUNT_DIGITS)} digits`;

export const isAmount = (value: bigint): boolean => value <= MAX_AMOUNT && value >= -MAX_AMOUNT;

/** `*big.Int`; undefined is Go's nil. Digits are counted before they become a number: that takes the square of them. */
export const amountShape: Shape<bigint | undefined> = {
  zero: undefined,
  read(place) {
    const { document, token } = place;
    if (token.kind === 'null') return undefined;
    const signs = document[token.start] === 0x2d ? 1 : 0;
    const isLong = token.end - token.start > MAX_AMOUNT_DIGITS + signs;
    const digits = isLong ? undefined : jsonBigInt.read(document, token, null);
    if (digits === undefined || digits === null) throw unexpected(place, EXPECTED);
    return BigInt(digits);
  },
};
