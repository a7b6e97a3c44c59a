import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAX_AMOUNT } from '../../../../loopp/plugin/por/amount.ts';
import {
  MessageError,
  decodeObservation,
  decodeOffchainConfig,
  decodeOutcome,
  encodeObservation,
  encodeOutcome,
  encodeReport,
} from '../../../../loopp/plugin/por/messages.ts';
import { decodeReport } from '../../../../loopp/plugin/aggregation/report.ts';
import { goRun } from '../../../helpers/go-build.ts';
import { NONE, CHAIN_A, CHAIN_B, blocksOf, bytesOf, mintablesOf, textOf } from './builders.ts';

/** docs/spec/por-plugin.md "Types". */

describe('what is written', () => {
  test('an observation: names sorted as texts, amounts as bare numbers', () => {
    const observation = {
      mintables: mintablesOf({ 9: [5, -25], 10: [40, 10n ** 40n] }),
      latestBlocks: blocksOf({ 9: 6, 100: 0, 10: 2n ** 64n - 1n }),
    };
    expect(textOf(encodeObservation(observation))).toBe(
      '{"QueryResponse":{"10":{"Block":40,"Mintable":10000000000000000000000000000000000000000},' +
        '"9":{"Block":5,"Mintable":-25}},' +
        '"LatestBlocks":{"10":18446744073709551615,"100":0,"9":6}}',
    );
  });

  test('no mintables are null, no blocks an empty object', () => {
    expect(textOf(encodeObservation({ mintables: NONE, latestBlocks: new Map() }))).toBe(
      '{"QueryResponse":null,"LatestBlocks":{}}',
    );
    expect(textOf(encodeOutcome({ changed: new Set(), mintables: NONE, honestBlocks: new Map() }))).toBe(
      '{"ChangedMintables":{},"LatestAcquiredMintables":null,"HonestBlocks":{}}',
    );
  });

  test('an outcome', () => {
    const outcome = {
      changed: new Set([CHAIN_A, CHAIN_B]),
      mintables: mintablesOf({ [String(CHAIN_B)]: [5, 25], [String(CHAIN_A)]: [40, 10] }),
      honestBlocks: blocksOf({ [String(CHAIN_B)]: 6, [String(CHAIN_A)]: 41 }),
    };
    expect(textOf(encodeOutcome(outcome))).toBe(
      '{"ChangedMintables":{"729797994450396300":true,"8953668971247136127":true},' +
        '"LatestAcquiredMintables":{"729797994450396300":{"Block":5,"Mintable":25},' +
        '"8953668971247136127":{"Block":40,"Mintable":10}},' +
        '"HonestBlocks":{"729797994450396300":6,"8953668971247136127":41}}',
    );
  });

  test('a report, which the aggregator reads', () => {
    const configDigest = Uint8Array.from({ length: 32 }, (_, index) => 0xab + index);
    const report = encodeReport({ configDigest, seqNr: 10n, block: 1000n, mintable: 99n });
    expect(textOf(report)).toBe(
      '{"ConfigDigest":"abacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9ca",' +
        '"SeqNr":10,"Block":1000,"Mintable":99}',
    );
    expect(decodeReport(report)).toEqual({ seqNr: 10n, block: 1000n, mintable: '99' });
  });
});

const DECODERS = {
  observation: decodeObservation,
  outcome: decodeOutcome,
  config: decodeOffchainConfig,
} as const;

interface GoLine {
  readonly kind: keyof typeof DECODERS;
  readonly document: string;
  readonly refused: boolean;
  /** What Go wrote of what it had read. */
  readonly again?: string;
}

const GO_FILE = join(import.meta.dirname, 'go-json.jsonl');
const GO_LINES = readFileSync(GO_FILE, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as GoLine);

const shownOf = ({ document }: GoLine): string => Buffer.from(document, 'base64').toString().slice(0, 90);
/** What Go reads as nil no honest oracle sends. */
const isKnown = ({ again = '' }: GoLine): boolean => again.includes('"Mintable":null');

/** Written by ./go, which is Go's encoding/json over the same types. */
describe('what Go read', () => {
  const read = GO_LINES.filter((line) => !line.refused && !isKnown(line));
  const refused = GO_LINES.filter((line) => line.refused || isKnown(line));

  test('is a file with both', () => {
    expect(read.length).toBeGreaterThan(70);
    expect(refused.length).toBeGreaterThan(70);
  });

  test.each(read.map((line) => [line.kind, shownOf(line), line] as const))(
    'is read, and means the same: %s %s',
    (kind, _shown, { document, again = '' }) => {
      const decode = DECODERS[kind];
      expect(decode(Buffer.from(document, 'base64'))).toEqual(decode(bytesOf(again)));
    },
  );

  test.each(refused.map((line) => [line.kind, shownOf(line), line] as const))(
    'is refused: %s %s',
    (kind, _shown, { document }) => {
      const what = kind === 'config' ? 'offchain config' : kind;
      expect(() => DECODERS[kind](Buffer.from(document, 'base64'))).toThrow(
        `could not deserialize ${what}: `,
      );
    },
  );

  test('is written as Go writes it', () => {
    // Go tells an empty map from none, and false from an absent name.
    const written = GO_LINES.filter(
      ({ refused: no, again = '' }) =>
        !no && !/"(QueryResponse|LatestAcquiredMintables)":\{\}|:false|null/.test(again),
    );
    expect(written.length).toBeGreaterThan(30);
    for (const { kind, again = '' } of written) {
      const bytes = bytesOf(again);
      if (kind === 'observation') expect(textOf(encodeObservation(decodeObservation(bytes)))).toBe(again);
      if (kind === 'outcome') expect(textOf(encodeOutcome(decodeOutcome(bytes)))).toBe(again);
    }
  });

  test.skipIf(process.env['SECUREMINT_TEST'] !== 'all')('is what Go reads here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'securemint-por-'));
    try {
      await goRun(join(import.meta.dirname, 'go'), join(folder, 'go-json.jsonl'));
      expect(readFileSync(join(folder, 'go-json.jsonl'), 'utf8')).toBe(readFileSync(GO_FILE, 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what is refused is said', () => {
  const nines = '9'.repeat(156);

  test.each([
    ['', 'expected a JSON document, got 0 bytes that are none'],
    ['[]', 'expected an object, got an array'],
    ['{"LatestBlocks":7}', 'LatestBlocks: expected an object, got 7'],
    ['{"latestblocks":{"5":"x"}}', 'LatestBlocks.5: expected a whole number below 2^64, got a text'],
    ['{"LatestBlocks":{"5":1.5}}', 'LatestBlocks.5: expected a whole number below 2^64, got 1.5'],
    ['{"LatestBlocks":{"5":true}}', 'LatestBlocks.5: expected a whole number below 2^64, got true'],
    ['{"LatestBlocks":{"x":1}}', 'LatestBlocks: expected whole numbers below 2^64 as names, got "x"'],
    [
      `{"LatestBlocks":{"${nines}":1}}`,
      'LatestBlocks: expected whole numbers below 2^64 as names, got "999999999999999999999999..."',
    ],
    [
      `{"QueryResponse":{"5":{"Mintable":-${nines}}}}`,
      'QueryResponse.5.Mintable: expected an integer of at most 155 digits, got -99999999999999999999999...',
    ],
    ['{"QueryResponse":{"5":{}}}', 'QueryResponse.5.Mintable: expected an integer, got none'],
    ['{"QueryResponse":{"5":null}}', 'QueryResponse.5.Mintable: expected an integer, got none'],
  ])('%s', (document, why) => {
    expect(() => decodeObservation(bytesOf(document))).toThrow(
      new MessageError(`could not deserialize observation: ${why}`),
    );
  });

  test.each([
    [(bytes: Uint8Array) => decodeOutcome(bytes), 'could not deserialize outcome: '],
    [
      (bytes: Uint8Array) => decodeOutcome(bytes, 'previous outcome'),
      'could not deserialize previous outcome: ',
    ],
    [decodeOffchainConfig, 'could not deserialize offchain config: '],
  ])('with what it was %#', (decode, text) => {
    expect(() => decode(bytesOf('{'))).toThrow(`${text}expected a JSON document, got 1 bytes that are none`);
  });

  test('an outcome\u2019s own members', () => {
    expect(() => decodeOutcome(bytesOf('{"ChangedMintables":{"1":1}}'))).toThrow(
      'ChangedMintables.1: expected true or false, got 1',
    );
    expect(() => decodeOutcome(bytesOf('{"LatestAcquiredMintables":{"1":{}}}'))).toThrow(
      'LatestAcquiredMintables.1.Mintable: expected an integer, got none',
    );
  });
});

test.each([MAX_AMOUNT, -MAX_AMOUNT, 0n, 2n ** 256n])('an amount of %s comes back', (mintable) => {
  const observation = { mintables: new Map([[1n, { block: 0n, mintable }]]), latestBlocks: new Map() };
  expect(decodeObservation(encodeObservation(observation))).toEqual(observation);
});

test('the number of chains', () => {
  expect(decodeOffchainConfig(bytesOf('{"MaxChains":5}'))).toEqual({ maxChains: 5 });
  expect(decodeOffchainConfig(bytesOf('{}'))).toEqual({ maxChains: 0 });
  expect(decodeOffchainConfig(bytesOf('{"MaxChains":4294967295}'))).toEqual({ maxChains: 4_294_967_295 });
});
