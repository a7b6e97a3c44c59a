import { describe, expect, test } from 'vitest';
import { legacyLane } from '../../legacy/lane.ts';
import { deliverable } from '../../src/cli/chain/deliverable.ts';
import { draftOf, metadataOf } from '../../src/cli/chain/draft.ts';
import type { Judgement } from '../../src/contract/judgement.ts';
import type { LaneObservation, VerdictKey } from '../../src/contract/verdict.ts';
import { SELECTORS, configOf, plainRound } from '../helpers/arbitraries.ts';

const answered = async (round = plainRound()): Promise<LaneObservation> => ({
  kind: 'answer',
  outcome: await legacyLane().aggregate(round),
  durationNs: 1,
});

const judgement = async (change: Partial<Judgement> = {}, key: VerdictKey = 'match'): Promise<Judgement> => {
  const observation = await answered(change.round);
  return {
    round: plainRound(),
    digest: new Uint8Array(32),
    stage: 'shadow',
    first: 'legacy',
    served: 'legacy',
    observations: { legacy: observation, loopp: observation },
    verdict: { key },
    ...change,
  };
};

describe('a round for the chain', () => {
  test('has the outcomes of both lanes', async () => {
    const told = deliverable(await judgement());
    const { legacy, loopp } = told.kind === 'deliverable' ? told.outcomes : {};
    expect(legacy).toBeInstanceOf(Uint8Array);
    expect(loopp).toEqual(legacy);
    expect(deliverable(await judgement({}, 'mismatch')).kind).toBe('deliverable');
  });

  test.each<[string, () => Promise<Judgement>]>([
    ['ambiguous: either answer is right', () => judgement({}, 'ambiguous')],
    ['not compared (duplicate)', () => judgement({ verdict: { key: 'notCompared', reason: 'duplicate' } })],
    [
      'the cache takes no report of revision 2025-07',
      () => judgement({ round: plainRound({ revision: '2025-07' }) }),
    ],
    [
      'its chain is solana',
      () => judgement({ round: { ...plainRound(), config: configOf('2025-09', SELECTORS.solana) } }),
    ],
    [
      'its chain is not known',
      () => judgement({ round: { ...plainRound(), config: configOf('2025-09', 12_345n) } }),
    ],
    [
      'no answer of the loopp lane',
      async () => {
        const failure = { kind: 'failure', error: 'timeout', message: '', durationNs: 1 } as const;
        return judgement({ observations: { legacy: await answered(), loopp: failure } }, 'timeout');
      },
    ],
    [
      'an aggregation error',
      () => {
        const outcome = { kind: 'error', error: 'no' } as const;
        const observation = { kind: 'answer', outcome, durationNs: 1 } as const;
        return judgement({ observations: { legacy: observation, loopp: observation } }, 'bothFailedAlike');
      },
    ],
  ])('is none: %s', async (reason, make) => {
    const { observations } = await judgement();
    const made = await make();
    expect(deliverable({ ...made, observations: made.observations ?? observations ?? {} })).toEqual({
      kind: 'notDeliverable',
      reason,
    });
  });

  test('has the same metadata for both lanes, and its own execution', () => {
    const config = {
      don: { id: 7, configVersion: 3, f: 1 },
      workflow: { owner: '44'.repeat(20), name: '33'.repeat(10) },
    } as Parameters<typeof metadataOf>[1];
    const metadata = metadataOf({ ...plainRound(), id: 'ab'.repeat(32) }, config);
    expect(metadata).toMatchObject({
      executionId: 'ab'.repeat(32),
      donId: 7,
      donConfigVersion: 3,
      workflowOwner: '44'.repeat(20),
      workflowName: '33'.repeat(10),
    });
    expect(metadataOf(plainRound(), config).executionId).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is refused by the encoder as Go\u2019s refuses it', async () => {
    const config = {
      don: { id: 7, configVersion: 3, f: 1 },
      workflow: { owner: '44'.repeat(20), name: '33'.repeat(10) },
    };
    const round = plainRound({ fields: { mintable: -5n } });
    const metadata = metadataOf(round, config as Parameters<typeof metadataOf>[1]);
    const outcome = await legacyLane().aggregate(round);
    expect(await draftOf(metadata, outcome.kind === 'outcome' ? outcome.outcome : new Uint8Array())).toEqual({
      kind: 'refusedByEncoder',
      reason: 'the outcome has no report: Reports[0].Answer: expected an unsigned 224-bit integer, got -5',
    });
    expect(await draftOf(metadata, Buffer.of(0x0a))).toMatchObject({ kind: 'refusedByEncoder' });
    expect(await draftOf(metadata, new Uint8Array())).toEqual({ kind: 'nothingToReport' });
  });
});
