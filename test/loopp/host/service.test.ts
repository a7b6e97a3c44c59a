import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { SERVICE_NAME, SecureMintService } from '../../../loopp/host/service.ts';
import type { PluginState } from '../../../loopp/host/supervisor.ts';
import type { Execution } from '../../../loopp/wire/messages.ts';
import { packValues } from '../../../loopp/wire/observations.ts';
import { AppError } from '../../../src/errors.ts';
import { DATA_ID, SELECTORS, plainRound } from '../../helpers/arbitraries.ts';
import { PROTOCOL_CONFIG } from '../plugin/ocr3/builders.ts';
import { OWN_PLUGIN, Sandbox, fixture } from './sandbox.ts';

const CONFIG = {
  targetChainSelector: BigInt.asIntN(64, SELECTORS.ethereum),
  dataId: DATA_ID,
  revision: '2025-09',
};
const CONTEXT = { seqNr: 1n, previousOutcome: new Uint8Array(), epoch: 1n, round: 1n };

let sandbox: Sandbox;
let service: SecureMintService;
let logged: string[];

beforeEach(() => {
  sandbox = new Sandbox();
  logged = [];
});
afterEach(async () => {
  await service.close();
  await sandbox.end();
});

function make(args: readonly string[] = OWN_PLUGIN): SecureMintService {
  service = new SecureMintService(
    sandbox.node(args),
    HOST_DEFAULTS,
    (level, message, fields = {}) =>
      logged.push([level, message, ...Object.values(fields).map(String)].join(' ')),
    CONFIG,
  );
  return service;
}

async function started(): Promise<SecureMintService> {
  await make().start();
  return service;
}

function execution(): Execution {
  const { id, f, observations } = plainRound({ oracles: 4 });
  return {
    id,
    f,
    previousOutcome: undefined,
    observations: new Map(observations.map(({ oracle, values }) => [oracle, packValues(values)])),
    config: undefined,
    revision: '',
  };
}

function pidOf({ state }: SecureMintService): number {
  if (state.name !== 'ready') throw new Error(`expected a ready plugin, it is ${state.name}`);
  return state.plugin.pid;
}

const killed = (): void => void process.kill(pidOf(service), 'SIGKILL');
const untilState = (name: PluginState['name']): Promise<void> =>
  vi.waitFor(() => expect(service.state.name).toBe(name), { timeout: 20_000, interval: 5 });

describe('the service', () => {
  test('aggregates for the config that it was made with', async () => {
    await started();
    const [result] = await service.aggregate([execution()], 5000);
    expect(result?.error).toBeUndefined();
    expect(result?.outcome?.length).toBeGreaterThan(0);
  });

  test('is ready and healthy once started, under its own name and the prefixed names of the plugin', async () => {
    await started();
    await service.ready();
    expect([...(await service.healthReport())]).toEqual([
      [SERVICE_NAME, ''],
      [`${SERVICE_NAME}.PluginSecureMint`, ''],
    ]);
  });

  test('says why it is not before it is started and after it is closed', async () => {
    make();
    await expect(service.ready()).rejects.toThrow('plugin unavailable: it is idle');
    expect([...(await service.healthReport())]).toEqual([[SERVICE_NAME, 'plugin unavailable: it is idle']]);
    await service.start();
    await service.close();
    await expect(service.ready()).rejects.toThrow('plugin unavailable: it is closed');
    await expect(service.aggregate([], 1000)).rejects.toThrow('plugin unavailable: it is closed');
  });

  test('refuses to start what does not start', async () => {
    await expect(make(fixture('banner-first')).start()).rejects.toBeInstanceOf(AppError);
    expect(service.state.name).toBe('closed');
  });
});

describe('over a restart', () => {
  test('the same service answers from the next process', async () => {
    await started();
    const before = await service.aggregate([execution()], 5000);
    const pid = pidOf(service);
    killed();
    await vi.waitFor(() => expect(pidOf(service)).not.toBe(pid), { timeout: 20_000, interval: 5 });
    expect(await service.aggregate([execution()], 20_000)).toEqual(before);
  });

  test('every transition is counted and logged', async () => {
    await started();
    killed();
    await vi.waitFor(() => expect(service.transitions.ready).toBe(2), { timeout: 20_000 });
    await service.close();
    expect(service.transitions).toEqual({
      idle: 0,
      launching: 2,
      ready: 2,
      unhealthy: 1,
      backingOff: 0,
      closed: 1,
    });
    expect(logged).toEqual([
      'info plugin launching',
      'info plugin ready',
      'warn plugin unhealthy plugin process exited: signal SIGKILL',
      'info plugin launching',
      'info plugin ready',
      'info plugin closed',
    ]);
  });

  test('a reporting plugin heals: the same object goes on in the next process', async () => {
    await started();
    const { plugin, info } = await service.newReportingPlugin(PROTOCOL_CONFIG);
    expect(info.limits.maxReportCount).toBeGreaterThan(0n);
    const query = await plugin.query(CONTEXT);
    killed();
    // Not waiting: the call itself has to get over the restart.
    expect(await plugin.query(CONTEXT)).toEqual(query);
    expect(service.transitions.launching).toBe(2);
    await plugin.close();
    await expect(plugin.query(CONTEXT)).rejects.toThrow('the reporting plugin is closed');
  });

  test('a reporting plugin is made once however many calls find the process gone', async () => {
    await started();
    const { plugin } = await service.newReportingPlugin(PROTOCOL_CONFIG);
    killed();
    const queries = await Promise.all(Array.from({ length: 8 }, () => plugin.query(CONTEXT)));
    expect(new Set(queries.map((query) => Buffer.from(query).toString('hex'))).size).toBe(1);
    expect(service.transitions.launching).toBe(2);
  });

  test('a new reporting plugin waits for the next process as long as it may', async () => {
    await started();
    killed();
    await untilState('launching');
    const { plugin } = await service.newReportingPlugin(PROTOCOL_CONFIG, 20_000);
    expect(await plugin.query(CONTEXT)).toBeInstanceOf(Uint8Array);
  });

  test('what the plugin refuses is refused, and not tried again', async () => {
    await started();
    const wrong = { ...PROTOCOL_CONFIG, configDigest: new Uint8Array(5) };
    await expect(service.newReportingPlugin(wrong)).rejects.toThrow('invalid ConfigDigest len 5: must be 32');
    expect(service.transitions.launching).toBe(1);
  });
});
