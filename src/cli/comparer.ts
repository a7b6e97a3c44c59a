import { Harness } from '../../harness/harness.ts';
import type { RoundTaker } from '../../harness/comparison.ts';
import type { PluginFacts } from '../../harness/metrics.ts';
import { isPlant, plantLanes } from '../../harness/plants.ts';
import { openLegacy } from './legacy.ts';
import { openLoopp } from './loopp.ts';
import type { LooppOptions } from './loopp.ts';

/** What `run` compares rounds with. */
export interface Comparer {
  readonly harness: RoundTaker;
  readonly facts: PluginFacts;
  /** The plugin's command line, for reports. */
  readonly command: string;
  /** What is to be told of rounds that could not be compared, one line each; after the last round. */
  remarks(): readonly string[];
  /** What the text report says besides its tables, one line each; after the last round. */
  notes(): readonly string[];
  /** Why the comparison says no, besides what the report shows, one reason each; after the last round. */
  objections(): readonly string[];
  close(): Promise<void>;
}

export interface ComparerOptions extends LooppOptions {
  readonly seed: number;
  readonly plant?: string;
}

/** Both lanes, on aggregations. Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile, and USAGE. */
export async function openLanes(
  options: ComparerOptions,
  pluginCommand: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Comparer> {
  const legacy = await openLegacy();
  const { lane, facts, command } = await openLoopp(pluginCommand, options, signal);
  const honest = { legacy, loopp: lane };
  const lanes = isPlant(options.plant) ? plantLanes(honest, options.plant) : honest;
  return {
    harness: new Harness({ ...lanes, seed: options.seed }),
    facts,
    command,
    remarks: () => [],
    notes: () => [],
    objections: () => [],
    close: () => lane.close(),
  };
}
