import { expect, test } from 'vitest';
import { STAGES } from '../../src/contract/stage.ts';
import { FixedSource } from '../../src/flags/fixed-source.ts';
import { allIn } from '../../src/flags/shares.ts';

test.each(STAGES)('every workflow is in stage %s', async (stage) => {
  const source = new FixedSource(stage);
  expect(source.decide()).toEqual({ stage, reason: 'fixed', flagAgeMs: undefined });
  expect(source.state()).toEqual({
    kind: 'fixed',
    name: undefined,
    polling: 'fixed',
    flagAgeMs: undefined,
    problem: undefined,
    enabled: stage !== 'off',
    shares: allIn(stage),
    revision: undefined,
  });
  await source.close();
});

test('another stage counts from the next round on', () => {
  const source = new FixedSource('off');
  for (const stage of STAGES) {
    source.set(stage);
    expect(source.decide().stage).toBe(stage);
  }
});
