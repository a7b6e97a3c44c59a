import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { providerOfChains } from '../../../loopp/provider/chains.ts';
import { LazyConnection } from '../../../loopp/provider/lazy-connection.ts';
import { registerOcr3Provider } from '../../../loopp/provider/provider-server.ts';
import { RemoteProvider } from '../../../loopp/provider/remote-provider.ts';
import { serveProvider } from '../../../loopp/provider/serve-provider.ts';
import { StatusError } from '../../../loopp/wire/grpc.ts';
import { callerOf } from '../../../loopp/wire/provider-caller.ts';
import { remoteReader, remoteTransmitter } from '../../../loopp/wire/provider-client.ts';
import type { ContractReader, Value } from '../../../loopp/wire/provider-ports.ts';
import { LATEST_TRANSMISSION, packQuery } from '../../../loopp/wire/provider-transmission.ts';
import { FakeProvider, noLog } from './fakes.ts';
import { Wire, refusal } from './wire.ts';

/** One provider over the relayers of several chains, each in a process of its own, served to a plugin. */

let wires: Wire[];
let pluginWire: Wire;
let chains: FakeProvider[];
let reader: ContractReader;
beforeEach(async () => {
  chains = [new FakeProvider(), new FakeProvider()];
  wires = await Promise.all(chains.map(() => Wire.open()));
  const remotes = chains.map((chain, at) => remoteOf(chain, at));
  pluginWire = await Wire.open();
  const [first] = remotes;
  if (first === undefined) throw new Error('expected a chain');
  const readers = new Map(remotes.map(({ contractReader }, at) => [BigInt(at + 1), contractReader]));
  const { id } = await serveProvider(pluginWire.near, providerOfChains(first, readers), noLog);
  const client = pluginWire.keep(await pluginWire.far.dial(id, -1));
  reader = remoteReader(callerOf(client, 10_000));
  expect(await remoteTransmitter(callerOf(client, 10_000)).fromAccount()).toBe('0xaa');
});
afterEach(() => {
  for (const wire of [...wires, pluginWire]) wire.close();
});

function remoteOf(chain: FakeProvider, at: number): RemoteProvider {
  const wire = wires[at];
  return new RemoteProvider(
    `chain ${String(at)}`,
    new LazyConnection(async () => {
      if (wire === undefined) throw new Error('expected a connection');
      const { id } = await wire.far.serve((server) => registerOcr3Provider(server, chain));
      return { client: wire.keep(await wire.near.dial(id, -1)) };
    }),
  );
}

const read = (selector: bigint, readIdentifier = LATEST_TRANSMISSION): Promise<Value> =>
  reader.getLatestValue({ readIdentifier, confidence: 'unconfirmed', params: packQuery(selector) });

describe('a read', () => {
  test('goes to the chain it is about', async () => {
    for (const [at, chain] of chains.entries()) {
      chain.read = () => Promise.resolve({ kind: 'int64', value: BigInt(at) });
    }
    expect(await read(1n)).toEqual({ kind: 'int64', value: 0n });
    expect(await read(2n)).toEqual({ kind: 'int64', value: 1n });
  });

  test('of a chain without a report is NOT_FOUND also over two connections', async () => {
    expect(await refusal(read(2n))).toEqual(['NOT_FOUND', 'not found']);
  });

  test('that the chain refuses stays refused; any other failure is UNKNOWN', async () => {
    const [chain] = chains;
    if (chain === undefined) throw new Error('expected a chain');
    chain.read = () => Promise.reject(new StatusError(status.INVALID_ARGUMENT, 'not so'));
    expect(await refusal(read(1n))).toEqual(['INVALID_ARGUMENT', 'not so']);
    chain.read = () => Promise.reject(new StatusError(status.INTERNAL, 'broken'));
    expect(await refusal(read(1n))).toEqual(['UNKNOWN', '13 INTERNAL: broken']);
  });

  test('of a chain that there is not, or of something else, is refused', async () => {
    expect(await refusal(read(3n))).toEqual([
      'INVALID_ARGUMENT',
      'chain selector: expected one of 1, 2, got 3',
    ]);
    expect(await refusal(read(1n, 'other'))).toEqual([
      'INVALID_ARGUMENT',
      `read identifier: expected "${LATEST_TRANSMISSION}", got "other"`,
    ]);
  });
});
