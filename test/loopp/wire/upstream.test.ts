import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MissingMessageError } from '../../../loopp/wire/ocr3-messages.ts';
import {
  Blocks,
  ExternalAdapterPayload,
  NewReportingPluginFactoryReply,
  NewReportingPluginFactoryRequest,
  ValidationServiceResponse,
} from '../../../loopp/wire/upstream-messages.ts';
import { ExternalAdapterService, LoopReportingPluginService } from '../../../loopp/wire/upstream-services.ts';
import {
  blocksText,
  packPayload,
  packSelector,
  parseInteger,
  unpackPayload,
  unpackSelector,
} from '../../../loopp/wire/upstream-values.ts';
import { PAYLOAD } from '../../helpers/external-adapter.ts';
import { concat, field, toHex, unhex } from '../../helpers/wire.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const MAX = 2n ** 64n - 1n;

describe('package loop', () => {
  test('a factory request has nine fields', () => {
    const request = {
      providerId: 1,
      errorLogId: 2,
      pipelineRunnerId: 3,
      telemetryId: 4,
      reportingPluginServiceConfig: {
        providerType: 'a',
        command: 'b',
        pluginName: 'c',
        pluginConfig: 'd',
        telemetryType: 'e',
      },
      capRegistryId: 6,
      keyValueStoreId: 7,
      relayerSetId: 8,
      secureMintExternalAdapterId: 300,
    };
    const bytes = unhex('0801 1002 1803 2004 2a0f 0a0161 120162 1a0163 220164 2a0165 3006 3807 4008 48ac02');
    expect(toHex(NewReportingPluginFactoryRequest.encode(request))).toBe(toHex(bytes));
    expect(NewReportingPluginFactoryRequest.decode(bytes)).toEqual(request);
  });

  test('a Secure Mint host sends the ninth alone', () => {
    const request = NewReportingPluginFactoryRequest.decode(unhex('4801'));
    expect(request.secureMintExternalAdapterId).toBe(1);
    expect(request.reportingPluginServiceConfig).toBeUndefined();
  });

  test('replies hold an id; the validation service has none', () => {
    expect(toHex(NewReportingPluginFactoryReply.encode({ id: 5 }))).toBe('0805');
    expect(toHex(ValidationServiceResponse.encode({ id: 0 }))).toBe('');
  });

  test('the methods are upstream\u2019s', () => {
    expect(
      [...Object.values(LoopReportingPluginService), ...Object.values(ExternalAdapterService)].map(
        ({ path }) => path,
      ),
    ).toEqual([
      '/loop.ReportingPluginService/NewReportingPluginFactory',
      '/loop.ReportingPluginService/NewValidationService',
      '/loop.internal.pb.securemint.ExternalAdapter/GetPayload',
    ]);
  });
});

describe('a payload', () => {
  test('has its chains in numeric order, zeros written', () => {
    const value = new Map([
      [MAX, 0n],
      [10n, 1n],
      [9n, 2n],
      [0n, 3n],
    ]);
    const bytes = unhex('0a04 0800 1003  0a04 0809 1002  0a04 080a 1001  0a0d 08ffffffffffffffffff01 1000');
    expect(toHex(Blocks.encode({ value }))).toBe(toHex(bytes));
    expect(Blocks.decode(bytes).value).toEqual(value);
  });

  test('is written as upstream\u2019s fields', () => {
    const payload = {
      mintables: new Map([[1n, { block: 2n, mintable: -30n }]]),
      reserveInfo: { reserveAmount: 4n, timestampNs: 5_000_000_006n },
      latestBlocks: new Map([[1n, 7n]]),
    };
    const bytes = concat(
      field(1, concat(unhex('0801'), field(2, concat(unhex('0802'), field(2, text('-30')))))),
      field(2, concat(field(1, text('4')), field(2, unhex('0805 1006')))),
      field(3, unhex('0a04 0801 1007')),
    );
    expect(toHex(ExternalAdapterPayload.encode(packPayload(payload)))).toBe(toHex(bytes));
  });

  test('without anything in it still has the messages that a Go peer uses unseen', () => {
    const nothing = {
      mintables: new Map(),
      reserveInfo: { reserveAmount: 0n, timestampNs: 0n },
      latestBlocks: new Map(),
    };
    expect(toHex(ExternalAdapterPayload.encode(packPayload(nothing)))).toBe('12050a013012001a00');
  });

  test('survives the wire', () => {
    const uint64 = fc.bigInt({ min: 0n, max: MAX });
    const amount = fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n });
    const payloads = fc.record({
      mintables: fc
        .array(fc.tuple(uint64, fc.record({ block: uint64, mintable: amount })), { maxLength: 5 })
        .map((pairs) => new Map(pairs)),
      reserveInfo: fc.record({
        reserveAmount: amount,
        timestampNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      }),
      latestBlocks: fc.array(fc.tuple(uint64, uint64), { maxLength: 5 }).map((pairs) => new Map(pairs)),
    });
    fc.assert(
      fc.property(payloads, (payload) => {
        const bytes = ExternalAdapterPayload.encode(packPayload(payload));
        expect(unpackPayload(ExternalAdapterPayload.decode(bytes))).toEqual(payload);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a payload that came', () => {
  const good = packPayload(PAYLOAD);

  test.each(['reserveInfo', 'latestBlocks'])('without %s is a clear error', (name) => {
    const unpack = (): unknown => unpackPayload({ ...good, [name]: undefined });
    expect(unpack).toThrow(MissingMessageError);
    expect(unpack).toThrow(`${name}: expected a message, got none`);
  });

  test('without a timestamp is of 1970', () => {
    const reserveInfo = { reserveAmount: '1', timestamp: undefined };
    expect(unpackPayload({ ...good, reserveInfo }).reserveInfo.timestampNs).toBe(0n);
  });

  test('with a chain that has no pair is an amount that is no number, as in Go', () => {
    const bytes = concat(field(1, unhex('0801')), field(2, field(1, text('1'))), field(3, new Uint8Array()));
    expect(() => unpackPayload(ExternalAdapterPayload.decode(bytes))).toThrow('invalid integer ""');
  });

  test('with an amount that a Go host had not is refused', () => {
    const mintables = new Map([[1n, { blockNumber: 1n, mintable: '<nil>' }]]);
    expect(() => unpackPayload({ ...good, mintables })).toThrow('invalid integer "<nil>"');
    const reserveInfo = { reserveAmount: '', timestamp: undefined };
    expect(() => unpackPayload({ ...good, reserveInfo })).toThrow('invalid integer ""');
  });
});

test.each([
  ['0', 0n],
  ['+7', 7n],
  ['-7', -7n],
  ['-0', 0n],
  ['007', 7n],
  ['123456789012345678901234567890', 123456789012345678901234567890n],
])('the decimal %s is read', (decimal, value) => {
  expect(parseInteger(decimal)).toBe(value);
});

test.each(['', '+', '-', '1_000', ' 1', '1 ', '1\n', '0x10', '1.0', '1e3', '--1', '+-1', '\u0661', '<nil>'])(
  'the decimal %j is refused',
  (decimal) => {
    expect(() => parseInteger(decimal)).toThrow(new SyntaxError(`invalid integer "${decimal}"`));
  },
);

describe('a report\u2019s info', () => {
  test('is the chain selector, lowest byte first', () => {
    expect(toHex(packSelector(0x0102030405060708n))).toBe('0807060504030201');
    expect(unpackSelector(packSelector(MAX))).toBe(MAX);
    expect(unpackSelector(packSelector(16015286601757825753n))).toBe(16015286601757825753n);
  });

  test('longer than that is read as far as it goes', () => {
    expect(unpackSelector(unhex('0100000000000000 ff'))).toBe(1n);
    expect(unpackSelector(unhex('ff 0100000000000000').subarray(1))).toBe(1n);
  });

  test.each([
    ['', '[]'],
    ['010203', '[1 2 3]'],
    ['ff000000000000', '[255 0 0 0 0 0 0]'],
  ])('shorter is refused as in Go: %s', (info, shown) => {
    expect(() => unpackSelector(unhex(info))).toThrow(`info is less than 8 bytes: ${shown}`);
  });
});

test('blocks are shown as protobuf text, chains ascending', () => {
  const blocks = new Map([
    [16015286601757825753n, 41n],
    [9n, 0n],
  ]);
  expect(blocksText(blocks)).toBe('value:{key:9 value:0} value:{key:16015286601757825753 value:41}');
  expect(blocksText(new Map())).toBe('');
});
