import { hexlify } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EVM_RELAYER_DEFAULTS } from '../../../../loopp/provider/evm/options.ts';
import { EvmRelayer } from '../../../../loopp/provider/evm/relayer.ts';
import type { EvmProvider } from '../../../../loopp/provider/evm/provider.ts';
import type { AttestedReport } from '../../../../loopp/provider/evm/delivery/transmitter.ts';
import {
  LATEST_TRANSMISSION,
  packQuery,
  unpackDetails,
} from '../../../../loopp/wire/provider-transmission.ts';
import { CONFIG_DIGEST, Chain, F, attestRound, newMetadata } from '../../../chain/don.ts';
import { plainRound } from '../../../helpers/arbitraries.ts';
import { everything } from '../../../helpers/real/parts.ts';
import { unhex } from '../../../helpers/wire.ts';
import { PLUGIN_ARGS, PROTOCOL_ADDRESS, SELECTOR, relayArgs } from './chain.ts';

const FEED = unhex('01c50000000000000000000000000000');

/**
 * A contract whose every answer is `latestConfigDetails`: configuration 1 of block 77 with this digest. In words: three
 * MSTOREs at 0, 32 and 64, then RETURN of 96 bytes.
 */
const protocolCode = (digest: Uint8Array): string =>
  `0x6001600052604d6020527f${Buffer.from(digest).toString('hex')}60405260606000f3`;

const attested = (seqNr: bigint): Promise<AttestedReport> => attestRound(plainRound({ fields: { seqNr } }));

const transmit = (by: EvmProvider, report: AttestedReport): Promise<void> =>
  by.ocr3ContractTransmitter.transmit(
    report.configDigest,
    report.seqNr,
    { report: report.report, info: new Uint8Array() },
    report.signatures,
  );

const latest = (by: EvmProvider): Promise<unknown> =>
  by.contractReader
    .getLatestValue({
      readIdentifier: LATEST_TRANSMISSION,
      confidence: 'unconfirmed',
      params: packQuery(SELECTOR),
    })
    .then(unpackDetails);

// Needs a chain and the contracts of test/real.
describe.skipIf(!everything)('an EVM relayer over the real forwarder and cache', () => {
  let chain: Chain;
  let relayer: EvmRelayer;

  beforeAll(async () => {
    chain = await Chain.start([FEED]);
  });
  beforeEach(async () => {
    await chain.anvil.provider.send('anvil_setCode', [PROTOCOL_ADDRESS, protocolCode(CONFIG_DIGEST)]);
    relayer = new EvmRelayer({
      ...EVM_RELAYER_DEFAULTS,
      url: chain.anvil.url,
      chainId: BigInt(chain.anvil.chainId),
      chainSelector: SELECTOR,
      finality: 'latest',
      privateKey: chain.anvil.wallet(1).privateKey,
    });
    await relayer.start();
  });
  afterEach(async () => {
    await relayer.close();
    await chain.reset();
  });
  afterAll(() => chain.anvil.stop());

  function provider(): Promise<EvmProvider> {
    const { forwarder, cache } = chain.target;
    const transmissions = { contract: 'DataFeedsCache', address: cache, dataId: hexlify(FEED) };
    return relayer.newSecureMintProvider(
      relayArgs({ transmissions, delivery: { forwarder, f: F } }),
      PLUGIN_ARGS,
    );
  }

  test('what one provider transmits another one reads', async () => {
    const [one, other] = [await provider(), await provider()];
    await expect(latest(other)).rejects.toThrow('not found');
    await transmit(one, await attested(10n));
    expect(await latest(other)).toEqual({ configDigest: CONFIG_DIGEST, seqNr: 10n, latestTimestamp: 0n });
    await transmit(other, await attested(11n));
    expect(await latest(one)).toMatchObject({ seqNr: 11n });
  });

  test('a report that is there already needs nothing more', async () => {
    const by = await provider();
    const report = await attested(10n);
    await transmit(by, report);
    const { height } = await relayer.latestHead();
    await transmit(by, report);
    expect((await relayer.latestHead()).height).toBe(height);
  });

  test('reports of several providers at the same time all come through one account', async () => {
    const providers = await Promise.all([1, 2, 3, 4, 5].map(() => provider()));
    const before = await chain.anvil.provider.getTransactionCount(chain.anvil.wallet(1).address);
    await Promise.all(providers.map(async (by, at) => transmit(by, await attested(BigInt(20 + at)))));
    const after = await chain.anvil.provider.getTransactionCount(chain.anvil.wallet(1).address);
    expect(after - before).toBe(providers.length);
    expect(await latest(await provider())).toMatchObject({ configDigest: CONFIG_DIGEST });
  });

  test('a transaction that cannot be sent holds up none that follows', async () => {
    const by = await provider();
    const { address } = chain.anvil.wallet(1);
    await transmit(by, await attested(10n));
    await chain.anvil.provider.send('anvil_setBalance', [address, '0x0']);
    await expect(transmit(by, await attested(11n))).rejects.toThrow();
    await chain.anvil.provider.send('anvil_setBalance', [address, '0xde0b6b3a7640000']);
    await transmit(by, await attested(12n));
    expect(await latest(by)).toMatchObject({ seqNr: 12n });
  });

  test('a workflow that may not write is an error that says so', async () => {
    const metadata = newMetadata({ workflowOwner: '55'.repeat(20) });
    const report = await attestRound(plainRound({ fields: { seqNr: 10n } }), metadata);
    await expect(transmit(await provider(), report)).rejects.toThrow(
      /^transaction 0x[0-9a-f]{64}: the cache lets this workflow not write feed 01c50000000000000000000000000000$/,
    );
  });
});
