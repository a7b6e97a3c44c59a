/**
 * How Go reads the values of a node's variables (docs/spec/loopp-wire.md F.3): strconv.ParseBool, Atoi and ParseUint,
 * time.ParseDuration, url.Parse and url.ParseRequestURI.
 */

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** strconv.ParseBool; undefined for what it refuses. */
export function parseGoBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** strconv.Atoi on 64 bits; undefined for what it refuses. Exact up to 2^53. */
export function parseGoInt(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value > MAX_INT64 || value < -MAX_INT64 - 1n ? undefined : Number(value);
}

/** Whether strconv.ParseUint(text, 10, 32) takes it. */
export function isGoUint32(text: string): boolean {
  return /^[0-9]+$/.test(text) && BigInt(text) < 2n ** 32n;
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  // Micro sign and Greek letter.
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const DURATION = new RegExp(`^[+-]?(?:0|(?:${PART.source})+)$`);

/** Whether time.ParseDuration takes it: "1m0s", "-1.5h", "0". */
export function isGoDuration(text: string): boolean {
  if (!DURATION.test(text)) return false;
  let sum = 0;
  for (const [, count = '', unit = ''] of text.matchAll(PART))
    sum += Number(count) * (NANOSECONDS[unit] ?? 0);
  return sum < 2 ** 63;
}

/** Whether url.Parse takes it, which is nearly always. */
export function isGoUrl(text: string): boolean {
  const [url = '', ...fragment] = text.split('#');
  return !hasControl(text) && hasEscapes(fragment.join('#')) && isReference(url, false);
}

/** Whether url.ParseRequestURI takes it: with a scheme, or an absolute path. */
export function isGoRequestUri(text: string): boolean {
  return text !== '' && !hasControl(text) && isReference(text, true);
}

function isReference(text: string, rooted: boolean): boolean {
  if (text.startsWith(':')) return false;
  if (text === '*') return true;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length).split('?', 1)[0] ?? '';
  if (!rest.startsWith('/')) {
    if (scheme !== '') return true;
    return !rooted && hasEscapes(rest) && !(rest.split('/', 1)[0] ?? '').includes(':');
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || (!rooted && !rest.startsWith('///')));
  if (!hasAuthority) return hasEscapes(rest);
  const [authority = ''] = rest.slice(2).split('/', 1);
  return isAuthority(authority) && hasEscapes(rest.slice(2 + authority.length));
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf('@');
  const user = text.slice(0, Math.max(at, 0));
  const host = text.slice(at + 1);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !hasEscapes(user)) return false;
  if (host.startsWith('[')) return /^\[[^\]]*\](?::[0-9]*)?$/.test(host);
  return /^[^:\s%^`{|}\\]*(?::[0-9]*)?$/.test(host);
}

const hasEscapes = (text: string): boolean => !/%(?![0-9A-Fa-f]{2})/.test(text);

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
