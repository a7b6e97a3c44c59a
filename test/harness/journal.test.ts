import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Journal, journalLine } from '../../harness/journal.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import { REVISIONS } from '../../src/contract/round.ts';
import type { Round } from '../../src/contract/round.ts';
import { NOT_COMPARED_REASONS, VERDICT_KEYS } from '../../src/contract/verdict.ts';
import { AppError } from '../../src/errors.ts';
import { parseRound } from '../../src/rounds/parse.ts';
import { arbitraryRound } from '../helpers/arbitraries.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { configureSeed } from '../helpers/seed.ts';
import { answered, errorOf, failed, judgementOf, notCompared, outcomeOf, roundOf } from './fakes.ts';

configureSeed();

const legacy = answered(outcomeOf({ lastSeenAt: 1n }), 1500);
const loopp = answered(outcomeOf({ lastSeenAt: 2n }), 2500);
const known = {
  schema: 1,
  id: 'round-1',
  revision: '2025-09',
  stage: 'shadow',
  served: 'legacy',
  first: 'legacy',
};
const HEX = expect.stringMatching(/^[0-9a-f]{64}$/);

describe('a line', () => {
  test('of a match has digests and timings', () => {
    const line = journalLine(judgementOf({ legacy, loopp: legacy, witness: { legacy: true, loopp: true } }));
    // SHA-256 of the bytes 20 01.
    const sha256 = 'e9619023f7ad0507ccc2f44d1ff58550018171c87f6d6f95c393cb2ca9eab3ba';
    expect(line).toEqual({
      ...known,
      input: HEX,
      verdict: 'match',
      legacy: { ns: 1500, sha256 },
      loopp: { ns: 1500, sha256 },
      witness: { legacy: true, loopp: true },
    });
  });

  test('says when a match depends on the order of the oracles', () => {
    const dependent = { key: 'match', orderDependent: true } as const;
    expect(journalLine(judgementOf({ verdict: dependent }))).toMatchObject({
      verdict: 'match',
      orderDependent: true,
    });
    expect(journalLine(judgementOf())).not.toHaveProperty('orderDependent');
  });

  test('says why the round got its stage, and how old that knowledge was', () => {
    const polled = journalLine({ ...judgementOf(), decision: { reason: 'variant', flagAgeMs: 812 } });
    expect(polled).toMatchObject({ decision: 'variant', flagAgeMs: 812 });
    const fixed = journalLine({ ...judgementOf(), decision: { reason: 'fixed', flagAgeMs: undefined } });
    expect(fixed).toMatchObject({ decision: 'fixed' });
    expect(fixed).not.toHaveProperty('flagAgeMs');
    expect(journalLine(judgementOf())).not.toHaveProperty('decision');
  });

  test('says when it was judged, right behind the schema', () => {
    expect(Object.entries(journalLine(judgementOf(), 1_796_000_000_000)).slice(0, 2)).toEqual([
      ['schema', 1],
      ['at', 1_796_000_000_000],
    ]);
    expect(journalLine(judgementOf())).not.toHaveProperty('at');
  });

  test('of a mismatch is whole: round, answers and differences', () => {
    expect(journalLine(judgementOf({ legacy, loopp }))).toEqual({
      ...known,
      input: HEX,
      verdict: 'mismatch',
      legacy: { ns: 1500, outcome: 'IAE=' },
      loopp: { ns: 2500, outcome: 'IAI=' },
      differences: [{ path: 'lastSeenAt', kind: 'value', legacy: '1', loopp: '2' }],
      round: expect.objectContaining({ id: 'round-1', f: 1 }),
    });
  });

  test('of anything but a match is whole', () => {
    for (const key of VERDICT_KEYS.filter((each) => each !== 'match' && each !== 'notCompared')) {
      expect(journalLine(judgementOf({ verdict: { key } }))).toMatchObject({
        legacy: { outcome: expect.any(String) },
        loopp: { outcome: expect.any(String) },
        round: expect.any(Object),
      });
    }
  });

  test('of a match that a witness contradicts is whole', () => {
    expect(journalLine(judgementOf({ legacy, loopp: legacy, witness: { loopp: false } }))).toMatchObject({
      verdict: 'match',
      legacy: { outcome: 'IAE=' },
      witness: { loopp: false },
      round: { id: 'round-1' },
    });
  });

  test('has error texts, and why there is no answer', () => {
    const line = journalLine(
      judgementOf({ legacy: answered(errorOf('why'), 3), loopp: failed('timeout', 'too slow', 4) }),
    );
    expect(line).toMatchObject({
      verdict: 'timeout',
      legacy: { ns: 3, error: 'why' },
      loopp: { ns: 4, failed: 'timeout', message: 'too slow' },
    });
  });

  test.each(NOT_COMPARED_REASONS)('of a round that was not compared has its reason: %s', (reason) => {
    const judgement = { ...notCompared(), verdict: { key: 'notCompared', reason } as const };
    expect(journalLine(judgement)).toEqual({
      ...known,
      first: 'loopp',
      input: HEX,
      verdict: 'notCompared',
      reason,
    });
  });

  test('has the workflow of a round that has one', () => {
    const round = roundOf(1, { workflow: 'wf' });
    expect(journalLine(judgementOf({ round }))).toHaveProperty('workflow', 'wf');
  });
});

/** The round that a line holds, read back. */
function roundIn(judgement: Judgement): unknown {
  const line: unknown = JSON.parse(JSON.stringify(journalLine(judgement)));
  if (typeof line !== 'object' || line === null || !('round' in line)) throw new Error('no round');
  return parseRound(JSON.stringify(line.round));
}

const readBack = (round: Round): unknown => roundIn(judgementOf({ round, verdict: { key: 'protocol' } }));

/** `parseRound` answers Buffers. */
const withBuffers = (round: Round): Round => ({
  ...round,
  config: Buffer.from(round.config),
  previousOutcome: round.previousOutcome === null ? null : Buffer.from(round.previousOutcome),
  observations: round.observations.map(({ oracle, values }) => ({
    oracle,
    values: values.map((value) => Buffer.from(value)),
  })),
});

describe('the round in a line', () => {
  test('reads back to the same round', () => {
    const anyRound = fc.oneof(...REVISIONS.map((revision) => arbitraryRound({ revision })));
    fc.assert(
      fc.property(anyRound, (round) => {
        expect(readBack(round)).toEqual(withBuffers(round));
      }),
    );
  });

  test('of every bundled round, witness included', async () => {
    const rounds = await loadRounds(...CAPTURES);
    expect(rounds.length).toBe(2400);
    // Thousands of comparisons by expect would take many seconds.
    expect(rounds.filter((round) => !isDeepStrictEqual(readBack(round), round))).toEqual([]);
  });
});

const linesIn = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8')).split('\n');

describe('a journal', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('has one line a judgement, in order, once it is closed', async () => {
    const path = join(folder, 'closed.jsonl');
    let now = 1_000;
    const journal = await Journal.create(path, () => now++);
    const judgements = Array.from({ length: 3 }, (_, index) => judgementOf({ round: roundOf(index) }));
    for (const judgement of judgements) await journal.append(judgement);
    await journal.close();
    expect(await linesIn(path)).toEqual([
      ...judgements.map((judgement, index) => JSON.stringify(journalLine(judgement, 1_000 + index))),
      '',
    ]);
  });

  test('without judgements is an empty file', async () => {
    const path = join(folder, 'none.jsonl');
    await (await Journal.create(path)).close();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  test('is written in between when there is much to write, in whole lines', async () => {
    const path = join(folder, 'long.jsonl');
    const journal = await Journal.create(path);
    let count = 0;
    while ((await stat(path)).size === 0) {
      await journal.append(judgementOf({ round: roundOf(count++) }));
      expect(count).toBeLessThan(10_000);
    }
    expect((await linesIn(path)).at(-1)).toBe('');
    await journal.append(judgementOf({ round: roundOf(count) }));
    await journal.close();
    expect(await linesIn(path)).toHaveLength(count + 2);
  });

  test.each([
    ['that exists', 'closed.jsonl', 'EEXIST: file already exists'],
    ['in no folder', 'nowhere/journal.jsonl', 'ENOENT: no such file or directory'],
  ])('%s cannot be made', async (_, name, reason) => {
    const path = join(folder, name);
    await expect(Journal.create(path)).rejects.toThrow(
      new AppError('OUTPUT', `${path}: expected to write the journal there, got ${reason}, open '${path}'`),
    );
  });
});
