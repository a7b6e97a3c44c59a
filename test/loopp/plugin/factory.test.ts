import { status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { aggregate } from '../../../legacy/aggregate.ts';
import type { Broker } from '../../../loopp/wire/broker.ts';
import { callUnary } from '../../../loopp/wire/grpc.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';
import type { Execution, Result, SecureMintConfig } from '../../../loopp/wire/messages.ts';
import { packValues } from '../../../loopp/wire/observations.ts';
import {
  Aggregator,
  GrpcController,
  Health,
  LoopService,
  PluginSecureMint,
} from '../../../loopp/wire/services.ts';
import type { Outcome } from '../../../src/contract/lane.ts';
import type { Round } from '../../../src/contract/round.ts';
import { DATA_ID, SELECTORS, plainRound } from '../../helpers/arbitraries.ts';
import { unhex } from '../../helpers/wire.ts';
import { NO_CONFIG, PluginProcess, callRaw } from './process.ts';

let plugin: PluginProcess;
let main: Client;
let broker: Broker;
beforeAll(async () => {
  plugin = new PluginProcess(MAGIC_COOKIES);
  ({ main, broker } = await plugin.connectBroker());
});
afterAll(async () => {
  plugin.kill('SIGTERM');
  await plugin.ended;
  await plugin.end();
});

type Config = Partial<SecureMintConfig>;

/** A connection to a factory of its own. */
async function factoryFor(config?: Config): Promise<Client> {
  const request = {
    providerId: 0,
    config: config && { targetChainSelector: 0n, dataId: '', revision: '', ...config },
  };
  const { factoryId } = await callUnary(main, PluginSecureMint.newSecureMintFactory, request);
  return plugin.keep(await broker.dial(factoryId, -1));
}

/** The round as an execution that takes everything it can from its factory. */
function executionOf(round: Round, own: Partial<Execution> = {}): Execution {
  const { id, f, observations } = round;
  return {
    id,
    f,
    previousOutcome: undefined,
    observations: new Map(observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config: undefined,
    revision: '',
    ...own,
  };
}

async function ask(factory: Client, ...executions: readonly Execution[]): Promise<readonly Result[]> {
  return (await callUnary(factory, Aggregator.aggregate, { executions })).results;
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  const error = await asked.catch((reason: unknown) => reason);
  return error instanceof Error ? error.message : 'answered';
}

/** A result of the wire, to compare with what the legacy aggregator says. */
function outcomeOf({ outcome, error }: Result): Outcome {
  return error === undefined
    ? { kind: 'outcome', outcome: new Uint8Array(outcome ?? []) }
    : { kind: 'error', error };
}

function legacyOf(round: Round): Outcome {
  const outcome = aggregate(round);
  return outcome.kind === 'error' ? outcome : { ...outcome, outcome: new Uint8Array(outcome.outcome) };
}

const OF_2025_07 = plainRound({ revision: '2025-07', fields: { selector: SELECTORS.arbitrum } });
const OF_2025_09 = plainRound({ revision: '2025-09', fields: { selector: SELECTORS.sepolia } });

describe('an execution without config and revision takes those of the factory:', () => {
  test.each<[string, Config, Round]>([
    ['2025-07, when there is no data id', { targetChainSelector: SELECTORS.arbitrum }, OF_2025_07],
    ['2025-07 by its name', { targetChainSelector: SELECTORS.arbitrum, revision: '2025-07' }, OF_2025_07],
    [
      '2025-09, when there is a data id; its selector is above 2^63-1',
      { targetChainSelector: BigInt.asIntN(64, SELECTORS.sepolia), dataId: DATA_ID },
      OF_2025_09,
    ],
    [
      '2025-09 by its name',
      { targetChainSelector: BigInt.asIntN(64, SELECTORS.sepolia), dataId: DATA_ID, revision: '2025-09' },
      OF_2025_09,
    ],
  ])('%s', async (_, config, round) => {
    const [result] = await ask(await factoryFor(config), executionOf(round));
    expect(legacyOf(round).kind).toBe('outcome');
    expect(result && outcomeOf(result)).toEqual(legacyOf(round));
  });
});

test('an execution with config and revision uses its own', async () => {
  const factory = await factoryFor({ targetChainSelector: SELECTORS.ethereum, revision: '2025-07' });
  const { config, revision } = OF_2025_09;
  const [result] = await ask(factory, executionOf(OF_2025_09, { config, revision }));
  expect(result && outcomeOf(result)).toEqual(legacyOf(OF_2025_09));
});

test('a factory without config takes executions that bring theirs; 2025-09 when they name no revision', async () => {
  const factory = await factoryFor();
  const results = await ask(
    factory,
    executionOf(OF_2025_09, { id: 'first', config: OF_2025_09.config }),
    executionOf(OF_2025_07, { id: 'second', config: OF_2025_07.config, revision: '2025-07' }),
  );
  expect(results.map(({ id }) => id)).toEqual(['first', 'second']);
  expect(results.map(outcomeOf)).toEqual([OF_2025_09, OF_2025_07].map(legacyOf));
});

test('an aggregation error is an answer, with the call fine', async () => {
  const factory = await factoryFor({ targetChainSelector: 1n, dataId: DATA_ID });
  expect(await ask(factory, executionOf(OF_2025_09, { observations: new Map() }))).toEqual([
    { id: 'round-1', outcome: undefined, error: 'no observations' },
  ]);
});

test('an empty outcome is an outcome', async () => {
  const factory = await factoryFor({ targetChainSelector: 5n, dataId: DATA_ID });
  const [result] = await ask(factory, executionOf(OF_2025_09));
  expect(result?.error).toBeUndefined();
  expect(result?.outcome).toBeDefined();
});

const factoryRefusal = (revision: string): Promise<string> =>
  refusal(
    callUnary(main, PluginSecureMint.newSecureMintFactory, {
      providerId: 0,
      config: { targetChainSelector: 1n, dataId: '', revision },
    }),
  );

describe('a factory is refused', () => {
  test('with an unknown revision', async () => {
    expect(await factoryRefusal('2024-01')).toBe(
      '3 INVALID_ARGUMENT: config has revision "2024-01", expected one of 2025-07, 2025-09',
    );
  });
});

describe('a call is refused, with its status, when an execution', () => {
  const whole = { config: OF_2025_09.config, revision: '2025-09' };
  const GARBAGE = unhex('0a05ff');

  test.each<[string, Partial<Execution>, string]>([
    [
      'has no config and the factory has none',
      {},
      '3 INVALID_ARGUMENT: execution "round-1" has no config, and neither has the factory',
    ],
    [
      'has an unknown revision',
      { ...whole, revision: '2030-01' },
      '3 INVALID_ARGUMENT: execution "round-1" has revision "2030-01", expected one of 2025-07, 2025-09',
    ],
    [
      'has a config that is no protobuf',
      { ...whole, config: GARBAGE },
      '3 INVALID_ARGUMENT: execution "round-1" is not protobuf: ',
    ],
    [
      'has a previous outcome that is no protobuf',
      { ...whole, previousOutcome: GARBAGE },
      '3 INVALID_ARGUMENT: execution "round-1" is not protobuf: ',
    ],
    [
      'has a list of observations that is no protobuf',
      { ...whole, observations: new Map([[0, unhex('1205aa')]]) },
      '3 INVALID_ARGUMENT: execution "round-1" is not protobuf: ',
    ],
    [
      'has an observation that is no protobuf',
      { ...whole, observations: new Map([[0, packValues([GARBAGE])]]) },
      '3 INVALID_ARGUMENT: execution "round-1" is not protobuf: ',
    ],
  ])('%s', async (_, own, text) => {
    const factory = await factoryFor();
    const asked = ask(
      factory,
      executionOf(OF_2025_09, { ...whole, id: 'fine' }),
      executionOf(OF_2025_09, own),
    );
    expect((await refusal(asked)).slice(0, text.length)).toBe(text);
    // The factory goes on: a Go host would make a new one after UNAVAILABLE or CANCELLED.
    expect(await ask(factory, executionOf(OF_2025_09, whole))).toHaveLength(1);
  });

  test('several bad executions in one call are one refusal, and the process lives on', async () => {
    const factory = await factoryFor();
    const asked = ask(
      factory,
      executionOf(OF_2025_09, { ...whole, config: GARBAGE, id: 'undecodable' }),
      executionOf(OF_2025_09, { id: 'without config' }),
    );
    expect(await refusal(asked)).toBe(
      '3 INVALID_ARGUMENT: execution "without config" has no config, and neither has the factory',
    );
    expect(await ask(factory, executionOf(OF_2025_09, whole))).toHaveLength(1);
  });

  test('stands in a request that is no protobuf', async () => {
    const factory = await factoryFor();
    const asked = callRaw(factory, Aggregator.aggregate.path, Buffer.from(GARBAGE));
    await expect(asked).rejects.toMatchObject({ code: status.INTERNAL });
    expect(await ask(factory)).toEqual([]);
  });
});

describe('loop.Service on a factory connection', () => {
  test('is ready and healthy', async () => {
    const factory = await factoryFor();
    expect(await callUnary(factory, LoopService.ready, {})).toEqual({});
    expect((await callUnary(factory, LoopService.healthReport, {})).healthReport).toEqual(
      new Map([['PluginSecureMint', '']]),
    );
  });

  test('Close ends this factory after its reply, and no other', async () => {
    const [first, second] = [await factoryFor(), await factoryFor()];
    expect(await callUnary(first, LoopService.close, {})).toEqual({});
    await vi.waitFor(
      async () => {
        await expect(callUnary(first, LoopService.ready, {})).rejects.toMatchObject({
          code: status.UNAVAILABLE,
        });
      },
      { timeout: 10_000 },
    );
    expect(await callUnary(second, LoopService.ready, {})).toEqual({});
    expect(
      await ask(await factoryFor(), executionOf(OF_2025_09, { config: OF_2025_09.config })),
    ).toHaveLength(1);
  });

  test('Close twice is answered twice', async () => {
    const factory = await factoryFor();
    const replies = [1, 2].map(() => callUnary(factory, LoopService.close, {}));
    expect(await Promise.all(replies)).toEqual([{}, {}]);
  });

  test('has no other method: UNIMPLEMENTED', async () => {
    const name = { ...LoopService.ready, path: '/loop.Service/Name' };
    expect(await refusal(callUnary(await factoryFor(), name, {}))).toMatch(/^12 UNIMPLEMENTED: /);
    expect(await refusal(callUnary(main, name, {}))).toMatch(/^12 UNIMPLEMENTED: /);
    expect(await refusal(callUnary(await factoryFor(), Health.check, { service: '' }))).toMatch(
      /^12 UNIMPLEMENTED: /,
    );
  });
});

describe('loop.Service on the main connection', () => {
  let other: PluginProcess;
  beforeEach(() => {
    other = new PluginProcess(MAGIC_COOKIES);
  });
  afterEach(() => other.end());

  test('is ready and healthy', async () => {
    const { main: connection } = await other.connectBroker();
    expect(await callUnary(connection, LoopService.ready, {})).toEqual({});
    const { healthReport } = await callUnary(connection, LoopService.healthReport, {});
    expect(healthReport).toEqual(new Map([['PluginSecureMint', '']]));
  });

  test('Close ends what is brokered, and the plugin is not ready any more; it still shuts down', async () => {
    const { main: connection, broker: itsBroker } = await other.connectBroker();
    const { factoryId } = await callUnary(connection, PluginSecureMint.newSecureMintFactory, NO_CONFIG);
    const factory = other.keep(await itsBroker.dial(factoryId, -1));
    expect(await callUnary(factory, LoopService.ready, {})).toEqual({});
    const replies = [1, 2].map(() => callUnary(connection, LoopService.close, {}));
    expect(await Promise.all(replies)).toEqual([{}, {}]);
    expect(await refusal(callUnary(connection, LoopService.ready, {}))).toBe(
      '2 UNKNOWN: PluginSecureMint: it is closed',
    );
    const { healthReport } = await callUnary(connection, LoopService.healthReport, {});
    expect(healthReport).toEqual(new Map([['PluginSecureMint', 'it is closed']]));
    await vi.waitFor(
      async () =>
        expect(await refusal(callUnary(factory, LoopService.ready, {}))).toMatch(/^14 UNAVAILABLE: /),
      { timeout: 10_000 },
    );
    expect(await refusal(callUnary(connection, PluginSecureMint.newSecureMintFactory, NO_CONFIG))).toBe(
      '2 UNKNOWN: broker closed',
    );
    expect(await callUnary(connection, GrpcController.shutdown, {})).toEqual({});
    expect(await other.ended).toEqual([0, null]);
  });
});
