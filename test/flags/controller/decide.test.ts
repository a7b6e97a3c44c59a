import { describe, expect, test } from 'vitest';
import type { ServiceView } from '../../../src/flags/controller/evidence.ts';
import type { Position } from '../../../src/flags/controller/position.ts';
import { allIn } from '../../../src/flags/shares.ts';
import { DAY_MS, PLAN, atStep, bucketsOf, decided, inShort, viewWith } from './situations.ts';
import type { ViewChanges } from './situations.ts';

const OFF: Position = { kind: 'off' };
const UNKNOWN: Position = { kind: 'unknown', problem: 'no answer' };
const BESIDE: Position = { kind: 'beside', guard: 2, shares: { ...allIn('shadow'), shadow: 970, live: 30 } };
const COMPLETE = PLAN.steps.length - 1;

/** In shadow, at live 5 %, at complete, between steps, off, unknown. */
const POSITIONS = [atStep(0), atStep(2), atStep(COMPLETE), BESIDE, OFF, UNKNOWN];

const NO_STAGE = { stageRounds: { shadow: 0, live: 0 } };
const NOTHING_SERVED = { served: { legacy: bucketsOf(0, 1), loopp: bucketsOf(0, 1) } };
const SLOW = { served: { legacy: bucketsOf(6000, 500), loopp: bucketsOf(6000, 500) } };

describe('decisions by what a service shows and where the flag is', () => {
  const FINISHED = 'hold: finished';
  const AT_NONE = 'hold: not a step';
  const rest = ['hold: off', 'inconclusive: flag unknown'];
  const looppDown = ['rollBack: loopp down', 'rollBack: loopp down', 'rollBack: loopp down'];

  test.each<[what: string, changes: ViewChanges, expected: readonly string[]]>([
    ['everything fine', {}, ['promote to 1: proven', 'promote to 3: proven', FINISHED, AT_NONE]],
    [
      'a disagreement',
      { guard: { disagreements: 1 } },
      ['hold: disagreements', 'rollBack: disagreements', FINISHED, 'rollBack: disagreements'],
    ],
    [
      'a witness contradicted',
      { guard: { contradicted: 1 } },
      [
        'hold: witness contradicted',
        'rollBack: witness contradicted',
        FINISHED,
        'rollBack: witness contradicted',
      ],
    ],
    [
      'lane errors lately',
      { guard: { recent: { compared: 100, laneErrors: 6, liveRounds: 0, fallbacks: 0 } } },
      ['promote to 1: proven', 'rollBack: lane errors', FINISHED, 'rollBack: lane errors'],
    ],
    [
      'lane errors lately, within the limit',
      { guard: { recent: { compared: 100, laneErrors: 5, liveRounds: 0, fallbacks: 0 } } },
      ['promote to 1: proven', 'promote to 3: proven', FINISHED, AT_NONE],
    ],
    [
      'lane errors lately, of too few rounds to tell',
      { guard: { recent: { compared: 19, laneErrors: 19, liveRounds: 19, fallbacks: 19 } } },
      ['promote to 1: proven', 'promote to 3: proven', FINISHED, AT_NONE],
    ],
    [
      'fallbacks lately',
      { guard: { recent: { compared: 100, laneErrors: 0, liveRounds: 20, fallbacks: 2 } } },
      ['promote to 1: proven', 'rollBack: fallbacks', FINISHED, 'rollBack: fallbacks'],
    ],
    ['the plugin away for long', { guard: { looppDownMs: 30_001 } }, ['hold: loopp down', ...looppDown]],
    [
      'the plugin away for a moment',
      { guard: { looppDownMs: 30_000 } },
      ['hold: loopp down', 'hold: loopp down', FINISHED, AT_NONE],
    ],
    [
      'a service that does not follow',
      { proof: 'stale' },
      ['inconclusive: service does not follow', 'inconclusive: service does not follow', FINISHED, AT_NONE],
    ],
    [
      'a service that does not follow and disagrees',
      { proof: 'stale', guard: { disagreements: 1 } },
      [
        'inconclusive: service does not follow, disagreements',
        'rollBack: disagreements',
        FINISHED,
        'rollBack: disagreements',
      ],
    ],
    ...proofs([
      ['too few distinct rounds', { distinct: 2999 }, 'inconclusive: too few distinct rounds'],
      ['nothing but repeats', { distinct: 0 }, 'inconclusive: too few distinct rounds, parity bound'],
      ['no round in the stage', NO_STAGE, 'inconclusive: too few rounds in stage'],
      ['no pairs', { pairedMeanMs: undefined }, 'inconclusive: no paired difference'],
      ['nothing served over HTTP', NOTHING_SERVED, 'inconclusive: no served latency'],
      ['too early', { forMs: 3 * 3_600_000 }, 'hold: minimum time'],
      ['too many that do not agree', { notAgreeing: 20 }, 'hold: parity bound'],
      ['loopp slower', { pairedMeanMs: 50.001 }, 'hold: paired difference'],
      ['callers wait', SLOW, 'hold: served latency'],
      ['lane errors', { laneErrors: 13 }, 'hold: lane errors'],
    ]),
  ])('%s', (_, changes, expected) => {
    const came = POSITIONS.map((position) => inShort(decided({ position, services: [viewWith(changes)] })));
    expect(came).toEqual([...expected, ...rest]);
  });

  function proofs(
    rows: readonly [what: string, proof: Exclude<ViewChanges['proof'], string>, expected: string][],
  ): [string, ViewChanges, string[]][] {
    return rows.map(([what, proof, expected]) => [
      what,
      proof === undefined ? {} : { proof },
      [expected, expected, FINISHED, AT_NONE],
    ]);
  }
});

const half = (service: string): ServiceView => viewWith({ service, proof: { distinct: 2000 } });
const slow = (count: number): ServiceView =>
  viewWith({ service: 'b', proof: { served: { legacy: bucketsOf(count, 500), loopp: new Map() } } });

describe('several services', () => {
  test('each proves the step for itself: inputs are never added up', () => {
    expect(decided({ services: [half('a'), half('b')] })).toEqual({
      kind: 'inconclusive',
      because: [
        { reason: 'too few distinct rounds', text: 'a: expected at least 3000 distinct rounds, got 2000' },
        { reason: 'too few distinct rounds', text: 'b: expected at least 3000 distinct rounds, got 2000' },
        { reason: 'parity bound', text: 'a: expected a lower bound of at least 0.999, got 0.998503' },
        { reason: 'parity bound', text: 'b: expected a lower bound of at least 0.999, got 0.998503' },
      ],
    });
  });

  test('callers of one are callers: waiting is looked at over all', () => {
    const quick = viewWith({ service: 'a' });
    expect(inShort(decided({ services: [quick, slow(60)] }))).toBe('promote to 1: proven');
    expect(inShort(decided({ services: [quick, slow(61)] }))).toBe('hold: served latency');
  });

  test('one that cannot be reached is enough to know too little, and no reason to stay with a limit hit', () => {
    const gone = { service: 'b', kind: 'unreachable', problem: 'no answer' } as const;
    expect(decided({ services: [viewWith(), gone] })).toEqual({
      kind: 'inconclusive',
      because: [{ reason: 'service unreachable', text: 'b: no answer' }],
    });
    const services = [viewWith({ guard: { disagreements: 2 } }), gone];
    expect(decided({ position: atStep(1), services })).toEqual({
      kind: 'rollBack',
      because: [{ reason: 'disagreements', text: 'a: expected at most 0 rounds, got 2' }],
    });
  });

  test('none: nothing is known', () => {
    expect(inShort(decided({ services: [] }))).toBe('inconclusive: no services');
  });
});

describe('steps that move no known workflow', () => {
  test('are passed over, and that is said', () => {
    expect(decided({ moves: [0, 0, 0, 2, 3, 4, 5] })).toEqual({
      kind: 'promote',
      to: 3,
      skipped: [1, 2],
      because: [
        { reason: 'proven', text: 'shadow is proven, on to live 25 %' },
        { reason: 'steps skipped', text: 'live 1 %, live 5 % would move no known workflow' },
      ],
    });
  });

  test.each([
    ['nobody knows', []],
    ['one of them is not known', [0, undefined, 1, 1, 1, 1, 1]],
    ['none moves anybody', [0, 0, 0, 0, 0, 0, 0]],
  ])('%s: inconclusive', (_, moves) => {
    expect(inShort(decided({ moves }))).toBe('inconclusive: workflows unknown');
  });
});

describe('after a roll back', () => {
  test.each([
    [1, 0, 'hold: after roll back'],
    [1, 3_599_999, 'hold: after roll back'],
    [1, 3_600_000, 'promote to 1: proven'],
    [2, 3_600_000, 'promote to 1: proven'],
    [3, 30 * DAY_MS, 'hold: too many roll backs'],
  ])('%i of them, the last %i ms ago', (count, agoMs, expected) => {
    expect(inShort(decided({ rollBacks: { count, agoMs } }))).toBe(expected);
  });

  test('a limit that is hit counts all the same', () => {
    const services = [viewWith({ guard: { contradicted: 1 } })];
    const rollBacks = { count: 3, agoMs: 0 };
    expect(inShort(decided({ position: atStep(3), services, rollBacks }))).toBe(
      'rollBack: witness contradicted',
    );
  });
});
