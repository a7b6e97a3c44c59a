import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../../loopp/host/bridge/answer.ts';
import { FieldError, bodyField } from '../../../../loopp/host/bridge/field.ts';
import type { Blocks, ExternalAdapterPayload } from '../../../../src/contract/external-adapter.ts';
import { arbitraryBrokenJsonText, arbitraryJsonText } from '../../../helpers/arbitraries.ts';
import { configureSeed } from '../../../helpers/seed.ts';
import { BLOCKS, PARTS, PAYLOAD, SEPOLIA, TELOS, answerWith } from './adapter-server.ts';

configureSeed();

const CHAINS = [TELOS, SEPOLIA];

const readBytes = (bytes: Uint8Array, blocks: Blocks = BLOCKS): ExternalAdapterPayload =>
  readAnswer(bodyField(bytes), { chains: CHAINS, blocks });

const read = (json: string, blocks: Blocks = BLOCKS): ExternalAdapterPayload =>
  readBytes(Buffer.from(json), blocks);

/** The sentence for an answer that is refused. */
function complaint(json: string | Uint8Array, blocks?: Blocks): string {
  try {
    readBytes(Buffer.from(json), blocks);
  } catch (error) {
    if (error instanceof FieldError) return error.message;
    throw error;
  }
  return 'none';
}

describe('an answer', () => {
  const good = answerWith();

  test.each([
    ['in data', `{"data":${good},"statusCode":200,"result":0}`],
    ['in result', `{"result":${good}}`],
    ['bare', good],
    ['bare, beside a result that is no object', answerWith({ result: '0' })],
    ['with members that nobody asked for', answerWith({ overmint: 'false', supplyDetails: '{"chains":[]}' })],
    [
      'with white space and escapes',
      `\n{ "data" : ${good.replace('mintables', String.raw`\u006dintables`)} }\r\n`,
    ],
  ])('%s', (_how, json) => {
    expect(read(json)).toEqual(PAYLOAD);
  });

  test('by the older name of the latest blocks', () => {
    expect(read(answerWith({ latestBlocks: undefined, latestRelevantBlocks: PARTS.latestBlocks }))).toEqual(
      PAYLOAD,
    );
  });

  test('by both names: the newer one counts', () => {
    const older = `{"${String(TELOS)}":1,"${String(SEPOLIA)}":2}`;
    expect(read(answerWith({ latestRelevantBlocks: older }))).toEqual(PAYLOAD);
  });

  test.each([
    ['+7', 7n],
    ['-7', -7n],
    ['007', 7n],
    ['-0', 0n],
    [String(2n ** 255n - 1n), 2n ** 255n - 1n],
    [String(-(2n ** 255n)), -(2n ** 255n)],
    [`-${'0'.repeat(400)}12`, -12n],
  ])('with the reserve amount %s', (text, reserveAmount) => {
    const { reserveInfo } = read(answerWith({ reserveInfo: `{"reserveAmount":"${text}"}` }));
    expect(reserveInfo).toEqual({ reserveAmount, timestampNs: 0n });
  });

  test('with a timestamp of null: there is none', () => {
    const { reserveInfo } = read(answerWith({ reserveInfo: '{"reserveAmount":"1","timestamp":null}' }));
    expect(reserveInfo.timestampNs).toBe(0n);
  });
});

describe('mintables', () => {
  test.each(['{}', 'null'])('%s: there are none yet', (mintables) => {
    expect(read(answerWith({ mintables }))).toEqual({ ...PAYLOAD, mintables: new Map() });
  });

  test('are blanked when the plugin named no block', () => {
    expect(read(answerWith(), new Map())).toEqual({ ...PAYLOAD, mintables: new Map() });
  });

  test('are blanked when the plugin did not name every chain', () => {
    expect(read(answerWith(), new Map([[TELOS, 5n]]))).toEqual({ ...PAYLOAD, mintables: new Map() });
    const onlyOne = `{"${String(TELOS)}":{"mintable":"1","block":5}}`;
    expect(read(answerWith({ mintables: onlyOne }), new Map([[TELOS, 5n]])).mintables).toEqual(new Map());
  });

  test('are read although they are blanked', () => {
    expect(complaint(answerWith({ mintables: '7' }), new Map())).toBe(
      'mintables: expected an object of {mintable, block} by chain selector, got 7',
    );
  });

  test('are passed on when the plugin named further chains', () => {
    expect(read(answerWith(), new Map([...BLOCKS, [1n, 1n]]))).toEqual(PAYLOAD);
  });

  test('at a block that was not asked for are no error: the plugin named none', () => {
    expect(read(answerWith(), new Map([[SEPOLIA, 2n ** 53n]])).mintables).toEqual(new Map());
  });
});

const pair = (json: string): string =>
  answerWith({ mintables: `{"${String(TELOS)}":${json},"${String(SEPOLIA)}":{"mintable":"1","block":1}}` });
const latest = (json: string): string =>
  answerWith({ latestBlocks: `{"${String(TELOS)}":${json},"${String(SEPOLIA)}":1}` });
const reserve = (reserveInfo: string): string => answerWith({ reserveInfo });

const MINTABLE = 'mintables["729797994450396300"].mintable: expected a decimal text from 0 to 2^128-1, got';
const BLOCK = 'mintables["729797994450396300"].block: expected';
const LATEST = 'latestBlocks["729797994450396300"]: expected a whole number from 0 to 9007199254740991, got';
const RESERVE = 'reserveInfo.reserveAmount: expected a decimal text from -2^255 to 2^255-1, got';
const TIMESTAMP = 'reserveInfo.timestamp: expected a whole number from 0 to 253402300799999, got';
const ASKED = '729797994450396300, 16015286601757825753';

describe('is refused', () => {
  test.each([
    ['', 'body: expected JSON, got nothing'],
    ['<', 'body: expected JSON, got 1 byte that are not: "<"'],
    [
      '<html>\n<b>Bad gateway</b>',
      String.raw`body: expected JSON, got 25 bytes that are not: "<html>\n<b>Bad gateway</b>"`,
    ],
    [
      '{"data":{"mintables":{',
      'body: expected JSON, got 22 bytes that are not: "{\\"data\\":{\\"mintables\\":{"',
    ],
    ['[1]', 'body: expected an object, got a list'],
    ['7', 'body: expected an object, got 7'],
    ['{"data":"no"}', 'data: expected an object, got "no"'],
    ['{"data":null}', 'data: expected an object, got null'],
    ['{"result":7}', 'latestBlocks: expected an object of block numbers by chain selector, got nothing'],
    ['{"a":1,"a":2}', 'body: expected every member once, got "a" twice'],
    [
      `{"data":${answerWith({ latestBlocks: 'true' })}}`,
      'data.latestBlocks: expected an object of block numbers by chain selector, got true',
    ],
    [
      answerWith({ latestBlocks: undefined, latestRelevantBlocks: '[]' }),
      'latestRelevantBlocks: expected an object of block numbers by chain selector, got a list',
    ],
  ])('a body %j', (body, expected) => {
    expect(complaint(body)).toBe(expected);
  });

  test('a body that is long and not text, with an excerpt', () => {
    const message = complaint(new Uint8Array(100_000).fill(0xff));
    expect(message).toBe(`body: expected JSON, got 100000 bytes that are not: "${'�'.repeat(80)}…"`);
  });

  test.each([
    [pair('[]'), 'mintables["729797994450396300"]: expected an object, got a list'],
    [pair('null'), 'mintables["729797994450396300"]: expected an object, got null'],
    [pair('{"block":1}'), `${MINTABLE} nothing`],
    [pair('{"mintable":null,"block":1}'), `${MINTABLE} null`],
    [pair('{"mintable":25,"block":1}'), `${MINTABLE} 25`],
    [pair('{"mintable":"","block":1}'), `${MINTABLE} ""`],
    [pair('{"mintable":"1.5","block":1}'), `${MINTABLE} "1.5"`],
    [pair('{"mintable":"0x10","block":1}'), `${MINTABLE} "0x10"`],
    [pair('{"mintable":"-1","block":1}'), `${MINTABLE} "-1"`],
    [
      pair('{"mintable":"340282366920938463463374607431768211456","block":1}'),
      `${MINTABLE} "340282366920938463463374607431768211456"`,
    ],
    [pair(`{"mintable":"${'9'.repeat(300)}","block":1}`), `${MINTABLE} a number of 300 digits`],
    [pair(`{"mintable":"-${'9'.repeat(300)}","block":1}`), `${MINTABLE} a negative number of 300 digits`],
    [pair('{"mintable":"1"}'), `${BLOCK} a whole number from 0 to 9007199254740991, got nothing`],
    [pair('{"mintable":"1","block":"5"}'), `${BLOCK} a whole number from 0 to 9007199254740991, got "5"`],
    [pair('{"mintable":"1","block":-1}'), `${BLOCK} a whole number from 0 to 9007199254740991, got -1`],
    [pair('{"mintable":"1","block":6}'), `${BLOCK} at most 5, the block that was asked for, got 6`],
    [
      answerWith({ mintables: '{"729797994450396300":{"mintable":"1","block":1}}' }),
      'mintables: expected every chain that was asked for, got none of 16015286601757825753',
    ],
    [
      answerWith({ mintables: '{"5009297550715157269":{"mintable":"1","block":1}}' }),
      `mintables: expected only chains that were asked for (${ASKED}), got "5009297550715157269"`,
    ],
    [
      answerWith({ mintables: undefined }),
      'mintables: expected an object of {mintable, block} by chain selector, got nothing',
    ],
  ])('for mintables: %#', (body, expected) => {
    expect(complaint(body)).toBe(expected);
  });

  test.each([
    [latest('"6"'), `${LATEST} "6"`],
    [latest('6.0'), `${LATEST} 6.0`],
    [latest('1e3'), `${LATEST} 1e3`],
    [latest('-0'), `${LATEST} -0`],
    [latest('9007199254740992'), `${LATEST} 9007199254740992`],
    [latest('18446744073709551616'), `${LATEST} 18446744073709551616`],
    [latest('9'.repeat(300)), `${LATEST} ${'9'.repeat(80)}…`],
    [
      answerWith({ latestBlocks: '{"729797994450396300":6}' }),
      'latestBlocks: expected every chain that was asked for, got none of 16015286601757825753',
    ],
    [
      answerWith({ latestBlocks: '{}' }),
      `latestBlocks: expected every chain that was asked for, got none of ${ASKED}`,
    ],
    [
      answerWith({ latestBlocks: '{"0729797994450396300":6}' }),
      `latestBlocks: expected only chains that were asked for (${ASKED}), got "0729797994450396300"`,
    ],
    [
      answerWith({ latestBlocks: '{"telos":6}' }),
      `latestBlocks: expected only chains that were asked for (${ASKED}), got "telos"`,
    ],
    [
      answerWith({ latestBlocks: '{"729797994450396300":6,"729797994450396300":7}' }),
      'latestBlocks: expected every member once, got "729797994450396300" twice',
    ],
  ])('for latest blocks: %#', (body, expected) => {
    expect(complaint(body)).toBe(expected);
  });

  test.each([
    [answerWith({ reserveInfo: undefined }), 'reserveInfo: expected an object, got nothing'],
    [reserve('"1000"'), 'reserveInfo: expected an object, got "1000"'],
    [reserve('{}'), `${RESERVE} nothing`],
    [reserve('{"reserveAmount":1000}'), `${RESERVE} 1000`],
    [reserve('{"reserveAmount":"1e3"}'), `${RESERVE} "1e3"`],
    [reserve(`{"reserveAmount":"${String(2n ** 255n)}"}`), `${RESERVE} "${String(2n ** 255n)}"`],
    [reserve(`{"reserveAmount":"${'1'.repeat(900_000)}"}`), `${RESERVE} a number of 900000 digits`],
    [reserve('{"reserveAmount":"1","timestamp":"1749483841486"}'), `${TIMESTAMP} "1749483841486"`],
    [reserve('{"reserveAmount":"1","timestamp":1749483841.486}'), `${TIMESTAMP} 1749483841.486`],
    [reserve('{"reserveAmount":"1","timestamp":-1}'), `${TIMESTAMP} -1`],
    [reserve('{"reserveAmount":"1","timestamp":253402300800000}'), `${TIMESTAMP} 253402300800000`],
  ])('for the reserve: %#', (body, expected) => {
    expect(complaint(body)).toBe(expected);
  });
});

/** Every answer is a payload, or one sentence that names a field. */
function answersOrComplains(bytes: Uint8Array): void {
  const message = complaint(bytes);
  if (message !== 'none') expect(message).toMatch(/^[a-zA-Z]+[^\n]*: expected [^\n]+, got [^\n]+$/);
}

describe('laws', () => {
  test('any bytes give an answer or one clear error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), answersOrComplains), { numRuns: 500 });
  });

  test('any JSON, sound and broken, gives an answer or one clear error', () => {
    const text = fc.oneof(arbitraryJsonText, arbitraryBrokenJsonText);
    fc.assert(
      fc.property(text, (json) => answersOrComplains(Buffer.from(json))),
      { numRuns: 500 },
    );
  });

  test('any JSON in place of a part gives an answer or one clear error', () => {
    const part = fc.constantFrom('data', 'mintables', 'reserveInfo', 'latestBlocks', 'latestRelevantBlocks');
    const cut = fc.nat(600);
    fc.assert(
      fc.property(part, arbitraryJsonText, cut, (name, json, length) => {
        const answer = answerWith({ [name]: json });
        answersOrComplains(Buffer.from(answer));
        answersOrComplains(Buffer.from(answer.slice(0, length)));
      }),
      { numRuns: 500 },
    );
  });

  test('one changed byte of a good answer gives an answer or one clear error', () => {
    const good = Buffer.from(`{"data":${answerWith()}}`);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        answersOrComplains(good.with(at, byte));
      }),
      { numRuns: 1000 },
    );
  });

  test('a valid payload comes out as it went in, digit for digit', () => {
    const block = fc.bigInt(0n, 2n ** 53n - 1n);
    const arbitraryPayload = fc.record({
      pairs: fc.tuple(...CHAINS.map(() => fc.record({ block, mintable: fc.bigInt(0n, 2n ** 128n - 1n) }))),
      latest: fc.tuple(...CHAINS.map(() => block)),
      reserveAmount: fc.bigInt(-(2n ** 255n), 2n ** 255n - 1n),
      timestampMs: fc.bigInt(0n, 253_402_300_799_999n),
    });
    fc.assert(
      fc.property(arbitraryPayload, ({ pairs, latest: blocks, reserveAmount, timestampMs }) => {
        const payload: ExternalAdapterPayload = {
          mintables: new Map(CHAINS.map((chain, i) => [chain, pairs[i] ?? { block: 0n, mintable: 0n }])),
          latestBlocks: new Map(CHAINS.map((chain, i) => [chain, blocks[i] ?? 0n])),
          reserveInfo: { reserveAmount, timestampNs: timestampMs * 1_000_000n },
        };
        const asked = new Map([...payload.mintables].map(([chain, pairOf]) => [chain, pairOf.block]));
        expect(read(written(payload), asked)).toEqual(payload);
      }),
      { numRuns: 300 },
    );
  });
});

/** A payload as an adapter writes it. */
function written({ mintables, latestBlocks, reserveInfo }: ExternalAdapterPayload): string {
  const pairs = [...mintables].map(
    ([chain, { block, mintable }]) =>
      `"${String(chain)}":{"mintable":"${String(mintable)}","block":${String(block)}}`,
  );
  const blocks = [...latestBlocks].map(([chain, block]) => `"${String(chain)}":${String(block)}`);
  const ms = reserveInfo.timestampNs / 1_000_000n;
  return answerWith({
    mintables: `{${pairs.join(',')}}`,
    latestBlocks: `{${blocks.join(',')}}`,
    reserveInfo: `{"reserveAmount":"${String(reserveInfo.reserveAmount)}","timestamp":${String(ms)}}`,
  });
}
