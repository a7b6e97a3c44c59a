import { expect, test } from 'vitest';
import { ExternalAdapterPayload } from '../../loopp/wire/upstream-messages.ts';
import { unpackPayload } from '../../loopp/wire/upstream-values.ts';
import { GoInterop } from '../helpers/go-interop.ts';
import { unhex } from '../helpers/wire.ts';

const everything = process.env['SECUREMINT_TEST'] === 'all';

/** What test/interop/cmd/upstream answers as an external adapter, in Go's deterministic bytes. */
const PAYLOAD =
  '0a0708011203120130' +
  '0a2f088cc988c88cedb0900a12230805121f2d313233343536373839303132333435363738393031323334353637383930' +
  '0a1308d9b5e4cefcc9eea0de011206082812023130' +
  '12100a043130303012080880dea9c5061005' +
  '1a290a04080110000a04080a10010a0c088cc988c88cedb0900a10060a0d08d9b5e4cefcc9eea0de011029';

/** What the plugin makes of it, which is what Go's encoding/json writes. */
const OBSERVATION =
  '{"QueryResponse":{"1":{"Block":0,"Mintable":0},"16015286601757825753":{"Block":40,"Mintable":10},' +
  '"729797994450396300":{"Block":5,"Mintable":-123456789012345678901234567890}},' +
  '"LatestBlocks":{"1":0,"10":1,"16015286601757825753":41,"729797994450396300":6}}';

// Building the host downloads Go modules, which the plain test run must not.
test.skipIf(!everything)(
  'a real Go host makes a factory over its external adapter, and our plugin observes that',
  async () => {
    const go = await GoInterop.build();
    try {
      expect(await go.upstream()).toEqual({
        validationServiceID: 0,
        healthReport: { PluginSecureMint: '' },
        observation: OBSERVATION,
        go: OBSERVATION,
        payload: PAYLOAD,
        blocks: { 1: 0, '729797994450396300': 5, '16015286601757825753': 41 },
        org: ['interop'],
        deadline: true,
        refusal: 'Unknown: out of cheese',
        ending: { exit: 'exit status 0', left: [] },
      });
    } finally {
      await go.remove();
    }
  },
  300_000,
);

test('Go\u2019s bytes of that payload are read as what it is', () => {
  expect(unpackPayload(ExternalAdapterPayload.decode(unhex(PAYLOAD)))).toEqual({
    mintables: new Map([
      [1n, { block: 0n, mintable: 0n }],
      [729797994450396300n, { block: 5n, mintable: -123456789012345678901234567890n }],
      [16015286601757825753n, { block: 40n, mintable: 10n }],
    ]),
    reserveInfo: { reserveAmount: 1000n, timestampNs: 1_756_000_000_000_000_005n },
    latestBlocks: new Map([
      [1n, 0n],
      [10n, 1n],
      [729797994450396300n, 6n],
      [16015286601757825753n, 41n],
    ]),
  });
});
