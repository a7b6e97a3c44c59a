/**
 * What to ask the oracle beyond the vectors: the decisions that docs/spec/aggregator.md H.10 leaves open, for EVM. Each
 * probe is one event or one configuration with one thing odd; the rest of the round is plain, so that the answer shows
 * whether Go takes the odd thing (a report), skips it (an outcome without one) or refuses it (an error).
 */
import { encodeValue, encodeValueMap } from '../../dist/src/codec/values-encode.js';

const TARGET = 5009297550715157269n;
const nil = { kind: 'nil' };
const text = (value) => ({ kind: 'string', value });
const bool = (value) => ({ kind: 'bool', value });
const bytes = (value) => ({ kind: 'bytes', value: Buffer.from(value) });
const int64 = (value) => ({ kind: 'int64', value: BigInt(value) });
const uint64 = (value) => ({ kind: 'uint64', value: BigInt(value) });
const bigint = (value) => ({ kind: 'bigint', value: BigInt(value) });
const float64 = (value) => ({ kind: 'float64', value });
const decimal = (coefficient, exponent) => ({ kind: 'decimal', coefficient: BigInt(coefficient), exponent });
const time = (seconds) => ({ kind: 'time', seconds: BigInt(seconds), nanos: 0 });
const list = (...items) => ({ kind: 'list', items });
const map = (entries) => ({ kind: 'map', entries: new Map(Object.entries(entries)) });

const DIGEST = 'ab'.repeat(32);
const INNER = `{"ConfigDigest":"${DIGEST}","SeqNr":7,"Block":1000,"Mintable":99}`;
const base64 = (json) => Buffer.from(json).toString('base64');
const outer = (report) => `{"Report":${report},"Info":${TARGET}}`;
const REPORT = outer(`"${base64(INNER)}"`);
const PLAIN = { ConfigDigest: bytes(Buffer.from(DIGEST, 'hex')), SeqNr: uint64(7), Report: bytes(REPORT) };
const SIG = { Signature: bytes('sig'), Signer: int64(1) };
const CONFIG = { targetChainSelector: text(String(TARGET)), dataID: text(`0x01c508${'00'.repeat(13)}`) };

const withEvent = (members) => ({ event: encodeValue(map({ ...PLAIN, Sigs: list(map(SIG)), ...members })) });
const withReport = (json) => withEvent({ Report: bytes(json) });
const nulls = (count) => `[${Array.from({ length: count }, () => 'null').join(',')}]`;
const twice = (first, second) => withReport(`{"Report":${first},"Info":${TARGET},"Report":${second}}`);
const withInner = (json) => withReport(outer(`"${base64(json)}"`));
const onlyConfig = (members) => ({ config: encodeValueMap(map(members).entries) });
const withConfig = (members) => onlyConfig({ ...CONFIG, ...members });

/** Values of every kind, as an integer, a byte string or a list may meet them. */
const ODD_NUMBERS = {
  'decimal 7': decimal(7, 0),
  'decimal 7.5': decimal(75, -1),
  'decimal -7': decimal(-7, 0),
  'time 7': time(7),
  'time before 1970': time(-7),
  'bigint 7': bigint(7),
  'bigint 0': bigint(0),
  'bigint -7': bigint(-7),
  'bigint 255': bigint(255),
  'bigint 256': bigint(256),
  'bigint -256': bigint(-256),
  'bigint 2^32-1': bigint(2n ** 32n - 1n),
  'bigint 2^32': bigint(2n ** 32n),
  'bigint 2^64-1': bigint(2n ** 64n - 1n),
  'bigint 2^64': bigint(2n ** 64n),
  'bigint -(2^64-1)': bigint(-(2n ** 64n) + 1n),
  'bigint -2^64': bigint(-(2n ** 64n)),
  'bigint 2^256': bigint(2n ** 256n),
  'bigint -2^300': bigint(-(2n ** 300n)),
  'float 1.7': float64(1.7),
  'float -0.5': float64(-0.5),
  'float -1': float64(-1),
  'float 256': float64(256),
  'float 2^32': float64(2 ** 32),
  'float 2^63': float64(2 ** 63),
  'float 2^64': float64(2 ** 64),
  'float NaN': float64(Number.NaN),
  'float Infinity': float64(Number.POSITIVE_INFINITY),
  'float -Infinity': float64(Number.NEGATIVE_INFINITY),
  'int64 -1': int64(-1),
  'int64 256': int64(256),
  'int64 2^32': int64(2n ** 32n),
  'uint64 2^32-1': uint64(2n ** 32n - 1n),
  'uint64 2^32': uint64(2n ** 32n),
  'uint64 2^64-1': uint64(2n ** 64n - 1n),
  'text 7': text('7'),
  'text empty': text(''),
  'bytes 7': bytes('7'),
  'empty bytes': bytes(''),
  true: bool(true),
  nil,
  'list of 7': list(int64(7)),
  'empty list': list(),
  'empty map': map({}),
};

function* eachOdd(what, probe) {
  for (const [name, value] of Object.entries(ODD_NUMBERS)) yield [`${what}: ${name}`, probe(value)];
}

function* unwrapping() {
  yield* eachOdd('SeqNr', (odd) => withEvent({ SeqNr: odd }));
  yield* eachOdd('Signer', (odd) => withEvent({ Sigs: list(map({ ...SIG, Signer: odd })) }));
  yield* eachOdd('Signature', (odd) => withEvent({ Sigs: list(map({ ...SIG, Signature: odd })) }));
  yield* eachOdd('byte of a Signature list', (odd) =>
    withEvent({ Sigs: list(map({ ...SIG, Signature: list(int64(1), odd) })) }),
  );
  yield* eachOdd('Sigs', (odd) => withEvent({ Sigs: odd }));
  yield* eachOdd('item of Sigs', (odd) => withEvent({ Sigs: list(odd) }));
  yield* eachOdd('ConfigDigest', (odd) => withEvent({ ConfigDigest: odd }));
  yield* eachOdd('Report', (odd) => withEvent({ Report: odd }));
}

/** A report as a list whose bytes show in the answer: one digit of Info is replaced, and Info has to be the target. */
function* reportBytes() {
  const digit = 0x35;
  const odd = {
    int64: int64(digit),
    uint64: uint64(digit),
    bigint: bigint(digit),
    'negative bigint': bigint(-digit),
    float64: float64(digit + 0.9),
    'float64 256 too large': float64(digit + 256),
    'float64 256 too small': float64(digit - 256),
    'float64 256 too small and a fraction': float64(digit - 256.5),
    'float64 2^32 too large': float64(digit + 2 ** 32),
    'float64 2^32 too small': float64(digit - 2 ** 32),
    'float64 2^48 too large': float64(digit + 2 ** 48),
    'float64 2^48 too small': float64(digit - 2 ** 48),
    decimal: decimal(digit, 0),
    time: time(digit),
    'text of one byte': text('5'),
    'bytes of one byte': bytes('5'),
    nil: nil,
    true: bool(true),
  };
  const json = outer(`"${base64(INNER)}"`);
  const at = json.lastIndexOf('5009');
  for (const [name, value] of Object.entries(odd)) {
    const items = [...Buffer.from(json)].map((byte, index) => (index === at ? value : int64(byte)));
    yield [`Report as a list with ${name} for a digit`, withEvent({ Report: list(...items) })];
  }
  yield ['Report as text', withEvent({ Report: text(REPORT) })];
  yield [
    'Report as text with characters beyond ASCII',
    withEvent({ Report: text(REPORT.replace('{', '{"é\u{1F600}":1,')) }),
  ];
}

/** Keys that differ in case, beside the exact one and alone. */
function* keys() {
  const good = bytes(REPORT);
  const bad = bytes('not JSON');
  const another = bytes(outer(`"${base64(INNER.replace('99', '98'))}"`));
  yield ['exact key good, lower-case key bad', withEvent({ Report: good, report: bad })];
  yield ['exact key bad, lower-case key good', withEvent({ Report: bad, report: good })];
  yield ['exact key nil, lower-case key good', withEvent({ Report: nil, report: good })];
  yield ['exact key of a wrong type, lower-case key good', withEvent({ Report: int64(1), report: good })];
  yield ['exact key good, lower-case key of a wrong type', withEvent({ Report: good, report: int64(1) })];
  yield ['exact SeqNr good, other spelling of a wrong type', withEvent({ seqnr: bool(true) })];
  const { Report: _, ...rest } = PLAIN;
  yield [
    'two spellings, both reports',
    { event: encodeValue(map({ ...rest, REPORT: good, report: another })) },
  ];
  yield [
    'two spellings, one of a wrong type',
    { event: encodeValue(map({ ...rest, REPORT: good, report: int64(1) })) },
  ];
  yield ['two spellings, one nil', { event: encodeValue(map({ ...rest, REPORT: good, report: nil })) }];
  yield ['long s in Sigs of a wrong type', withEvent({ Sigs: nil, '\u017figs': bool(true) })];
  yield [
    'long s alone in Sigs of a wrong type',
    { event: encodeValue(map({ ...PLAIN, '\u017fig\u017f': bool(true) })) },
  ];
  yield ['blank around a key', { event: encodeValue(map({ ...rest, ' Report': good })) }];
  yield ['empty key', withEvent({ '': bool(true) })];
}

function* jsonBytes() {
  const codes = [...Buffer.from(INNER)];
  const seven = INNER.indexOf('7,');
  const replaced = (literal) =>
    `[${codes.map((code, index) => (index === seven ? literal : code)).join(',')}]`;
  const array = `[${codes.join(',')}]`;
  for (const literal of [
    '53',
    'null',
    '-0',
    '53.0',
    '5.3e1',
    '256',
    '-1',
    '"5"',
    'true',
    '[53]',
    '{}',
    '1e1',
  ]) {
    yield [`JSON byte array with ${literal}`, withReport(outer(replaced(literal)))];
  }
  const b64 = `"${base64(INNER)}"`;
  const short = `"${base64(INNER.slice(0, 10))}"`;
  const tail = `[${[...Array.from({ length: 10 }, () => 'null'), ...codes.slice(10)].join(',')}]`;
  yield ['array of nulls over an array', twice(array, nulls(codes.length))];
  yield ['array of nulls over base64', twice(b64, nulls(codes.length))];
  yield ['one null over a digit of base64', twice(b64, replaced('null'))];
  yield ['shorter array of nulls over base64', twice(b64, nulls(codes.length - 1))];
  yield ['longer array of nulls over base64', twice(b64, nulls(codes.length + 1))];
  yield ['array whose head is null over a short base64', twice(short, tail)];
  yield [
    'array of nulls over an empty array over an array',
    twice(`${array},"Report":[]`, nulls(codes.length)),
  ];
  yield [
    'array of nulls over a shorter array over an array',
    twice(`${array},"Report":[123]`, nulls(codes.length)),
  ];
  yield [
    'array of nulls over an empty text over an array',
    twice(`${array},"Report":""`, nulls(codes.length)),
  ];
  yield ['array of nulls over null over an array', twice(`${array},"Report":null`, nulls(codes.length))];
  yield [
    'array of nulls over a short base64 over base64',
    twice(`${b64},"Report":${short}`, nulls(codes.length)),
  ];
  yield ['empty array over base64', twice(b64, '[]')];
  yield ['null over base64', twice(b64, 'null')];
}

function* jsonBase64() {
  // 65 and 67 bytes leave 2 and 1 bytes in the last group: two and one padding characters.
  for (const [name, padded] of [
    ['two', 1],
    ['one', 2],
  ]) {
    const inner = `${INNER}${' '.repeat((3 - (INNER.length % 3) + padded) % 3)}`;
    const code = base64(inner);
    const pad = code.indexOf('=');
    const last = code[pad - 1];
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const next = letters[letters.indexOf(last) + 1];
    const plain = code.slice(0, pad);
    const padding = code.slice(pad);
    const say = (what, literal) => [
      `base64, ${name} padding characters: ${what}`,
      withReport(outer(`"${literal}"`)),
    ];
    yield say('plain', code);
    yield say('trailing bits set', plain.slice(0, -1) + next + padding);
    yield say('padding missing', plain);
    yield say('one padding character short', code.slice(0, -1));
    yield say('one padding character more', `${code}=`);
    yield say('line feed escaped in front of the padding', `${plain}\\n${padding}`);
    yield say('line feed inside the padding', `${plain}=\\r\\n${padding.slice(1)}`);
    yield say('line feed behind', `${code}\\n`);
    yield say('line feed in front', `\\r\\n${code}`);
    yield say('blank behind', `${code} `);
    yield say('tab inside', `${code.slice(0, 8)}\\t${code.slice(8)}`);
    yield say('another group behind the padding', `${code}QUFB`);
    yield say('padding in the middle', `QQ==${code}`);
    yield say(
      'letters escaped',
      code.replace(/^./, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    );
    yield say('a letter beyond ASCII', `é${code.slice(2)}`);
  }
  yield [
    'base64 of URL alphabet',
    withReport(outer(`"${base64('{"a":"\u00ff\u00fe\u00fb"}').replace('+', '-').replaceAll('/', '_')}"`)),
  ];
  yield ['base64 of padding alone', withReport(outer('"===="'))];
  yield ['base64 of one letter', withReport(outer('"A"'))];
}

function* jsonNumbers() {
  for (const literal of [
    '-0',
    '0',
    '-5',
    String(-(2n ** 128n)),
    String(-(2n ** 128n) - 1n),
    String(-(2n ** 200n)),
    String(2n ** 128n),
    '1e2',
    '1.0',
    '"5"',
    'null',
    '7,"Mintable":null',
    'null,"mintable":7',
    '9'.repeat(400),
  ]) {
    yield [`Mintable ${literal.slice(0, 40)}`, withInner(INNER.replace('99', literal))];
  }
  for (const literal of [
    '-0',
    '00',
    '18446744073709551615',
    '18446744073709551616',
    '000000000000000000001',
    '1e0',
    '"7"',
    'null',
    '5,"seqnr":null',
    '5,"\u017feqNr":6',
    '5,"\\u017feqNr":6',
    '5,"SeqNr\u0000":6',
  ]) {
    yield [`SeqNr ${literal} in JSON`, withInner(INNER.replace(':7,', `:${literal},`))];
  }
  for (const literal of ['5,"bloc\u212a":6', '5,"BLOCK":6', '18446744073709551615', '-1']) {
    yield [`Block ${literal}`, withInner(INNER.replace('1000', literal))];
  }
  for (const literal of [
    'null',
    '""',
    `"${DIGEST.toUpperCase()}"`,
    `"${DIGEST.slice(1)}"`,
    `"g${DIGEST.slice(1)}"`,
    `"g${DIGEST.slice(2)}"`,
    `"\\u0061${DIGEST.slice(1)}"`,
    '[1]',
    '5',
    `"0x${DIGEST.slice(2)}"`,
    `"${DIGEST}","configdigest":5`,
    `5,"configdigest":"${DIGEST}"`,
  ]) {
    yield [
      `ConfigDigest ${literal.slice(0, 24)} (${literal.length} characters)`,
      withInner(INNER.replace(`"${DIGEST}"`, literal)),
    ];
  }
}

function* configurations() {
  yield* eachOdd('config targetChainSelector', (odd) => withConfig({ targetChainSelector: odd }));
  yield* eachOdd('config dataID', (odd) => withConfig({ dataID: odd }));
  const { targetChainSelector, dataID } = CONFIG;
  yield ['config exact selector beside another spelling', withConfig({ targetchainselector: text('1') })];
  yield [
    'config exact selector nil beside another spelling',
    withConfig({ targetChainSelector: nil, targetchainselector: targetChainSelector }),
  ];
  yield [
    'config exact selector of a wrong type beside a good spelling',
    withConfig({ targetChainSelector: int64(1), targetchainselector: targetChainSelector }),
  ];
  yield ['config exact data id beside another spelling', withConfig({ dataid: text('zz') })];
  yield ['config with a long s', onlyConfig({ 'targetChain\u017felector': targetChainSelector, dataID })];
  yield [
    'config with two spellings of the selector',
    onlyConfig({ targetchainselector: targetChainSelector, TARGETCHAINSELECTOR: text('x'), dataID }),
  ];
  yield [
    'config with two spellings of the data id',
    onlyConfig({ targetChainSelector, dataid: dataID, DATAID: text('0x') }),
  ];
  const selectors = {
    'overflow, then a letter': '184467440737095516150x',
    'a letter where it overflows': '18446744073709551615x',
    'overflow, then a blank': '99999999999999999999999 ',
    'many zeros in front': `${'0'.repeat(30)}${TARGET}`,
    'full-width digits': '\uff11\uff12',
    'zero width space': '1\u200b',
    'byte order mark': '\ufeff1',
    'no-break space': '1\u00a0',
    'soft hyphen': '1\u00ad',
    'replacement character': '1\ufffd',
    'private use': '1\ue000',
    noncharacter: '1\uffff',
    delete: '1\u007f',
    'C1 control': '1\u0085',
    'line separator': '1\u2028',
    'ideographic space': '1\u3000',
    'combining mark': '1\u0301',
    'beyond the basic plane': '1\u{1F600}',
    'language tag': '1\u{E0001}',
    'plane 15': '1\u{F0000}',
    'quotes and backslash': '"\\\'`',
    controls: '\u0000\u0001\u0007\b\f\n\r\t\v\u001b',
  };
  for (const [name, value] of Object.entries(selectors)) {
    yield [`config selector with ${name}`, withConfig({ targetChainSelector: text(value) })];
    yield [`config selector as bytes with ${name}`, withConfig({ targetChainSelector: bytes(value) })];
    if (!name.startsWith('overflow'))
      yield [`config data id with ${name}`, withConfig({ dataID: text(value) })];
  }
  for (const hex of ['ff', 'c3', 'c328', 'e282', 'eda080', 'f4908080', 'c080', 'f09f98', 'e2828231']) {
    yield [
      `config selector of the bytes ${hex}`,
      withConfig({ targetChainSelector: bytes(Buffer.from(hex, 'hex')) }),
    ];
    yield [`config data id of the bytes ${hex}`, withConfig({ dataID: bytes(Buffer.from(hex, 'hex')) })];
  }
  for (const id of [
    'abg',
    'g',
    'abcdeg',
    'abc',
    'a',
    '0x',
    '0xabc',
    '0xg',
    '0x0x',
    '0X00',
    '0xABCDEFabcdef00000000000000000000',
    'ab'.repeat(15),
    'ab'.repeat(17),
    `${'ab'.repeat(16)} `,
    `0x${'ab'.repeat(16)}\n`,
  ]) {
    yield [`config data id ${JSON.stringify(id)}`, withConfig({ dataID: text(id) })];
  }
}

/** Protobuf that no encoder writes but every reader takes. */
function* wire() {
  const varint = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]);
  const field = (number, ...parts) => {
    const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(payload.length)]), payload]);
  };
  const entry = (key, ...values) => field(1, field(1, key), ...values.map((value) => field(2, value)));
  const event = (...entries) => ({ event: field(4, ...entries) });
  const report = encodeValue(bytes(REPORT));
  const bad = encodeValue(bytes('not JSON'));
  const digits = [...Buffer.from(REPORT)].map((byte) => encodeValue(int64(byte)));
  const at = REPORT.lastIndexOf('5009');
  const listed = (odd) =>
    event(entry('Report', field(5, ...digits.map((digit, index) => field(2, index === at ? odd : digit)))));

  yield [
    'wire: two entries of one key, the last is good',
    event(entry('Report', bad), entry('Report', report)),
  ];
  yield [
    'wire: two entries of one key, the last is bad',
    event(entry('Report', report), entry('Report', bad)),
  ];
  yield ['wire: two values in one entry, the last is good', event(entry('Report', bad, report))];
  yield ['wire: two values in one entry, the last is bad', event(entry('Report', report, bad))];
  yield ['wire: two values in one entry, the last is empty', event(entry('Report', report, ''))];
  yield ['wire: an entry without a value', event(field(1, field(1, 'Report')))];
  yield ['wire: an entry without a key', event(entry('Report', report), field(1, field(2, bad)))];
  yield ['wire: the value in front of the key', event(field(1, field(2, report), field(1, 'Report')))];
  yield [
    'wire: two keys in one entry',
    event(field(1, field(1, 'Sigs'), field(1, 'Report'), field(2, report))),
  ];
  yield [
    'wire: two maps in one value are merged',
    { event: Buffer.concat([field(4, entry('Report', report)), field(4, entry('Sigs', ''))]) },
  ];
  yield [
    'wire: the second of two maps replaces an entry',
    { event: Buffer.concat([field(4, entry('Report', bad)), field(4, entry('Report', report))]) },
  ];
  yield [
    'wire: two maps in two values of an entry are merged',
    event(
      entry('Report', report),
      entry(
        'Sigs',
        field(
          5,
          field(
            2,
            field(4, entry('Signer', encodeValue(int64(1)))),
            field(4, entry('Signature', encodeValue(int64(1)))),
          ),
        ),
      ),
    ),
  ];
  yield [
    'wire: two lists in two values of an entry are merged',
    event(
      entry(
        'Report',
        field(5, ...digits.slice(0, 9).map((digit) => field(2, digit))),
        field(5, ...digits.slice(9).map((digit) => field(2, digit))),
      ),
    ),
  ];
  yield [
    'wire: two lists in one value are merged',
    event(
      entry(
        'Report',
        Buffer.concat([
          field(5, ...digits.slice(0, 9).map((digit) => field(2, digit))),
          field(5, ...digits.slice(9).map((digit) => field(2, digit))),
        ]),
      ),
    ),
  ];
  yield [
    'wire: a list between two others starts anew',
    event(
      entry(
        'Report',
        Buffer.concat([
          field(5, field(2, bad)),
          field(1, 'x'),
          field(5, ...digits.map((digit) => field(2, digit))),
        ]),
      ),
    ),
  ];
  yield [
    'wire: a text, then bytes in one value',
    event(entry('Report', Buffer.concat([field(1, 'x'), report]))),
  ];
  yield [
    'wire: an unknown field behind the bytes',
    event(entry('Report', Buffer.concat([report, field(99, 'x')]))),
  ];
  yield [
    'wire: a known field of another wire type',
    event(entry('Report', Buffer.concat([report, Buffer.from([0x18, 1])]))),
  ];
  yield [
    'wire: the reserved field 8',
    event(entry('Report', Buffer.concat([report, Buffer.from([0x40, 1])]))),
  ];
  yield [
    'wire: list items in field 1',
    event(entry('Report', report), entry('Sigs', field(5, field(1, encodeValue(bool(true)))))),
  ];
  const signed = (sign, ...magnitude) => field(9, field(1, magnitude), Buffer.from([0x10, ...sign]));
  const minus = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
  yield ['wire: bigint of sign 1', listed(signed([1], 0x35))];
  yield ['wire: bigint of sign -1', listed(signed(minus, 0x35))];
  yield ['wire: bigint of sign 2', listed(signed([2], 0x35))];
  yield ['wire: bigint of sign 0', listed(signed([0], 0x35))];
  yield ['wire: bigint without a sign', listed(field(9, field(1, [0x35])))];
  yield ['wire: bigint with leading zeros', listed(signed([1], 0, 0, 0x35))];
  yield [
    'wire: two bigints in one value are merged',
    listed(Buffer.concat([field(9, field(1, [0x35])), field(9, Buffer.from([0x10, 1]))])),
  ];
  yield ['wire: int64 of eleven bits too many', listed(Buffer.from([0x38, 0xb5, 0x80, 0x80, 0x00]))];
  yield ['wire: bool as 2', event(entry('Report', report), entry('Sigs', Buffer.from([0x10, 2])))];
}

/** @returns {Generator<{note: string, config: Uint8Array, event: Uint8Array}>} */
export function* probes() {
  const plain = { ...withConfig({}), ...withEvent({}) };
  for (const group of [
    unwrapping,
    reportBytes,
    keys,
    jsonBytes,
    jsonBase64,
    jsonNumbers,
    configurations,
    wire,
  ]) {
    for (const [note, odd] of group()) yield { note, ...plain, ...odd };
  }
}
