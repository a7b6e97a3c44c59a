import { describe, expect, test } from 'vitest';
import { fitting, maxExecutions, protocolLimits, readLimits } from '../../../../loopp/plugin/ocr3/limits.ts';
import {
  buildObservation,
  hasQuorum,
  validateObservation,
} from '../../../../loopp/plugin/ocr3/observation.ts';
import { buildQuery, executionsOf } from '../../../../loopp/plugin/ocr3/query.ts';
import type { PendingRequest } from '../../../../loopp/plugin/ocr3/requests.ts';
import { timestampOf } from '../../../../loopp/plugin/ocr3/timestamp.ts';
import { CapabilityConfig, Observations } from '../../../../src/codec/capability.ts';
import type { Id } from '../../../../src/codec/capability.ts';
import type { Message } from '../../../../src/codec/message.ts';
import { int64, text } from '../../../helpers/arbitraries.ts';
import { unhex } from '../../../helpers/wire.ts';
import { allSay, entryOf, hexOf, idOf, keptLog, noLog, observationOf, queryOf } from './builders.ts';

const limitsOf = (config: Partial<Message<typeof CapabilityConfig>> = {}): ReturnType<typeof readLimits> =>
  readLimits(CapabilityConfig.encode(config));
const LIMITS = limitsOf();
const many = (count: number): readonly Id[] => Array.from({ length: count }, (_, index) => idOf(index));

describe('the offchain config', () => {
  test('has the defaults of docs/spec/aggregator.md G.3 for what is absent or zero', () => {
    const defaults = {
      maxQueryLengthBytes: 1_000_000,
      maxObservationLengthBytes: 1_000_000,
      maxOutcomeLengthBytes: 1_000_000,
      maxReportLengthBytes: 1_000_000,
      maxReportCount: 20,
      maxBatchSize: 20,
      outcomePruningThreshold: 3600n,
      requestTimeoutMs: 20_000,
    };
    expect(readLimits(new Uint8Array())).toEqual(defaults);
    expect(readLimits(unhex('08 00 38 00 42 00'))).toEqual(defaults);
    expect(protocolLimits(LIMITS)).toEqual({
      maxQueryLength: 1_000_000n,
      maxObservationLength: 1_000_000n,
      maxOutcomeLength: 1_000_000n,
      maxReportLength: 1_000_000n,
      maxReportCount: 20n,
    });
  });

  test('is read field by field', () => {
    expect(readLimits(unhex('08 01 10 02 18 03 20 04 28 05 30 06 38 07 42 08 08 01 10 80cab5ee01'))).toEqual({
      maxQueryLengthBytes: 1,
      maxObservationLengthBytes: 2,
      maxOutcomeLengthBytes: 3,
      maxReportLengthBytes: 4,
      maxReportCount: 5,
      maxBatchSize: 6,
      outcomePruningThreshold: 7n,
      requestTimeoutMs: 1500,
    });
  });

  test('has no negative time-out', () => {
    expect(() => limitsOf({ requestTimeout: { seconds: -2n, nanos: 0 } })).toThrow(
      'offchainConfig.requestTimeout: expected a positive duration, got -2000 ms',
    );
  });
});

test('what fits is taken in order, what is too large is passed over', () => {
  expect(fitting([4, 9, 3, 2, 1], (size) => size, 8)).toEqual([4, 3, 1]);
});

describe('the query', () => {
  test('has the oldest executions, as many as a round may have', () => {
    const executions = executionsOf(buildQuery(many(25), LIMITS), LIMITS);
    expect(executions).toEqual(many(20));
    const few = limitsOf({ maxBatchSize: 10, maxReportCount: 3 });
    expect(executionsOf(buildQuery(many(25), few), few)).toEqual(many(3));
    expect(maxExecutions(limitsOf({ maxBatchSize: 2 }))).toBe(2);
  });

  test('is no longer than it may be', () => {
    const one = buildQuery(many(1), LIMITS).length;
    const query = buildQuery(many(9), limitsOf({ maxQueryLengthBytes: one * 3 - 1 }));
    expect(query.length).toBe(one * 2);
  });

  test('of nothing is empty', () => {
    expect(buildQuery([], LIMITS)).toEqual(new Uint8Array());
    expect(executionsOf(new Uint8Array(), LIMITS)).toEqual([]);
  });

  test('of a faulty leader that repeats and exceeds counts once and up to the limit', () => {
    const query = queryOf(idOf(1), ...many(30), idOf(1, 9));
    const [first, ...rest] = executionsOf(query, LIMITS);
    expect(first).toEqual(idOf(1));
    expect(rest).toEqual(
      many(30)
        .filter((_, index) => index !== 1)
        .slice(0, 19),
    );
  });
});

const request = (id: Id, size = 4): PendingRequest => ({
  id,
  observations: [int64(1n), text('x'.repeat(size))],
});
const NOW = timestampOf(1_700_000_000_250);
type Said = Message<typeof Observations>;
function said(query: Uint8Array, pending: readonly PendingRequest[], limits = LIMITS, log = noLog): Said {
  return Observations.decode(buildObservation(query, { pending, now: NOW }, limits, log));
}

describe('the observation', () => {
  test('has what this oracle has for the executions of the query, in its order', () => {
    const pending = [idOf(1), idOf(2), idOf(3)].map((id) => request(id));
    const { observations, timestamp } = said(queryOf(idOf(3), idOf(9), idOf(1)), pending);
    expect(observations.map(({ id }) => id)).toEqual([idOf(3), idOf(1)]);
    expect(observations[0]?.observations).toEqual(request(idOf(3)).observations);
    expect(timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 250_000_000 });
  });

  test('registers the workflows of every request that waits, sorted, each once', () => {
    const pending = [idOf(1, 9), idOf(2, 5), idOf(3, 9)].map((id) => request(id));
    expect(said(queryOf(idOf(1, 9)), pending).registeredWorkflowIds).toEqual([hexOf(5), hexOf(9)]);
    expect(said(queryOf(), []).registeredWorkflowIds).toEqual([]);
  });

  test('does not lend its word to an execution under a false id', () => {
    const pending = [request(idOf(1))];
    for (const forged of [
      idOf(1, 2),
      idOf(1, 1, { workflowOwner: hexOf(1, 20) }),
      idOf(1, 1, { keyId: 'x' }),
    ]) {
      expect(said(queryOf(forged), pending).observations).toEqual([]);
    }
  });

  test('is no longer than it may be: later executions first, then workflows are left out', () => {
    const pending = [idOf(1), idOf(2), idOf(3)].map((id) => request(id, 500));
    const query = queryOf(idOf(1), idOf(2), idOf(3));
    const full = buildObservation(query, { pending, now: NOW }, LIMITS, noLog).length;
    const { lines, log } = keptLog();
    const limits = limitsOf({ maxObservationLengthBytes: full - 600 });
    const { observations, registeredWorkflowIds } = said(query, pending, limits, log);
    expect(observations.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
    expect(registeredWorkflowIds).toEqual([hexOf(1), hexOf(2), hexOf(3)]);
    expect(lines).toEqual(['warn observation is full: executions are left for later {"left":1}']);
    const { observations: values } = request(idOf(1), 500);
    const entry = Observations.encode({ observations: [entryOf(idOf(1), { observations: values })] }).length;
    const tight = limitsOf({ maxObservationLengthBytes: full - 2 * entry - 1 });
    expect(said(query, pending, tight)).toMatchObject({
      observations: [{ id: idOf(1) }],
      registeredWorkflowIds: [hexOf(1), hexOf(2)],
    });
  });

  test('is validated by every oracle that made the same query of it', () => {
    const pending = many(25).map((id) => request(id));
    const query = buildQuery(many(25), LIMITS);
    const observation = buildObservation(query, { pending, now: NOW }, LIMITS, noLog);
    expect(() => validateObservation(query, { observation, observer: 3 }, LIMITS)).not.toThrow();
  });
});

describe('validation refuses what no honest oracle sends', () => {
  const query = queryOf(idOf(1));

  test.each([
    [
      'bytes that are no protobuf',
      { observer: 2, observation: unhex('0a05') },
      'length reaches past the end',
    ],
    ['no timestamp', observationOf(2, { seconds: undefined }), 'oracle 2: expected a timestamp, got none'],
    [
      'a timestamp after 9999',
      observationOf(2, { seconds: 253_402_300_800n }),
      'oracle 2: expected a timestamp, got one out of range',
    ],
    ['nanoseconds of a second and more', observationOf(2, { nanos: 1e9 }), 'got one out of range'],
    [
      'an entry without an id',
      observationOf(2, { entries: [entryOf(idOf(1), { id: undefined })] }),
      'oracle 2: expected an execution id in every entry, got an entry without',
    ],
    [
      'an execution that was not asked for',
      observationOf(2, { entries: [entryOf(idOf(2))] }),
      `oracle 2: expected executions of the query, got "${hexOf(2)}"`,
    ],
  ])('%s', (_, observation, message) => {
    expect(() => validateObservation(query, observation, LIMITS)).toThrow(message);
  });

  test('one that is too long', () => {
    const limits = limitsOf({ maxObservationLengthBytes: 10 });
    const observation = observationOf(0, { entries: [entryOf(idOf(1))] });
    expect(() => validateObservation(query, observation, limits)).toThrow(
      `oracle 0: expected at most 10 bytes, got ${String(observation.observation.length)}`,
    );
  });

  test('and nothing else: silence, repeats and strange workflows pass', () => {
    for (const says of [
      {},
      { entries: [entryOf(idOf(1)), entryOf(idOf(1))] },
      { workflows: ['', 'x', 'x'] },
    ]) {
      expect(() => validateObservation(query, observationOf(1, says), LIMITS)).not.toThrow();
    }
  });
});

test('2f+1 different oracles are a quorum', () => {
  expect([1, 2, 3, 4].map((count) => hasQuorum(allSay({}, count), 1))).toEqual([false, false, true, true]);
  expect(hasQuorum([...allSay({}, 2), ...allSay({}, 2)], 1)).toBe(false);
  expect(hasQuorum(allSay({}, 1), 0)).toBe(true);
});
