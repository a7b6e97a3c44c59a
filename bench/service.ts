import { aggregate } from '../legacy/aggregate.ts';
import { within } from '../loopp/host/deadline.ts';
import type { FactoryConnection } from '../loopp/host/factory.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import { SecureMintService } from '../loopp/host/service.ts';
import type { Execution, Result } from '../loopp/wire/messages.ts';
import { OWN_PLUGIN, ROUNDS, answersOf, compareCalls, executionOf, p50Of } from './calls.ts';
import type { Finding, Measurement, Setting } from './measurement.ts';
import { SMALL, readyRounds } from './rounds.ts';
import { expectSame } from './same.ts';
import { duration } from './units.ts';

const SEED = 4;
const TIMEOUT_MS = HOST_DEFAULTS.laneTimeoutMs;

export const serviceCall: Measurement = {
  goals: [
    {
      name: 'service-call-4x1',
      compared:
        'SecureMintService, one round a call, to the same call on the bare connection that it keeps, p50',
      unit: 'times',
      limit: 'at most',
      target: 1.1,
    },
  ],
  needsGo: false,
  measure: async (setting) => {
    const service = new SecureMintService(OWN_PLUGIN, HOST_DEFAULTS, () => undefined);
    try {
      await service.start();
      return [await againstFactory(service, setting)];
    } finally {
      await service.close();
    }
  },
};

/** One process and one connection for both sides: they differ in the service alone. */
async function againstFactory(service: SecureMintService, { progress }: Setting): Promise<Finding> {
  progress('checking that the answers are equal');
  const factory = factoryOf(service);
  const rounds = readyRounds(SMALL, ROUNDS, SEED);
  const executions = rounds.map(executionOf);
  const askService = (execution: Execution): Promise<readonly Result[]> =>
    service.aggregate([execution], TIMEOUT_MS);
  const askFactory = (execution: Execution): Promise<readonly Result[]> =>
    factory.aggregate([execution], within(TIMEOUT_MS));
  expectSame(rounds.map(aggregate), await answersOf(executions, askService), 'the service');
  expectSame(rounds.map(aggregate), await answersOf(executions, askFactory), 'the bare connection');
  const { estimate, first, second } = await compareCalls(
    p50Of(executions, askService),
    p50Of(executions, askFactory),
    progress,
  );
  if (factoryOf(service) !== factory) throw new Error('the plugin was launched again while it was timed');
  return { ...estimate, detail: `service ${duration(first)}, bare ${duration(second)} a call` };
}

function factoryOf({ state }: SecureMintService): FactoryConnection {
  if (state.name !== 'ready')
    throw new Error(`expected a plugin that is ready, got one that is ${state.name}`);
  return state.plugin.factory;
}
