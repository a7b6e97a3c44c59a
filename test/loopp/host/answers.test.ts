import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aggregate } from '../../../legacy/aggregate.ts';
import type { LooppLane } from '../../../loopp/host/lane.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import { REVISIONS } from '../../../src/contract/round.ts';
import type { Round } from '../../../src/contract/round.ts';
import { arbitraryRound } from '../../helpers/arbitraries.ts';
import { CAPTURES, PROBES, VECTORS, isWitnessed, loadRounds } from '../../helpers/conformance.ts';
import {
  everyRoundIsAnswered,
  foreignEventsDoNotMatter,
  inputsAreNotModified,
  orderOfOraclesIsIrrelevant,
} from '../../helpers/laws.ts';
import { configureSeed } from '../../helpers/seed.ts';
import { OWN_PLUGIN, Sandbox } from './sandbox.ts';

configureSeed();

const RUNS = process.env['SECUREMINT_TEST'] === 'all' ? 1000 : 100;

let sandbox: Sandbox;
let lane: LooppLane;
beforeAll(async () => {
  sandbox = new Sandbox();
  ({ lane } = await sandbox.started(OWN_PLUGIN, { laneTimeoutMs: 30_000, waitingRounds: 10_000 }));
});
afterAll(() => sandbox.end());

const ask = (round: Round): Promise<Outcome> => lane.aggregate(round);

describe('through the process boundary the plugin answers what real Go answered', () => {
  test.each([...VECTORS, ...CAPTURES, PROBES])('%s', async (file) => {
    const rounds = await loadRounds(file);
    const outcomes = await Promise.all(rounds.map(ask));
    const wrong = rounds.flatMap((round, index) => {
      const outcome = outcomes[index];
      return outcome !== undefined && isWitnessed(round, outcome) ? [] : [{ ...round, outcome }];
    });
    expect(rounds.length).toBeGreaterThanOrEqual(640);
    expect(wrong).toEqual([]);
  });
});

describe('through the process boundary', () => {
  test('lanes agree, whatever rounds share a call', async () => {
    const arbitraryAnyRound = fc.oneof(...REVISIONS.map((revision) => arbitraryRound({ revision })));
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryAnyRound, { minLength: 1, maxLength: 20 }), async (rounds) => {
        const outcomes = await Promise.all(rounds.map(ask));
        expect(outcomes.map(plain)).toEqual(rounds.map((round) => plain(aggregate(round))));
      }),
      { numRuns: RUNS },
    );
  });

  test('the order of oracles is irrelevant', () => orderOfOraclesIsIrrelevant(ask, { numRuns: RUNS }));
  test('foreign events do not matter', () => foreignEventsDoNotMatter(ask, { numRuns: RUNS }));
  test('inputs are not modified', () => inputsAreNotModified(ask, { numRuns: RUNS }));
  test('every round is answered', () => everyRoundIsAnswered(ask, { numRuns: RUNS }));
});

/** Bytes of one process and of another compare as text; so do failures, for a message that can be read. */
function plain(outcome: Outcome): string {
  return outcome.kind === 'error' ? outcome.error : Buffer.from(outcome.outcome).toString('hex');
}
