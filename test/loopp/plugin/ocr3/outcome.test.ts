import { describe, expect, test } from 'vitest';
import type { AggregationInput } from '../../../../loopp/plugin/aggregation/aggregate.ts';
import { medianTimestamp, timestampOf } from '../../../../loopp/plugin/ocr3/timestamp.ts';
import { AggregationOutcome, CapabilityOutcome } from '../../../../src/codec/capability.ts';
import type { Id } from '../../../../src/codec/capability.ts';
import { decodeValue } from '../../../../src/codec/values.ts';
import { bytes, map, observation, text } from '../../../helpers/arbitraries.ts';
import { concat, field, toHex, unhex, varint } from '../../../helpers/wire.ts';
import {
  SEQ_NR,
  allSay,
  contextOf,
  entryOf,
  hexOf,
  idOf,
  keptLog,
  noLog,
  observationOf,
  outcomeBytes,
  outcomeOf,
  plain,
  queryOf,
  rulesOf,
} from './builders.ts';
import type { Entry } from './builders.ts';

const ID = idOf(1);
const WORKFLOW = ID.workflowId;
const query = queryOf(ID);
const agreed = allSay({ entries: [entryOf(ID)] });
const utf8 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

describe('golden bytes, put together by hand', () => {
  // docs/spec/aggregator.md G.4: data id 01c500..00, block 1000, mintable 99, timestamp 10.
  const ENCODABLE = unhex(
    '0a640a075265706f72747312592a57125522530a220a06416e7377657212184a160a1203e8000000000000000000000000000000631001' +
      '0a1c0a0644617461494412121a1001c500000000000000000000000000000a0f0a0954696d657374616d701202380a',
  );
  /** What the aggregator gives, with the late LastSeenAt and the oracles' median second. */
  const aggregated = (lastSeenAt: bigint): Uint8Array =>
    concat(
      field(1, ENCODABLE),
      field(2, Uint8Array.of(10)),
      unhex('18 01'),
      unhex('20'),
      varint(lastSeenAt),
      field(5, unhex('08 e807')),
    );
  const idBytes = concat(
    field(1, utf8(hexOf(1))),
    field(2, utf8(hexOf(1))),
    field(3, utf8(hexOf(0x44, 20))),
    field(4, utf8(hexOf(0x33, 10))),
    field(6, utf8('0001')),
    unhex('38 07 40 02'),
    field(9, utf8('evm')),
  );

  test('one execution of a new workflow', () => {
    const expected = concat(
      field(1, concat(field(1, utf8(WORKFLOW)), field(2, aggregated(SEQ_NR)))),
      field(2, concat(field(1, idBytes), field(2, aggregated(SEQ_NR)))),
    );
    expect(toHex(outcomeBytes({ query, observations: agreed }))).toBe(toHex(expected));
  });

  test('no execution: nothing at all', () => {
    expect(outcomeBytes({ query: queryOf(), observations: allSay({}) })).toEqual(new Uint8Array());
  });
});

describe('an execution', () => {
  test('needs 2f+1 oracles', () => {
    const { lines, log } = keptLog();
    const two = [...allSay({ entries: [entryOf(ID)] }, 2), observationOf(2, {}), observationOf(3, {})];
    expect(outcomeOf({ query, observations: two, log }).currentReports).toEqual([]);
    expect(lines).toEqual([
      'warn insufficient observations for workflow execution id ' +
        `{"workflowId":"${WORKFLOW}","workflowExecutionId":"${WORKFLOW}","observations":2}`,
    ]);
    const three = [...allSay({ entries: [entryOf(ID)] }, 3), observationOf(3, {})];
    expect(outcomeOf({ query, observations: three }).currentReports).toHaveLength(1);
  });

  test('that comes twice from one oracle counts once, the first time', () => {
    const twice = { entries: [entryOf(ID), entryOf(ID)] };
    expect(outcomeOf({ query, observations: allSay(twice, 2) }).currentReports).toEqual([]);
    const other = entryOf(ID, { observations: [decodeValue(observation('2025-09', { mintable: 5n }))] });
    const first = outcomeBytes({ query, observations: allSay({ entries: [entryOf(ID), other] }) });
    expect(first).toEqual(outcomeBytes({ query, observations: agreed }));
  });

  test('whose aggregation fails is skipped, the others go on', () => {
    const bad = entryOf(idOf(2), { observations: [decodeValue(observation('2025-09', { mintable: null }))] });
    const { lines, log } = keptLog();
    const { currentReports, outcomes } = outcomeOf({
      query: queryOf(idOf(2), ID),
      observations: allSay({ entries: [bad, entryOf(ID)] }),
      log,
    });
    expect(currentReports.map(({ id }) => id)).toEqual([ID]);
    expect([...outcomes.keys()]).toEqual([WORKFLOW]);
    expect(lines).toEqual([
      `error error aggregating outcome {"workflowId":"${hexOf(2)}","workflowExecutionId":"${hexOf(2)}",` +
        '"error":"failed to create outcome: encountered issue generating report in createOutcome ' +
        'failed to pack secure mint report for evm into uint224: mintable cannot be nil"}',
    ]);
  });

  test('with nothing to report is an outcome and a report all the same', () => {
    const empty = allSay({ entries: [entryOf(ID, { observations: [] })] });
    const { outcomes, currentReports } = outcomeOf({ query, observations: empty });
    expect(outcomes.get(WORKFLOW)).toMatchObject({ shouldReport: false, lastSeenAt: SEQ_NR });
    expect(currentReports[0]?.outcome).toEqual(outcomes.get(WORKFLOW));
  });

  test('is one of at most 20, in the order of the query', () => {
    const ids = Array.from({ length: 25 }, (_, index) => idOf(200 - index));
    const observations = allSay({ entries: ids.map((id) => entryOf(id)) });
    const { currentReports, outcomes } = outcomeOf({ query: queryOf(...ids), observations });
    expect(currentReports.map(({ id }) => id)).toEqual(ids.slice(0, 20));
    expect(outcomes.size).toBe(20);
  });

  test('is aggregated with the oracles in ascending order and the previous outcome of its workflow', () => {
    const previous = { lastSeenAt: 7n, metadata: Uint8Array.of(5) };
    const inputs: AggregationInput[] = [];
    const rules = rulesOf({
      aggregate: (input) => {
        inputs.push(input);
        return { kind: 'error', error: 'enough' };
      },
    });
    const observations = [3, 1, 2].map((oracle) => observationOf(oracle, { entries: [entryOf(ID)] }));
    outcomeBytes({ rules, context: contextOf({ [WORKFLOW]: previous, other: {} }), query, observations });
    outcomeBytes({ rules, query, observations });
    const values = [Buffer.from(observation('2025-09'))];
    const input = {
      revision: '2025-09',
      config: rules.config,
      observations: [1, 2, 3].map((oracle) => ({ oracle, values })),
    };
    expect(plain(inputs)).toEqual([
      plain({ ...input, previousOutcome: AggregationOutcome.encode(previous) }),
      plain({ ...input, previousOutcome: undefined }),
    ]);
  });

  test('that was not asked for is not there', () => {
    const observations = allSay({ entries: [entryOf(ID), entryOf(idOf(2))] });
    expect(outcomeOf({ query, observations }).currentReports.map(({ id }) => id)).toEqual([ID]);
  });
});

const lastSeen = (outcome: AggregationOutcome | undefined): bigint | undefined => outcome?.lastSeenAt;

const reported = (seqNr: bigint, id = ID): Entry =>
  entryOf(id, { observations: [decodeValue(observation('2025-09', { seqNr }))] });

/** One execution by four oracles, of which `seen` have the workflow registered. */
const lastSeenWith = (seen: number, previous?: bigint): ReturnType<typeof outcomeOf> =>
  outcomeOf({
    query,
    context: contextOf(previous === undefined ? {} : { [WORKFLOW]: { lastSeenAt: previous } }),
    observations: Array.from({ length: 4 }, (_, oracle) =>
      observationOf(oracle, {
        entries: [entryOf(ID)],
        workflows: oracle < seen ? [WORKFLOW, WORKFLOW] : [],
      }),
    ),
  });

describe('LastSeenAt', () => {
  test('of a workflow that f+1 oracles see is the consensus sequence number, also in the report', () => {
    const { outcomes, currentReports } = lastSeenWith(2, 7n);
    expect(lastSeen(outcomes.get(WORKFLOW))).toBe(SEQ_NR);
    expect(lastSeen(currentReports[0]?.outcome)).toBe(SEQ_NR);
  });

  test('of one that fewer see is that of the previous outcome, not the report’s own', () => {
    const { outcomes, currentReports } = lastSeenWith(1, 7n);
    expect(lastSeen(outcomes.get(WORKFLOW))).toBe(7n);
    expect(lastSeen(currentReports[0]?.outcome)).toBe(7n);
  });

  test('without a previous outcome and unseen is the report’s own', () => {
    expect(lastSeen(lastSeenWith(1).outcomes.get(WORKFLOW))).toBe(10n);
  });

  test('of a first execution of two is what the second one has before the round ends', () => {
    const ids = [idOf(1, 9), idOf(2, 9)];
    const entries = [reported(11n, ids[0]), reported(12n, ids[1])];
    const both = outcomeOf({ query: queryOf(...ids), observations: allSay({ entries, workflows: [] }) });
    expect(both.currentReports.map(({ outcome }) => lastSeen(outcome))).toEqual([11n, 11n]);
    const seen = outcomeOf({ query: queryOf(...ids), observations: allSay({ entries }) });
    // The map holds the second; the first is in its report only, where nothing writes to it any more.
    expect(seen.currentReports.map(({ outcome }) => lastSeen(outcome))).toEqual([11n, SEQ_NR]);
    expect(seen.outcomes.get(hexOf(9))).toEqual(seen.currentReports[1]?.outcome);
  });
});

describe('pruning', () => {
  const OTHER = hexOf(8);
  const kept = (
    lastSeenAt: bigint,
    workflows: readonly string[] = [],
    threshold = 10n,
  ): readonly string[] => {
    const rules = rulesOf({ offchain: { outcomePruningThreshold: threshold } });
    const context = contextOf({ [OTHER]: { lastSeenAt } });
    return [
      ...outcomeOf({ rules, context, query: queryOf(), observations: allSay({ workflows }) }).outcomes.keys(),
    ];
  };

  test('forgets a workflow once it is unseen for more rounds than the threshold', () => {
    expect(kept(SEQ_NR - 10n)).toEqual([OTHER]);
    expect(kept(SEQ_NR - 11n)).toEqual([]);
    expect(kept(SEQ_NR - 11n, [OTHER])).toEqual([OTHER]);
  });

  test('has a threshold of 3600 rounds', () => {
    const context = { ...contextOf({ [OTHER]: { lastSeenAt: 0n } }), seqNr: 3600n };
    const quiet = { query: queryOf(), observations: allSay({}) };
    expect(outcomeOf({ ...quiet, context }).outcomes.size).toBe(1);
    expect(outcomeOf({ ...quiet, context: { ...context, seqNr: 3601n } }).outcomes.size).toBe(0);
  });

  test('counts in uint64 as Go does: a number above the round’s is unseen for very long', () => {
    expect(kept(SEQ_NR + 1n)).toEqual([]);
  });
});

test('what a round does not touch is carried over byte for byte', () => {
  const carried = {
    encodableOutcome: new Map([['Reports', map({ b: text('x'), a: bytes(Uint8Array.of(1, 2)) })]]),
    metadata: Uint8Array.of(9),
    shouldReport: true,
    lastSeenAt: 40n,
    timestamp: { seconds: 5n, nanos: 6 },
    encoderName: 'EVM',
    encoderConfig: new Map([['abi', text('y')]]),
  };
  const context = contextOf({ [hexOf(7)]: carried, [hexOf(5)]: { lastSeenAt: 39n } });
  const outcome = outcomeBytes({ context, query: queryOf(), observations: allSay({}) });
  expect(toHex(outcome)).toBe(toHex(context.previousOutcome));
});

test('the reports of the previous round are gone', () => {
  const first = outcomeBytes({ query, observations: agreed });
  const context = { ...contextOf(), seqNr: 42n, previousOutcome: first };
  const { outcomes, currentReports } = outcomeOf({ context, query: queryOf(), observations: allSay({}) });
  expect(currentReports).toEqual([]);
  expect(outcomes).toEqual(CapabilityOutcome.decode(first).outcomes);
});

const at = (seconds: bigint, nanos = 0): { seconds: bigint; nanos: number } => ({ seconds, nanos });

describe('the timestamp', () => {
  test('of an odd number is the middle one as it is', () => {
    expect(medianTimestamp([at(9n, 1), at(5n, 7), at(5n, 3)])).toEqual(at(5n, 7));
  });

  test('of an even number is whole seconds halfway, rounded down', () => {
    expect(medianTimestamp([at(1n), at(90n), at(4n, 9), at(9n, 9)])).toEqual(at(6n));
    expect(medianTimestamp([at(4n, 1), at(4n, 5)])).toEqual(at(4n));
    expect(medianTimestamp([])).toBeUndefined();
  });

  test('is the median over all oracles, also those without the execution; one faulty clock cannot move it out', () => {
    const seconds = [100n, 101n, 102n, -62_135_596_800n];
    const observations = seconds.map((second, oracle) =>
      observationOf(oracle, { entries: oracle === 0 ? [] : [entryOf(ID)], seconds: second, nanos: 5 }),
    );
    const { currentReports } = outcomeOf({ query, observations });
    expect(currentReports[0]?.outcome?.timestamp).toEqual(at(100n));
  });

  test('of a clock has its milliseconds', () => {
    expect(timestampOf(1_700_000_000_123)).toEqual(at(1_700_000_000n, 123_000_000));
    expect(timestampOf(-1)).toEqual(at(-1n, 999_000_000));
  });
});

const named = (name: string, abi = 'a'): Entry =>
  entryOf(ID, { overriddenEncoderName: name, overriddenEncoderConfig: new Map([['abi', text(abi)]]) });

const encoderOf = (entries: readonly Entry[]): readonly [string | undefined, unknown] => {
  const observations = entries.map((entry, oracle) => observationOf(oracle, { entries: [entry] }));
  const outcome = outcomeOf({ query, observations }).currentReports[0]?.outcome;
  return [outcome?.encoderName, outcome?.encoderConfig];
};

const winner = (...names: readonly string[]): string | undefined =>
  encoderOf(names.map((name) => named(name)))[0];

describe('another encoder', () => {
  test('is used when 2f+1 oracles name it with the same configuration', () => {
    const config = new Map([['abi', text('a')]]);
    expect(encoderOf([named('X'), named('X'), named('X'), entryOf(ID)])).toEqual(['X', config]);
    expect(encoderOf([named('X'), named('X'), named('X', 'b'), entryOf(ID)])).toEqual(['', undefined]);
    expect(encoderOf([named('X'), named('X'), entryOf(ID), entryOf(ID)])).toEqual(['', undefined]);
  });

  test('is counted by oracles, not by how often one says it', () => {
    const loud = { entries: [named('X'), named('X'), named('X')] };
    const observations = [observationOf(0, loud), ...allSay({ entries: [entryOf(ID)] }).slice(1)];
    expect(outcomeOf({ query, observations }).currentReports[0]?.outcome?.encoderName).toBe('');
  });

  test('is the one with most votes where two have enough, then the smallest', () => {
    expect(winner('B', 'B', 'B', 'B', 'A', 'A', 'A')).toBe('B');
    expect(winner('B', 'B', 'B', 'A', 'A', 'A')).toBe('A');
  });

  test('is the same for every order of the keys of its configuration', () => {
    const config = (keys: readonly string[]): Entry =>
      entryOf(ID, {
        overriddenEncoderName: 'X',
        overriddenEncoderConfig: new Map(keys.map((key) => [key, text(key)])),
      });
    expect(encoderOf([config(['a', 'b']), config(['b', 'a']), config(['a', 'b']), entryOf(ID)])[0]).toBe('X');
  });
});

const lengthy = (id: Id, length: number): Entry => entryOf(id, { observations: [text('x'.repeat(length))] });

describe('the outcome’s length', () => {
  const ids = [idOf(1), idOf(2), idOf(3)];
  const observations = allSay({
    entries: [lengthy(idOf(1), 1), lengthy(idOf(2), 900), lengthy(idOf(3), 1)],
  });
  /** Answers as much as it was given. */
  const echo = rulesOf({
    aggregate: ({ observations: [first] }) => ({
      kind: 'outcome',
      outcome: AggregationOutcome.encode({ metadata: first?.values[0] ?? new Uint8Array() }),
    }),
  });

  test('is kept by leaving executions for later, not those behind them', () => {
    const all = outcomeBytes({ rules: echo, query: queryOf(...ids), observations }).length;
    const limits = { ...echo.limits, maxOutcomeLengthBytes: all - 1000 };
    const { lines, log } = keptLog();
    const held = { rules: { ...echo, limits }, query: queryOf(...ids), observations, log };
    expect(outcomeOf(held).currentReports.map(({ id }) => id)).toEqual([idOf(1), idOf(3)]);
    expect(outcomeBytes(held).length).toBeLessThanOrEqual(all - 1000);
    expect(lines[0]).toBe(
      'warn outcome is full: execution is left for later ' +
        `{"workflowId":"${hexOf(2)}","workflowExecutionId":"${hexOf(2)}"}`,
    );
  });

  test('that what is carried over alone exceeds is an error', () => {
    const rules = rulesOf({ offchain: { maxOutcomeLengthBytes: 20 } });
    const context = contextOf({ [hexOf(7)]: { lastSeenAt: 40n } });
    expect(() => outcomeBytes({ rules, context, query: queryOf(...ids), observations, log: noLog })).toThrow(
      'outcome: expected at most 20 bytes, got 72 carried over from the previous one',
    );
  });
});

test('an observation that is no protobuf all the same counts as not sent', () => {
  const { lines, log } = keptLog();
  const observations = [...agreed.slice(0, 3), { observer: 3, observation: unhex('0a05') }];
  const outcome = outcomeBytes({ query, observations, log });
  expect(outcome).toEqual(outcomeBytes({ query, observations: agreed.slice(0, 3) }));
  expect(lines).toEqual([
    'error could not decode observation {"oracle":3,"error":"length reaches past the end at byte 1"}',
  ]);
});
