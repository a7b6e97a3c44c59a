import * as fc from 'fast-check';
import { arbitraryJsonText } from './json.ts';
import { edges } from './values.ts';

/** What an honest oracle would say in a round; edges replace parts of it. */
export interface Truth {
  readonly selector: bigint;
  readonly configDigest: string;
  readonly seqNr: bigint;
  readonly block: bigint;
  readonly mintable: bigint;
  readonly accounts: readonly Uint8Array[];
}

/** Makes one part of a round of what is true in it. */
export type Making<T> = (truth: Truth) => T;

/** A JSON member as it will be written: the key without quotes, the literal as text. */
type Member = readonly [key: string, literal: string];
type MemberEdit = (members: readonly Member[]) => readonly Member[];

const MEMBER_NAMES = ['ConfigDigest', 'SeqNr', 'Block', 'Mintable', 'Report', 'Info'] as const;

/** Spellings that Go's case folding takes for one name; U+017F folds to s, U+212A to k (H.4). */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.charAt(0).toLowerCase() + name.slice(1),
  (name) => name.toUpperCase(),
  (name) => name.toLowerCase().replaceAll('s', '\u017f').replaceAll('k', '\u212a'),
  (name) => name.replace(/^./, (first) => `\\u00${first.charCodeAt(0).toString(16)}`),
];

const arbitrarySpelling: fc.Arbitrary<(name: string) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...SPELLINGS.slice(0, 2)) },
  { weight: 2, arbitrary: fc.constantFrom(...SPELLINGS.slice(2)) },
);

/** Amounts and blocks around the limits of packing (H.5). */
export const arbitraryMintable: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 26n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, ...edges([64n, 91n, 128n])) },
  { weight: 1, arbitrary: fc.constantFrom(-1n, -5n, -(2n ** 91n), -(2n ** 128n), -(2n ** 128n) - 1n) },
);
export const arbitraryBlock: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 9n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, ...edges([36n, 63n]), 2n ** 64n - 1n) },
);

/** Literals that Go accepts in some fields and rejects in others (H.4). */
// prettier-ignore
const ODD_LITERALS = [
  'null', 'true', '""', '"5"', '{}', '[]', '[1,2,3]', '[300]', '[null]', '-0', '-1', '1.0', '1e2', '1.5', '0', '5',
  '18446744073709551615', '18446744073709551616', '9223372036854775807', '9223372036854775808',
  `"${'0'.repeat(64)}"`, `"${'AB'.repeat(32)}"`, `"${'0'.repeat(63)}"`, `"0x${'0'.repeat(62)}"`,
];
const arbitraryLiteral = fc.oneof(
  fc.constantFrom(...ODD_LITERALS),
  fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }).map(String),
);

const arbitraryName = fc.constantFrom(...MEMBER_NAMES);

const arbitraryEdit: fc.Arbitrary<MemberEdit> = fc.oneof(
  fc.tuple(arbitraryName, arbitraryLiteral).map(([name, literal]) => replaceMember(name, literal)),
  fc
    .tuple(arbitraryName, arbitraryLiteral)
    .map(([name, literal]): MemberEdit => (members) => [...members, [name.toLowerCase(), literal]]),
  fc
    .tuple(arbitraryName, arbitraryLiteral)
    .map(([name, literal]): MemberEdit => (members) => [[name.toUpperCase(), literal], ...members]),
  arbitraryName.map(
    (name): MemberEdit =>
      (members) =>
        members.filter(([key]) => !isNamed(key, name)),
  ),
  arbitraryJsonText.map((json): MemberEdit => (members) => [...members, ['unknown', json]]),
);

function isNamed(key: string, name: string): boolean {
  return key.toLowerCase() === name.toLowerCase();
}

function replaceMember(name: string, literal: string): MemberEdit {
  return (members) => members.map(([key, value]) => [key, isNamed(key, name) ? literal : value]);
}

const unedited: MemberEdit = (members) => members;

/** Documents that are edges as a whole. */
// prettier-ignore
const ODD_DOCUMENTS = [
  '', 'null', ' null ', '[]', '7', '"text"', '{}', '{', '{}x', '{} {}', '\ufeff{}', '{/**/}', '{"a":01}', '{"a":0x1}',
  '{"a":NaN}', '{"Info":5,}', '{"a":"\\ud800"}', '{"a":"\\x"}', '{"a":"\u0001"}',
  `${'['.repeat(10_001)}${']'.repeat(10_001)}`,
];
const arbitraryOddDocument = fc.constantFrom(...ODD_DOCUMENTS);

interface DocumentStyle {
  readonly edit: MemberEdit;
  readonly spelling: (name: string) => string;
  readonly gap: string;
  readonly tail: string;
  /** Instead of the document. */
  readonly odd: string | undefined;
}

const arbitraryStyle: fc.Arbitrary<DocumentStyle> = fc.record({
  edit: fc.oneof({ weight: 9, arbitrary: fc.constant(unedited) }, { weight: 2, arbitrary: arbitraryEdit }),
  spelling: arbitrarySpelling,
  gap: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, fc.constantFrom(' ', '\n', '\t', '\r\n')),
  tail: fc.oneof({ weight: 16, arbitrary: fc.constant('') }, fc.constantFrom(' ', '\n', 'x', '\0', ',')),
  odd: fc.oneof({ weight: 24, arbitrary: fc.constant(undefined) }, arbitraryOddDocument),
});

function writeDocument(members: readonly Member[], style: DocumentStyle): string {
  if (style.odd !== undefined) return style.odd;
  const { gap } = style;
  const body = style
    .edit(members.map(([name, literal]) => [style.spelling(name), literal]))
    .map(([key, literal]) => `${gap}"${key}"${gap}:${gap}${literal}${gap}`);
  return `{${body.join(',')}}${style.tail}`;
}

/** How the bytes of the inner document are written as a JSON value. */
const BASE64_FORMS: readonly ((bytes: Buffer) => string)[] = [
  (bytes) => JSON.stringify([...bytes]),
  (bytes) => JSON.stringify(bytes.toString('base64').replaceAll(/.{20}/g, '$&\r\n')),
  (bytes) => JSON.stringify(bytes.toString('base64')).replace('ey', '\\u0065y'),
  (bytes) => JSON.stringify(withTrailingBits(bytes.toString('base64'))),
  (bytes) => JSON.stringify(bytes.toString('base64').replace(/=+$/, '')),
  (bytes) => JSON.stringify(bytes.toString('base64url')),
  (bytes) => JSON.stringify(` ${bytes.toString('base64')}`),
  (bytes) => JSON.stringify(`${bytes.toString('base64')}=`),
  (bytes) => JSON.stringify([...bytes, -1]),
  (bytes) => JSON.stringify([...bytes, 256]),
  (bytes) => JSON.stringify([...bytes, null]),
  (bytes) => JSON.stringify(bytes.toString('latin1')),
];

function withTrailingBits(base64: string): string {
  return base64.replace(/[AQgw]==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`);
}

const plainBase64 = (bytes: Buffer): string => JSON.stringify(bytes.toString('base64'));

const arbitraryByteForm = fc.oneof(
  { weight: 12, arbitrary: fc.constant(plainBase64) },
  { weight: 2, arbitrary: fc.constantFrom(...BASE64_FORMS) },
);

/** JSON of the inner report. */
export const arbitraryMintJson: fc.Arbitrary<Making<string>> = arbitraryStyle.map(
  (style) => (truth) =>
    writeDocument(
      [
        ['ConfigDigest', `"${truth.configDigest}"`],
        ['SeqNr', String(truth.seqNr)],
        ['Block', String(truth.block)],
        ['Mintable', String(truth.mintable)],
      ],
      style,
    ),
);

/** JSON of ReportWithInfo around an inner report, both with edges at a moderate rate. */
export const arbitraryReport: fc.Arbitrary<Making<Uint8Array>> = fc
  .tuple(arbitraryMintJson, arbitraryStyle, arbitraryByteForm, fc.boolean())
  .map(([inner, style, form, infoFirst]) => (truth) => {
    const members: readonly Member[] = [
      ['Report', form(Buffer.from(inner(truth), 'utf8'))],
      ['Info', String(truth.selector)],
    ];
    return new Uint8Array(
      Buffer.from(writeDocument(infoFirst ? members.toReversed() : members, style), 'utf8'),
    );
  });
