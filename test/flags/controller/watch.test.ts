import { describe, expect, test } from 'vitest';
import type { StageShares } from '../../../src/contract/decision.ts';
import { viewsOf } from '../../../src/flags/controller/evidence.ts';
import type { Guard, Proof, ServiceView } from '../../../src/flags/controller/evidence.ts';
import { NOTHING_SEEN, watch } from '../../../src/flags/controller/watch.ts';
import type { Memory } from '../../../src/flags/controller/watch.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { FLAG } from '../builders.ts';
import { lookWith } from './samples.ts';
import type { SampleChanges } from './samples.ts';

const LIVE: StageShares = { ...allIn('shadow'), shadow: 990, live: 10 };
const SECOND_LIFE = '2026-01-02T00:00:00.000Z';

/** What one service answers, second by second; the flag is in shadow unless a look says otherwise. */
class Story {
  private memory: Memory = NOTHING_SEEN;
  private atMs = 0;

  look(changes: SampleChanges | string, shares: StageShares | undefined = allIn('shadow')): this {
    const at = { atMs: this.atMs, windowMs: 10_000 };
    this.memory = watch(this.memory, [lookWith(changes)], { name: FLAG, shares }, at);
    this.atMs += 1000;
    return this;
  }

  /** The flag's server is away. */
  blind(changes: SampleChanges): this {
    const at = { atMs: this.atMs, windowMs: 10_000 };
    this.memory = watch(this.memory, [lookWith(changes)], { name: FLAG, shares: undefined }, at);
    this.atMs += 1000;
    return this;
  }

  get view(): ServiceView {
    const [view] = viewsOf(this.memory);
    if (view === undefined) throw new Error('expected a service');
    return view;
  }

  get proof(): Proof | string {
    return this.view.kind === 'seen' ? this.view.proof : this.view.problem;
  }

  get guard(): Guard {
    if (this.view.kind !== 'seen') throw new Error(`expected it to be seen, got ${this.view.problem}`);
    return this.view.guard;
  }
}

const servedBy = (count: number): SampleChanges => {
  return { served: { legacy: new Map([[5, count]]), loopp: new Map() } };
};

describe('evidence is what grew since the step began', () => {
  test('and not what a service has counted before', () => {
    const story = new Story()
      .look({ distinct: 900, verdicts: { match: 900, mismatch: 3 }, contradicted: 2, pairs: [900, 5] })
      .look({
        distinct: 1000,
        verdicts: { match: 1040, mismatch: 4, timeout: 2, ambiguous: 1 },
        contradicted: 3,
        pairs: [1000, 6],
        fallbacks: 2,
        live: 7,
      });
    expect(story.proof).toMatchObject({
      forMs: 1000,
      distinct: 100,
      compared: 144,
      laneErrors: 2,
      notAgreeing: 4,
      stageRounds: { shadow: 100, live: 7 },
      fallbacks: 2,
      // (1,000 * 6 - 900 * 5) / 100
      pairedMeanMs: 15,
    });
    expect(story.guard).toMatchObject({ disagreements: 1, contradicted: 1 });
  });

  test('a capture that is replayed adds rounds and no distinct ones', () => {
    const before = { distinct: 500, verdicts: { match: 500 } };
    const story = new Story().look(before).look({ ...before, verdicts: { match: 5000 } });
    expect(story.proof).toMatchObject({ distinct: 0, compared: 4500 });
  });

  test('how long callers waited, too', () => {
    const story = new Story().look(servedBy(10)).look(servedBy(25));
    expect(story.proof).toMatchObject({ served: { legacy: new Map([[5, 15]]), loopp: new Map() } });
  });
});

describe('a new step begins anew', () => {
  test('once the service follows; what goes wrong in between counts', () => {
    const story = new Story()
      .look({ distinct: 100, verdicts: { match: 100 } })
      .look({ distinct: 200, verdicts: { match: 199, mismatch: 1 } }, LIVE);
    expect(story.proof).toBe('expected the flag as its server has it, got an earlier one');
    expect(story.guard).toMatchObject({ disagreements: 1 });
    story.look({ distinct: 300, verdicts: { match: 299, mismatch: 1 }, shares: LIVE }, LIVE);
    expect(story.proof).toMatchObject({ forMs: 0, distinct: 0 });
    story.look({ distinct: 310, verdicts: { match: 309, mismatch: 1 }, shares: LIVE }, LIVE);
    expect(story.proof).toMatchObject({ forMs: 1000, distinct: 10, notAgreeing: 0 });
    expect(story.guard).toMatchObject({ disagreements: 1 });
  });

  test('also when it is the old one again', () => {
    const story = new Story().look({}).look({ distinct: 100 });
    expect(story.proof).toMatchObject({ distinct: 100 });
    story.look({ distinct: 100 }, LIVE).look({ distinct: 100 });
    expect(story.proof).toMatchObject({ distinct: 0 });
  });

  test('and a flag that cannot be read is no new step', () => {
    const story = new Story().look({}).blind({ distinct: 100 }).look({ distinct: 200 });
    expect(story.proof).toMatchObject({ distinct: 200, forMs: 2000 });
  });
});

describe('a service', () => {
  test('that starts again begins anew; what its new process has got wrong counts', () => {
    const story = new Story()
      .look({ distinct: 0 })
      .look({ distinct: 1000, verdicts: { match: 1000 } })
      .look({ startedAt: SECOND_LIFE, distinct: 50, verdicts: { match: 49, mismatch: 1 } });
    expect(story.proof).toMatchObject({ forMs: 0, distinct: 0 });
    expect(story.guard).toMatchObject({ disagreements: 1 });
  });

  test('that is away for a look keeps its evidence', () => {
    const story = new Story().look({}).look('no answer');
    expect(story.view).toEqual({ service: 'a', kind: 'unreachable', problem: 'no answer' });
    expect(story.look({ distinct: 10 }).proof).toMatchObject({ forMs: 2000, distinct: 10 });
  });

  test('that never answered is unreachable', () => {
    const story = new Story().look('none').look('still none');
    expect(story.view).toEqual({ service: 'a', kind: 'unreachable', problem: 'still none' });
  });

  test.each<[SampleChanges, string]>([
    [{ kind: 'fixed' }, 'expected it to follow the flag, got a stage fixed by its configuration'],
    [{ flagName: 'other' }, `expected it to follow the flag ${FLAG}, got other`],
    [{ polling: 'stale' }, 'expected it to read the flag, got stale'],
    [{ polling: 'refused' }, 'expected it to read the flag, got refused'],
    [{ polling: 'waiting' }, 'expected it to read the flag, got waiting'],
    [{ shares: LIVE }, 'expected the flag as its server has it, got an earlier one'],
  ])('that says %j does not follow, and begins anew once it does', (changes, problem) => {
    const story = new Story()
      .look({})
      .look({ distinct: 10 })
      .look({ distinct: 20, ...changes });
    expect(story.proof).toBe(problem);
    expect(story.look({ distinct: 30 }).proof).toMatchObject({ forMs: 0, distinct: 0 });
  });

  test('whose last poll failed still follows', () => {
    const story = new Story().look({}).look({ distinct: 10, polling: 'failing' });
    expect(story.proof).toMatchObject({ distinct: 10 });
  });

  test('has its plugin away from the first look that says so until one says otherwise', () => {
    const story = new Story().look({}).look({ plugin: 'backingOff' });
    expect(story.guard.looppDownMs).toBe(0);
    story.look({ plugin: 'launching' }).look({ plugin: 'backingOff' });
    expect(story.guard.looppDownMs).toBe(2000);
    expect(story.look({}).guard.looppDownMs).toBe(0);
  });
});

describe('the recent window', () => {
  test('forgets what is older', () => {
    const story = new Story().look({}).look({ verdicts: { timeout: 50 } });
    expect(story.guard.recent).toMatchObject({ compared: 50, laneErrors: 50 });
    for (let second = 0; second < 12; second++) story.look({ verdicts: { timeout: 50, match: second } });
    expect(story.guard.recent).toMatchObject({ compared: 10, laneErrors: 0 });
  });

  test('takes bounded memory however often somebody looks', () => {
    let memory = NOTHING_SEEN;
    for (let atMs = 0; atMs < 40_000; atMs += 7) {
      memory = watch(
        memory,
        [lookWith()],
        { name: FLAG, shares: allIn('shadow') },
        { atMs, windowMs: 10_000 },
      );
      const [track] = memory.tracks;
      expect(track !== undefined && 'recent' in track && track.recent.length <= 61).toBe(true);
    }
  });
});
