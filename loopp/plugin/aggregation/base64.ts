const PADDING = 0x3d;
const SKIPPED = 64;
const INVALID = 65;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** By ASCII code: the six bits, `SKIPPED` for CR and LF, `INVALID` for all else. */
const SEXTETS = new Uint8Array(256).fill(INVALID);
for (let bits = 0; bits < ALPHABET.length; bits++) SEXTETS[ALPHABET.charCodeAt(bits)] = bits;
SEXTETS[0x0a] = SKIPPED;
SEXTETS[0x0d] = SKIPPED;

/**
 * Decodes as Go's `base64.StdEncoding` does: padding required, CR and LF ignored anywhere, trailing bits free. Undefined
 * for anything else. The result begins its buffer, which is as large as Go's and zero behind the result.
 */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor(text.length / 4) * 3);
  let length = 0;
  let group = 0;
  let sextets = 0;
  for (let pos = 0; pos < text.length; pos++) {
    const bits = SEXTETS[text[pos] ?? 0] ?? INVALID;
    if (bits === SKIPPED) continue;
    if (bits === INVALID)
      return endsPadded(text, pos, sextets) ? tail(bytes, length, group, sextets) : undefined;
    group = (group << 6) | bits;
    if (++sextets < 4) continue;
    bytes[length] = group >> 16;
    bytes[length + 1] = group >> 8;
    bytes[length + 2] = group;
    length += 3;
    group = 0;
    sextets = 0;
  }
  return sextets === 0 ? bytes.subarray(0, length) : undefined;
}

/** Whether the rest of the text, from `pos` on, is the padding that completes a group of `sextets`. */
function endsPadded(text: Uint8Array, pos: number, sextets: number): boolean {
  let missing = sextets < 2 ? 0 : 4 - sextets;
  for (let at = pos; at < text.length; at++) {
    const code = text[at] ?? 0;
    if (SEXTETS[code] === SKIPPED) continue;
    if (code !== PADDING || missing === 0) return false;
    missing--;
  }
  return sextets >= 2 && missing === 0;
}

/** Adds the one or two bytes of a padded group. */
function tail(bytes: Uint8Array, length: number, group: number, sextets: number): Uint8Array {
  const aligned = group << (6 * (4 - sextets));
  bytes[length] = aligned >> 16;
  if (sextets === 3) bytes[length + 1] = aligned >> 8;
  return bytes.subarray(0, length + sextets - 1);
}
