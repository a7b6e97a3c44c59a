import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REVISIONS } from '../../src/contract/round.ts';
import { formatRound } from '../../src/rounds/format.ts';
import { RoundFormatError, parseRound } from '../../src/rounds/parse.ts';
import {
  DATA_ID,
  SELECTORS,
  arbitraryRound,
  evmConfig,
  observation,
  previousOutcome,
} from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';
import { nestedLists } from '../helpers/wire.ts';

configureSeed();

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const CONFIG = base64(evmConfig(SELECTORS.ethereum, DATA_ID));
const EVENT = base64(observation('2025-09'));
const LINE = {
  id: 'a1',
  revision: '2025-09',
  f: 1,
  config: CONFIG,
  previousOutcome: null,
  observations: { '0': [EVENT] },
};
const lineWith = (change: object): string => JSON.stringify({ ...LINE, ...change });

/** The message that refuses a line. */
function complaint(line: string): string {
  try {
    parseRound(line);
  } catch (error) {
    if (error instanceof RoundFormatError) return error.message;
    throw error;
  }
  return 'none';
}

describe('a line of a capture', () => {
  test('is a round', () => {
    expect(parseRound(JSON.stringify(LINE))).toEqual({
      id: 'a1',
      revision: '2025-09',
      f: 1,
      config: Buffer.from(CONFIG, 'base64'),
      previousOutcome: null,
      observations: [{ oracle: 0, values: [Buffer.from(EVENT, 'base64')] }],
    });
  });

  test('may say more', () => {
    const more = {
      workflow: 'wf',
      note: 'why',
      consensusSeqNr: 7,
      previousOutcome: base64(previousOutcome(5n)),
    };
    expect(parseRound(lineWith(more))).toMatchObject({
      ...more,
      previousOutcome: Buffer.from(previousOutcome(5n)),
    });
  });

  test('what is not known is ignored', () => {
    expect(parseRound(lineWith({ later: true }))).toEqual(parseRound(JSON.stringify(LINE)));
  });

  test('oracles come in the order of their ids, whatever the order of the line', () => {
    const observations = '{"255":[],"10":[],"2":[],"0":[]}';
    const line = JSON.stringify(LINE).replace(/\{"0":.*?\}/, observations);
    expect(parseRound(line).observations.map(({ oracle }) => oracle)).toEqual([0, 2, 10, 255]);
  });

  test('no oracles, and oracles without observations, are rounds', () => {
    expect(parseRound(lineWith({ observations: {} })).observations).toEqual([]);
    expect(parseRound(lineWith({ observations: { '3': [] } })).observations).toEqual([
      { oracle: 3, values: [] },
    ]);
  });

  test('empty bytes are protobuf', () => {
    const round = parseRound(lineWith({ config: '', previousOutcome: '', observations: { '0': [''] } }));
    expect(round.config.length).toBe(0);
    expect(round.previousOutcome?.length).toBe(0);
  });
});

describe('a generated round', () => {
  test.each(REVISIONS)('of %s is the same after it was written and read', (revision) => {
    fc.assert(
      fc.property(arbitraryRound({ revision }), (round) => {
        const read = parseRound(JSON.stringify(formatRound(round)));
        expect(formatRound(read)).toEqual(formatRound(round));
        expect(read.observations.map(({ oracle }) => oracle)).toEqual(
          round.observations.map(({ oracle }) => oracle),
        );
      }),
    );
  });
});

describe('a witness', () => {
  test.each([
    [{ configError: 'no' }, [{ kind: 'error', error: 'no' }]],
    [
      { results: [{ error: 'a' }, { panic: 'b' }] },
      [
        { kind: 'error', error: 'a' },
        { kind: 'panic', panic: 'b' },
      ],
    ],
    [{ results: [{ outcome: 'GAE=' }] }, [{ kind: 'outcome', outcome: Buffer.from([0x18, 1]) }]],
    [{ results: [{ outcome: '' }] }, [{ kind: 'outcome', outcome: Buffer.from([]) }]],
  ])('%j', (witness, answers) => {
    expect(parseRound(lineWith({ expect: witness })).witness).toEqual({ answers });
  });

  test.each([
    [null, 'expect: expected a JSON object, got null'],
    [{}, 'expect: expected {"configError": text} or {"results": [one or more]}, got {}'],
    [
      { results: [] },
      'expect: expected {"configError": text} or {"results": [one or more]}, got {"results":[]}',
    ],
    [{ results: [5] }, 'expect.results[0]: expected a JSON object, got 5'],
    [
      { results: [{ error: 'a' }, {}] },
      'expect.results[1]: expected {"outcome": base64}, {"error": text} or {"panic": text}, got {}',
    ],
    [
      { results: [{ outcome: 'GAE' }] },
      'expect.results[0].outcome: expected standard base64 with padding, got "GAE"',
    ],
  ])('%j is refused', (witness, message) => {
    expect(complaint(lineWith({ expect: witness }))).toBe(message);
  });
});

describe('what is no round is refused with the field, what was expected and what came', () => {
  test.each(['', 'nonsense', '{"id":', '{}{}'])('not JSON: %j', (line) => {
    expect(() => parseRound(line)).toThrow(RoundFormatError);
    // What follows is the JavaScript engine's own text.
    expect(() => parseRound(line)).toThrow(/^line: expected a JSON object, got invalid JSON \(.+\)$/);
  });

  test.each([
    ['[]', 'line: expected a JSON object, got []'],
    ['null', 'line: expected a JSON object, got null'],
    ['"text"', 'line: expected a JSON object, got "text"'],
    [`[${'1,'.repeat(100)}1]`, `line: expected a JSON object, got [${'1,'.repeat(19)}1… (203 characters)`],
  ])('%s', (line, message) => {
    expect(complaint(line)).toBe(message);
  });

  test.each([
    ['id', 'id: expected a text that is not empty, got nothing'],
    ['revision', 'revision: expected one of 2025-07, 2025-09, got nothing'],
    ['f', 'f: expected a whole number, 0 or more, got nothing'],
    ['config', 'config: expected a base64 text, got nothing'],
    ['previousOutcome', 'previousOutcome: expected a base64 text, got nothing'],
    ['observations', 'observations: expected a JSON object, got nothing'],
  ])('lacks %s', (field, message) => {
    expect(complaint(lineWith({ [field]: undefined }))).toBe(message);
  });

  test.each([
    [{ id: '' }, 'id: expected a text that is not empty, got ""'],
    [{ id: 5 }, 'id: expected a text that is not empty, got 5'],
    [{ revision: '2024-01' }, 'revision: expected one of 2025-07, 2025-09, got "2024-01"'],
    [{ f: -1 }, 'f: expected a whole number, 0 or more, got -1'],
    [{ f: 0.5 }, 'f: expected a whole number, 0 or more, got 0.5'],
    [{ f: '1' }, 'f: expected a whole number, 0 or more, got "1"'],
    [{ workflow: 5 }, 'workflow: expected a text, got 5'],
    [{ note: null }, 'note: expected a text, got null'],
    [{ consensusSeqNr: 2 ** 53 }, 'consensusSeqNr: expected a whole number, 0 or more, got 9007199254740992'],
    [{ observations: [] }, 'observations: expected a JSON object, got []'],
    [{ observations: { '0': 'CgH/' } }, 'observations["0"]: expected a list of base64 texts, got "CgH/"'],
    [{ observations: { '0': ['', 5] } }, 'observations["0"][1]: expected a base64 text, got 5'],
  ])('%j', (change, message) => {
    expect(complaint(lineWith(change))).toBe(message);
  });

  test.each(['256', '1000', '-1', '01', '0x1', '1.0', ' 1', '', 'zero'])('oracle id "%s"', (id) => {
    expect(complaint(lineWith({ observations: { [id]: [] } }))).toBe(
      `observations: expected oracle ids from 0 to 255, got "${id}"`,
    );
  });
});

describe('base64', () => {
  test.each([
    ['missing padding', 'GAE'],
    ['too much padding', 'GAE=='],
    ['only padding', '===='],
    ['padding in the middle', 'GA==GAE='],
    ['the URL alphabet', 'GA-_'],
    ['a blank', 'GA E'],
    ['a line feed', 'GAE=\n'],
    ['a line feed that makes four', 'GAE\n'],
    ['a letter outside ASCII with the low byte of one inside', '\u0141AAA'],
    ['another letter', 'GÄE='],
  ])('%s is refused', (_, text) => {
    expect(complaint(lineWith({ config: text }))).toBe(
      `config: expected standard base64 with padding, got ${JSON.stringify(text)}`,
    );
  });
});

describe('protobuf that a node could not have decoded', () => {
  test.each([
    [
      'config',
      base64(Uint8Array.of(0x0a)),
      'config: expected protobuf of values.v1.Map, got 1 byte with unexpected end of a varint at byte 1',
    ],
    [
      'config',
      'CgH/',
      'config: expected protobuf of values.v1.Map, got 3 bytes with unexpected end of a varint at byte 2',
    ],
    [
      'previousOutcome',
      'DA==',
      'previousOutcome: expected protobuf of AggregationOutcome, got 1 byte with mismatching end of a group at byte 1',
    ],
  ])('in %s: %s', (field, bytes, message) => {
    expect(complaint(lineWith({ [field]: bytes }))).toBe(message);
  });

  test('in an observation', () => {
    expect(complaint(lineWith({ observations: { '7': [EVENT, 'CgH/'] } }))).toBe(
      'observations["7"][1]: expected protobuf of values.v1.Value, got 3 bytes with string is not valid UTF-8 at byte 2',
    );
    expect(() => parseRound(lineWith({ observations: { '7': [base64(nestedLists(5000))] } }))).toThrow(
      /^observations\["7"\]\[0\]: expected protobuf of values\.v1\.Value, got [0-9]+ bytes with exceeded the recursion limit of 10000 messages at byte [0-9]+$/,
    );
  });
});
