import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AggregationOutcome,
  CapabilityConfig,
  CapabilityOutcome,
  Id,
  Observation,
  Observations,
  Query,
  Report,
  ReportInfo,
} from '../../src/codec/capability.ts';
import { arbitraryText, arbitraryValue, int64, map, text } from '../helpers/arbitraries.ts';
import { configureSeed } from '../helpers/seed.ts';
import { compact, concat, toHex, unhex } from '../helpers/wire.ts';

configureSeed();

// Bytes by hand from the field numbers of docs/spec/aggregator.md G.3.
describe('the messages of the capability', () => {
  test('AggregationOutcome', () => {
    const message = {
      encodableOutcome: new Map([['a', int64(5n)]]),
      metadata: unhex('ff'),
      shouldReport: true,
      lastSeenAt: 2n ** 64n - 1n,
      timestamp: { seconds: -1n, nanos: 7 },
      encoderName: 'EVM',
      encoderConfig: new Map([['b', text('c')]]),
    };
    const bytes = [
      '0a09 0a07 0a0161 12023805',
      '1201ff',
      '1801',
      '20ffffffffffffffffff01',
      '2a0d 08ffffffffffffffffff01 1007',
      '320345564d',
      '3a0a 0a08 0a0162 12030a0163',
    ].join('');
    expect(toHex(AggregationOutcome.encode(message))).toBe(compact(bytes));
    expect(AggregationOutcome.decode(unhex(bytes))).toEqual(message);
  });

  test('Id', () => {
    const id = {
      workflowExecutionId: 'a',
      workflowId: 'b',
      workflowOwner: 'c',
      workflowName: 'd',
      reportId: 'e',
      workflowDonId: 300,
      workflowDonConfigVersion: 2 ** 32 - 1,
      keyId: 'f',
    };
    const bytes = '0a0161 120162 1a0163 220164 320165 38ac02 40ffffffff0f 4a0166';
    expect(toHex(Id.encode(id))).toBe(compact(bytes));
    expect(Id.decode(unhex(bytes))).toEqual(id);
    expect(toHex(Query.encode({ ids: [id, Id.decode(new Uint8Array())] }))).toBe(compact(`0a1b${bytes}0a00`));
  });

  test('Observations', () => {
    const observation = {
      id: Id.decode(unhex('0a0161')),
      observations: [int64(1n), text('x')],
      overriddenEncoderName: 'n',
      overriddenEncoderConfig: new Map(),
    };
    const bytes = '0a030a0161 2209 12023801 12030a0178 2a016e 3200';
    expect(toHex(Observation.encode(observation))).toBe(compact(bytes));
    expect(Observation.decode(unhex(bytes))).toEqual(observation);
    const all = {
      observations: [observation],
      registeredWorkflowIds: ['w', ''],
      timestamp: { seconds: 1n, nanos: 0 },
    };
    expect(toHex(Observations.encode(all))).toBe(compact(`0a15${bytes}12017712001a020801`));
    expect(Observations.decode(Observations.encode(all))).toEqual(all);
  });

  test('Outcome, Report and ReportInfo', () => {
    const outcome = AggregationOutcome.decode(unhex('1801'));
    const report = { id: Id.decode(unhex('0a0161')), outcome };
    expect(toHex(Report.encode(report))).toBe(compact('0a030a0161 12021801'));
    expect(toHex(ReportInfo.encode({ id: report.id, shouldReport: true }))).toBe(compact('0a030a0161 1001'));
    const whole = { outcomes: new Map([['w', outcome]]), currentReports: [report] };
    const bytes = compact('0a070a017712021801 12090a030a016112021801');
    expect(toHex(CapabilityOutcome.encode(whole))).toBe(bytes);
    expect(CapabilityOutcome.decode(unhex(bytes))).toEqual(whole);
  });

  test('ReportingPluginConfig', () => {
    const bytes = '0801 1002 1803 2004 2805 3006 3807 42020808';
    expect(CapabilityConfig.decode(unhex(bytes))).toEqual({
      maxQueryLengthBytes: 1,
      maxObservationLengthBytes: 2,
      maxOutcomeLengthBytes: 3,
      maxReportLengthBytes: 4,
      maxReportCount: 5,
      maxBatchSize: 6,
      outcomePruningThreshold: 7n,
      requestTimeout: { seconds: 8n, nanos: 0 },
    });
  });
});

describe('deterministic marshalling', () => {
  test('leaves default scalars out', () => {
    expect(AggregationOutcome.encode({}).length).toBe(0);
    const empty = AggregationOutcome.decode(new Uint8Array());
    expect(AggregationOutcome.encode(empty).length).toBe(0);
  });

  test('keeps an empty message that is there', () => {
    const bytes = compact('0a00 2a00 3a00');
    expect(toHex(AggregationOutcome.encode(AggregationOutcome.decode(unhex(bytes))))).toBe(bytes);
  });

  test('drops unknown fields and known ones with another wire type', () => {
    const known = unhex('1801');
    const decoded = AggregationOutcome.decode(concat(unhex('0801 7a0161 7b0801 7c'), known, unhex('220161')));
    expect(toHex(AggregationOutcome.encode(decoded))).toBe('1801');
  });

  test('writes what it read, in one form, whatever the order of its maps', () => {
    const outcome = fc.record({
      encodableOutcome: fc.option(fc.array(fc.tuple(arbitraryText, arbitraryValue)), { nil: undefined }),
      metadata: fc.uint8Array({ maxLength: 4 }),
      shouldReport: fc.boolean(),
      lastSeenAt: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      encoderName: arbitraryText,
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(arbitraryText, outcome), { selector: ([key]) => key }),
        (entries) => {
          const outcomes = entries.map(([key, { encodableOutcome, ...rest }]) => {
            const members =
              encodableOutcome === undefined ? {} : { encodableOutcome: new Map(encodableOutcome) };
            return [
              key,
              AggregationOutcome.decode(AggregationOutcome.encode({ ...rest, ...members })),
            ] as const;
          });
          const bytes = CapabilityOutcome.encode({ outcomes: new Map(outcomes) });
          const decoded = CapabilityOutcome.decode(bytes);
          expect(decoded.outcomes).toEqual(new Map(outcomes));
          expect(toHex(CapabilityOutcome.encode(decoded))).toBe(toHex(bytes));
          expect(toHex(CapabilityOutcome.encode({ outcomes: new Map(outcomes.toReversed()) }))).toBe(
            toHex(bytes),
          );
          expect([...decoded.outcomes.keys()]).toEqual(
            outcomes.map(([key]) => key).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a message that comes twice', () => {
  test('is merged, maps of values included', () => {
    const twice = unhex('2a020805 2a021007 0a090a070a016112023805 0a090a070a016212023806');
    const { timestamp, encodableOutcome } = AggregationOutcome.decode(twice);
    expect(timestamp).toEqual({ seconds: 5n, nanos: 7 });
    expect({ kind: 'map', entries: encodableOutcome }).toEqual(map({ a: int64(5n), b: int64(6n) }));
  });
});
