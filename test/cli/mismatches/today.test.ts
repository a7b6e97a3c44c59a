import { describe, expect, test, vi } from 'vitest';
import { findingOf } from '../../../harness/groups/cause.ts';
import { Harness } from '../../../harness/harness.ts';
import { Today, fateOf } from '../../../src/cli/mismatches/today.ts';
import type { Comparer } from '../../../src/cli/comparer.ts';
import { Replay, askedOf } from '../../../src/cli/replay.ts';
import { shrinkFinding } from '../../../src/cli/shrink.ts';
import { answered, errorOf, judgementOf, laneOf, outcomeOf, roundOf } from '../../harness/fakes.ts';

const comparerOf = (harness: Comparer['harness']): Comparer => ({
  harness,
  facts: { ready: true, launches: 1, exits: 0 },
  command: 'fake',
  remarks: () => [],
  notes: () => [],
  objections: () => [],
  close: () => Promise.resolve(),
});
const lanes = comparerOf(
  new Harness({
    legacy: laneOf(() => outcomeOf()),
    loopp: laneOf(() => outcomeOf({ lastSeenAt: 2n })),
    seed: 1,
  }),
);
const broken = comparerOf({
  take: () => ({ kind: 'taken', judged: Promise.reject(new Error('the comparison broke')) }),
});

const round = roundOf(1);
const recorded = findingOf(judgementOf({ loopp: answered(outcomeOf({ lastSeenAt: 9n })) }));

describe('a recorded finding', () => {
  test('is reproduced when the same field differs in the same way', async () => {
    const today = await new Today(lanes).findingOf(round);
    expect(fateOf(recorded, today, round)).toBe('reproduced');
    expect(fateOf({ ...recorded, witness: { loopp: false } }, today, round)).toBe('changed');
  });

  test('is changed when something else is wrong now, and vanished when nothing is', () => {
    const failing = findingOf(judgementOf({ loopp: answered(errorOf('no')) }));
    expect(fateOf(recorded, failing, round)).toBe('changed');
    expect(fateOf(recorded, findingOf(judgementOf()), round)).toBe('vanished');
  });

  test('may come under one id with different rounds', async () => {
    const today = new Today(lanes);
    await today.findingOf(round);
    await expect(today.findingOf({ ...round, f: 9 })).resolves.toMatchObject({ verdict: 'mismatch' });
  });

  test('at which the comparison throws is neither there nor gone', async () => {
    const asked = await askedOf(new Today(broken), { round, finding: recorded });
    expect(asked).toEqual({ failed: 'the comparison broke' });
    const replay = new Replay(true);
    replay.add({ round, finding: recorded }, asked);
    expect(replay.counts).toEqual({ reproduced: 0, changed: 0, vanished: 0, unjudged: 1 });
    expect(replay.isFine).toBe(false);
  });

  test('has to be one, of a comparison of aggregations', async () => {
    const today = new Today(lanes);
    const match = findingOf(judgementOf());
    await expect(askedOf(today, { round, finding: match })).rejects.toThrow(
      'round round-1: expected a finding, got match (replay --show prints it)',
    );
    const differences = [{ path: 'reports[0]', kind: 'value' as const }];
    await expect(askedOf(today, { round, finding: { ...recorded, differences } })).rejects.toThrow(
      'round round-1: expected a finding of run without --ocr3, got one of run --ocr3',
    );
  });
});

/** Lies as often as `lies` says, then never again. */
const liar = (lies: number): Today => {
  let left = lies;
  const loopp = laneOf(() => outcomeOf({ lastSeenAt: left-- > 0 ? 2n : 0n }));
  return new Today(comparerOf(new Harness({ legacy: laneOf(() => outcomeOf()), loopp, seed: 1 })));
};

describe('shrinking', () => {
  const limits = { maxSeconds: 60, maxTries: 1000 };
  const quiet = new AbortController().signal;

  /** What is told on standard output beside the answer. */
  async function shrunkBy(lies: number): Promise<{ readonly shrunk: boolean; readonly told: string }> {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const shrunk = await shrinkFinding({ round, finding: recorded }, liar(lies), limits, quiet);
      return {
        shrunk: shrunk !== undefined,
        told: written.mock.calls.map(([text]) => String(text)).join(''),
      };
    } finally {
      written.mockRestore();
    }
  }

  test('gives a round that shows it again', async () => {
    expect(await shrunkBy(Infinity)).toEqual({ shrunk: true, told: '' });
  });

  test('gives none when the difference comes and goes by itself', async () => {
    expect(await shrunkBy(2)).toEqual({
      shrunk: false,
      told: 'round round-1: a smaller one showed it and did not when it was asked again: it depends on more than the round, so there is no capsule\n',
    });
    expect(await shrunkBy(0)).toEqual({
      shrunk: false,
      told: "round round-1: today's lanes do not show it: was mismatch, now match\n",
    });
  });
});
