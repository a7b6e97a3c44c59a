import { describe, expect, test } from 'vitest';
import type { Lane } from '../../src/contract/lane.ts';
import { STAGES } from '../../src/contract/stage.ts';
import type { Stage } from '../../src/contract/stage.ts';
import { FixedSource } from '../../src/flags/fixed-source.ts';
import { readinessOf } from '../../src/serve/readiness.ts';
import { Workflows } from '../../src/serve/workflows.ts';
import { laneThat } from './fixture.ts';

const laneIn = (ok: boolean): Lane =>
  laneThat(() => Promise.reject(new Error('not asked')), {
    health: () => (ok ? { ok } : { ok, reason: 'it is away' }),
  });

/** Whether a service in that stage is ready, by which of its lanes have answers. */
const isReady = (stage: Stage, legacy: boolean, loopp: boolean): boolean =>
  readinessOf(
    { legacy: laneIn(legacy), loopp: laneIn(loopp) },
    new FixedSource(stage),
    new Workflows(),
    false,
  ).ready;

describe('ready', () => {
  test('is the whole grid of stages and lanes', () => {
    const grid = STAGES.map((stage) => [
      stage,
      ...[
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ].map(([legacy = false, loopp = false]) => isReady(stage, legacy, loopp)),
    ]);
    //         both, legacy alone, loopp alone, none
    expect(grid).toEqual([
      ['off', true, true, false, false],
      ['shadow', true, true, false, false],
      ['live', true, true, true, false],
      ['complete', true, false, true, false],
    ]);
  });

  test('is nobody who shuts down', () => {
    const lanes = { legacy: laneIn(true), loopp: laneIn(true) };
    expect(readinessOf(lanes, new FixedSource('off'), new Workflows(), true)).toEqual({
      ready: false,
      reasons: ['the service is shutting down'],
      lanes: { legacy: 'ok', loopp: 'ok' },
    });
  });

  test('is about all workflows that send rounds', () => {
    const flags = new FixedSource('off');
    const decide = (key: string): ReturnType<FixedSource['decide']> => ({
      ...flags.decide(),
      stage: key === 'moved' ? 'complete' : 'shadow',
    });
    const source = { decide, state: () => flags.state(), close: () => flags.close() };
    const workflows = new Workflows();
    const lanes = { legacy: laneIn(true), loopp: laneIn(false) };
    workflows.remember('other');
    expect(readinessOf(lanes, source, workflows, false).ready).toBe(true);
    workflows.remember('moved');
    expect(readinessOf(lanes, source, workflows, false)).toMatchObject({
      ready: false,
      reasons: ['stage complete is served by the loopp lane: it is away'],
    });
  });
});

describe('workflows', () => {
  test('are each there once, the latest when there are many', () => {
    const workflows = new Workflows(2);
    for (const key of ['a', 'b', 'a', 'c']) workflows.remember(key);
    expect(workflows.known()).toEqual(['a', 'c']);
  });
});
