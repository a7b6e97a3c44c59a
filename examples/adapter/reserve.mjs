import { shown } from './question.mjs';

const AMOUNT = /^[0-9]{1,77}$/;

/** `{"reserveAmount": "<decimal>", "timestamp": <milliseconds since 1970>}`; without a timestamp it is as of now. */
export function checkReserve(place, { reserveAmount, timestamp = Date.now() }) {
  if (typeof reserveAmount !== 'string' || !AMOUNT.test(reserveAmount)) {
    throw new Error(`${place}: reserveAmount: expected a decimal text, got ${shown(reserveAmount)}`);
  }
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new Error(`${place}: timestamp: expected milliseconds since 1970, got ${shown(timestamp)}`);
  }
  return { reserveAmount, timestamp };
}

/** A text of digits as a number of any size. */
export function checkAmount(place, field, value) {
  if (typeof value === 'string' && AMOUNT.test(value)) return BigInt(value);
  throw new Error(`${place}: ${field}: expected a decimal text, got ${shown(value)}`);
}

/** Without the path, which is nobody's business. */
export const fileError = (place) => (error) => {
  throw new Error(`${place}: expected a file that can be read, got ${error.code}`, { cause: error });
};

export function parseJson(place, text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error(`${place}: expected JSON, got ${shown(text)}`);
  }
}
