import { describe, expect, test } from 'vitest';
import { findingOf } from '../../../harness/groups/cause.ts';
import { formatCapsule, parseCapsule } from '../../../harness/shrink/capsule.ts';
import type { Capsule } from '../../../harness/shrink/capsule.ts';
import { AppError } from '../../../src/errors.ts';
import { parseRound } from '../../../src/rounds/parse.ts';
import { answered, errorOf, failed, judgementOf, outcomeOf, roundOf } from '../fakes.ts';

const capsuleOf = (judgement = judgementOf({ loopp: answered(outcomeOf({ lastSeenAt: 2n })) })): Capsule => ({
  finding: findingOf(judgement),
  round: judgement.round,
  from: { id: 'long', input: 'ab' },
  tries: 7,
  versions: { product: '1' },
  seed: 3,
  replay: 'npx securemint-shadow replay a.json',
});
const text = formatCapsule(capsuleOf());
const edited = (change: (text: string) => string): string => {
  expect(change(text)).not.toBe(text);
  return change(text);
};

describe('a capsule', () => {
  test('reads back to the finding and the round', () => {
    const { finding, round } = parseCapsule(text, 'a.json');
    expect(finding).toEqual({
      verdict: 'mismatch',
      answers: {
        legacy: { kind: 'outcome', outcome: Buffer.alloc(0) },
        loopp: { kind: 'outcome', outcome: Buffer.from([0x20, 2]) },
      },
      differences: [{ path: 'lastSeenAt', kind: 'value', legacy: '0', loopp: '2' }],
    });
    expect(parseRound(JSON.stringify(round)).id).toBe(roundOf(1).id);
  });

  test('keeps errors and lanes without an answer', () => {
    const judgement = judgementOf({ legacy: answered(errorOf('why')), loopp: failed('timeout', 'slow') });
    expect(parseCapsule(formatCapsule(capsuleOf(judgement)), 'a.json').finding).toEqual({
      verdict: 'timeout',
      answers: {
        legacy: { kind: 'error', error: 'why' },
        loopp: { kind: 'failure', error: 'timeout', message: 'slow' },
      },
    });
  });

  test('may be laid out otherwise', () => {
    expect(() =>
      parseCapsule(
        edited((it) => JSON.stringify(JSON.parse(it))),
        'a.json',
      ),
    ).not.toThrow();
  });

  test.each([
    ['the round', edited((it) => it.replace('"f": 1', '"f": 2'))],
    ['an answer', edited((it) => it.replace('"IAI="', '"IAE="'))],
    ['the digest', edited((it) => it.replace(/"sha256": "./, '"sha256": "'))],
    ['a new member', edited((it) => it.replace('"tries"', '"more": 1, "tries"'))],
  ])('edited by hand is refused: %s', (_, changed) => {
    expect(() => parseCapsule(changed, 'a.json')).toThrow(
      new AppError(
        'INPUT',
        'a.json: expected the capsule as it was written, got one that was edited: to try another round, put it into a capture and use run',
      ),
    );
  });

  test.each([
    ['{', 'a.json: expected a capsule, got invalid JSON'],
    ['[]', 'a.json: expected a capsule, got JSON that is no object'],
    ['{}', 'a.json: capsule: expected a capsule of version 1, got nothing'],
    ['{"capsule": 2}', 'a.json: capsule: expected a capsule of version 1, got 2'],
  ])('that is none is refused: %s', (content, message) => {
    expect(() => parseCapsule(content, 'a.json')).toThrow(new AppError('INPUT', message));
  });
});
