import { describe, expect, test } from 'vitest';
import { observe } from '../../harness/observe.ts';
import { LANE_ERROR_KINDS, LaneError } from '../../src/contract/lane.ts';
import { deferred, errorOf, laneOf, outcomeOf, roundOf, settled } from './fakes.ts';
import type { Outcome } from '../../src/contract/lane.ts';

const NS: unknown = expect.any(Number);

describe('an observation', () => {
  test.each([outcomeOf({ shouldReport: true }), errorOf('no observations')])(
    'is the answer %j',
    async (outcome) => {
      const observation = await observe(
        laneOf(() => outcome),
        roundOf(1),
      );
      expect(observation).toEqual({ kind: 'answer', outcome, durationNs: NS });
      expect(observation.durationNs).toBeGreaterThan(0);
    },
  );

  test('of the round that was asked', async () => {
    const seen: string[] = [];
    await observe(
      laneOf((round) => {
        seen.push(round.id);
        return outcomeOf();
      }),
      roundOf(7),
    );
    expect(seen).toEqual(['round-7']);
  });

  test.each(LANE_ERROR_KINDS)('is a lane error: %s', async (kind) => {
    const lane = laneOf(() => {
      throw new LaneError(kind, 'why');
    });
    expect(await observe(lane, roundOf(1))).toEqual({
      kind: 'failure',
      error: kind,
      message: 'why',
      durationNs: NS,
    });
  });

  test.each<[unknown, string]>([
    [new TypeError('undefined is not a function'), 'loopp: TypeError: undefined is not a function'],
    ['text', 'loopp: text'],
    [undefined, 'loopp: undefined'],
  ])('of a lane that throws %s is a protocol error', async (thrown, message) => {
    const expected = { kind: 'failure', error: 'protocol', message, durationNs: NS };
    const rejects = laneOf(() => outcomeOf(), {
      name: 'loopp',
      // oxlint-disable-next-line prefer-promise-reject-errors -- what a lane must not do
      aggregate: () => Promise.reject(thrown),
    });
    const throws = laneOf(() => outcomeOf(), {
      name: 'loopp',
      aggregate: () => {
        throw thrown;
      },
    });
    expect(await observe(rejects, roundOf(1))).toEqual(expected);
    expect(await observe(throws, roundOf(1))).toEqual(expected);
  });

  test('waits for the lane', async () => {
    const answer = deferred<Outcome>();
    let observed = false;
    const observing = observe(
      laneOf(() => answer.promise),
      roundOf(1),
    ).then(() => (observed = true));
    await settled();
    expect(observed).toBe(false);
    answer.resolve(outcomeOf());
    await observing;
  });
});
