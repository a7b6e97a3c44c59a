import { aggregate } from '../legacy/aggregate.ts';
import { within } from '../loopp/host/deadline.ts';
import { launch } from '../loopp/host/launch.ts';
import type { LaunchedPlugin } from '../loopp/host/launch.ts';
import { HOST_DEFAULTS } from '../loopp/host/options.ts';
import type { PluginCommand } from '../loopp/host/options.ts';
import type { Execution, Result } from '../loopp/wire/messages.ts';
import { OWN_PLUGIN, ROUNDS, answersOf, compareCalls, executionOf, p50Of } from './calls.ts';
import { buildInterop } from './go.ts';
import type { Finding, Measurement, Setting } from './measurement.ts';
import { SMALL, readyRounds } from './rounds.ts';
import { expectSame } from './same.ts';
import { duration } from './units.ts';

const SEED = 5;
const TIMEOUT_MS = HOST_DEFAULTS.laneTimeoutMs;

export const goPluginCall: Measurement = {
  goals: [
    {
      name: 'aggregate-against-go-plugin',
      compared: "our plugin to a Go plugin with Go's aggregator, same host, one round a call, p50 of a call",
      unit: 'times',
      limit: 'at most',
      target: 1,
    },
  ],
  needsGo: true,
  measure: async (setting) => {
    setting.progress('building the Go plugin');
    const file = await buildInterop(setting.folder, 'plugin');
    return [
      await withPlugin(OWN_PLUGIN, (ours) =>
        withPlugin({ file, args: [], path: undefined }, (go) => againstGo(ours, go, setting)),
      ),
    ];
  },
};

async function withPlugin<T>(
  command: PluginCommand,
  use: (plugin: LaunchedPlugin) => Promise<T>,
): Promise<T> {
  const plugin = await launch(command, HOST_DEFAULTS, new AbortController().signal);
  try {
    return await use(plugin);
  } finally {
    await plugin.close();
  }
}

async function againstGo(ours: LaunchedPlugin, go: LaunchedPlugin, { progress }: Setting): Promise<Finding> {
  progress('checking that the answers are equal');
  const rounds = readyRounds(SMALL, ROUNDS, SEED);
  const executions = rounds.map(executionOf);
  const outcomes = rounds.map(aggregate);
  expectSame(outcomes, await answersOf(executions, asking(ours)), 'our plugin');
  expectSame(outcomes, await answersOf(executions, asking(go)), 'the Go plugin');
  const { estimate, first, second } = await compareCalls(
    p50Of(executions, asking(ours)),
    p50Of(executions, asking(go)),
    progress,
  );
  return { ...estimate, detail: `our plugin ${duration(first)}, Go plugin ${duration(second)} a call` };
}

const asking =
  ({ factory }: LaunchedPlugin) =>
  (execution: Execution): Promise<readonly Result[]> =>
    factory.aggregate([execution], within(TIMEOUT_MS));
