const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const INVALID = 0xff;
const SEXTET = new Uint8Array(256).fill(INVALID);
for (let value = 0; value < ALPHABET.length; value++) SEXTET[ALPHABET.charCodeAt(value)] = value;

const PAD = 0x3d;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Go's base64.StdEncoding: padding is required, CR and LF are ignored anywhere, trailing bits may be set.
 * Undefined where Go reports a corrupt input.
 */
export function decodeStdBase64(text: Uint8Array): Uint8Array | undefined {
  const letters = withoutLineBreaks(text);
  if (letters.length % 4 !== 0) return undefined;
  const padding = letters.at(-1) !== PAD ? 0 : letters.at(-2) === PAD ? 2 : 1;
  const end = letters.length - padding;
  const bytes = new Uint8Array((letters.length / 4) * 3 - padding);
  let at = 0;
  let bits = 0;
  let width = 0;
  for (let i = 0; i < end; i++) {
    const sextet = SEXTET[letters[i] ?? 0] ?? INVALID;
    if (sextet === INVALID) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    width += 6;
    if (width >= 8) {
      width -= 8;
      bytes[at++] = bits >> width;
    }
  }
  return bytes;
}

function withoutLineBreaks(text: Uint8Array): Uint8Array {
  if (!text.includes(LINE_FEED) && !text.includes(CARRIAGE_RETURN)) return text;
  return text.filter((byte) => byte !== LINE_FEED && byte !== CARRIAGE_RETURN);
}
