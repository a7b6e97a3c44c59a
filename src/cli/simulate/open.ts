import { aggregate } from '../../../loopp/plugin/aggregation/aggregate.ts';
import type { SimulatorOptions } from '../../../loopp/simulator/options.ts';
import { PluginProcesses } from '../../../loopp/simulator/plugin-processes.ts';
import { DonSimulator } from '../../../loopp/simulator/simulator.ts';
import type { Outcome } from '../../contract/lane.ts';
import type { Round } from '../../contract/round.ts';
import { textLog } from '../../log.ts';
import { pluginCommandOf, watchPlugin } from '../loopp.ts';
import type { LooppOptions } from '../loopp.ts';

/** A call takes milliseconds. A machine that is busy must not make an honest oracle silent. */
const CALL_TIMEOUT_MS = 30_000;

/**
 * A simulator over the product's own plugin, launched. Rejects with `AppError` PLUGIN_START, also when `signal` aborts
 * meanwhile; nothing is left then.
 */
export async function openSimulator(
  options: SimulatorOptions,
  loopp: Pick<LooppOptions, 'verbose' | 'startTimeoutMs'>,
  signal: AbortSignal,
): Promise<DonSimulator> {
  const { hostOptions } = watchPlugin({ ...loopp, laneTimeoutMs: CALL_TIMEOUT_MS });
  const log = textLog((line) => process.stderr.write(line), loopp.verbose ? 'debug' : 'warn');
  const host = new PluginProcesses({
    command: pluginCommandOf(undefined),
    host: hostOptions,
    log: (level, message, fields) => log(level, `simulated DON: ${message}`, fields),
    oracles: options.n,
  });
  const simulator = new DonSimulator(options, { host, aggregate: aggregateRound });
  await simulator.start(signal);
  return simulator;
}

/** The workflows' own outcomes: by the product's rules, which are still there when the control is not. */
const aggregateRound = (round: Round): Outcome =>
  aggregate({ ...round, previousOutcome: round.previousOutcome ?? undefined });
