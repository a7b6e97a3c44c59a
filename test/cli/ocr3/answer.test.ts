import { describe, expect, test } from 'vitest';
import { OCR3_ANSWER, encodeAnswer } from '../../../src/cli/ocr3/answer.ts';
import { ProtobufError } from '../../../src/codec/protobuf.ts';

type Report = Parameters<typeof encodeAnswer>[1][number];
const report = (...bytes: readonly number[]): Report => ({
  reportWithInfo: { report: Uint8Array.from(bytes), info: Uint8Array.of(9) },
  transmissionScheduleOverride: undefined,
  transmitted: true,
});
const OUTCOME = Uint8Array.of(1, 2, 3);

describe('two answers to a round of OCR3', () => {
  test('that are equal do not differ', () => {
    const answer = encodeAnswer(OUTCOME, [report(1), report(2)]);
    expect(OCR3_ANSWER.compare(answer, encodeAnswer(OUTCOME, [report(1), report(2)]))).toEqual([]);
  });

  test('differ in the outcome, from the first byte that does', () => {
    const other = encodeAnswer(Uint8Array.of(1, 2, 4, 5), []);
    expect(OCR3_ANSWER.compare(encodeAnswer(OUTCOME, []), other)).toEqual([
      {
        path: 'outcome',
        kind: 'value',
        legacy: '3 bytes, from byte 2: 0x03',
        loopp: '4 bytes, from byte 2: 0x0405',
      },
    ]);
  });

  test('differ in a report, by its place', () => {
    const legacy = encodeAnswer(OUTCOME, [report(1), report(2), report(3)]);
    const loopp = encodeAnswer(OUTCOME, [report(1), report(7)]);
    const found = OCR3_ANSWER.compare(legacy, loopp);
    expect(found.map(({ path, kind }) => [path, kind])).toEqual([
      ['reports[1]', 'value'],
      ['reports[2]', 'missing'],
    ]);
    expect(OCR3_ANSWER.compare(loopp, legacy).at(-1)).toMatchObject({ path: 'reports[2]', kind: 'extra' });
  });

  test('differ in whether a report is transmitted', () => {
    const legacy = encodeAnswer(OUTCOME, [report(1), report(2)]);
    const loopp = encodeAnswer(OUTCOME, [report(1), { ...report(2), transmitted: false }]);
    expect(OCR3_ANSWER.compare(legacy, loopp)).toEqual([
      { path: 'reports[1].transmitted', kind: 'value', legacy: 'true', loopp: 'false' },
    ]);
    const fewer = encodeAnswer(OUTCOME, [report(1)]);
    expect(OCR3_ANSWER.compare(loopp, fewer).map(({ path }) => path)).toEqual(['reports[1]']);
  });

  test('that are no answers are told apart from answers', () => {
    expect(() => OCR3_ANSWER.check(Uint8Array.of(0xff))).toThrow(ProtobufError);
    expect(() => OCR3_ANSWER.check(encodeAnswer(OUTCOME, [report(1)]))).not.toThrow();
  });
});
