import type { PluginFacts } from '../../harness/metrics.ts';
import type { ServingHarness } from '../../harness/serving.ts';
import type { Summary } from '../../harness/report.ts';
import type { FlagSource } from '../contract/decision.ts';
import type { EventLoopWatch } from './event-loop.ts';
import type { HttpCounts } from './http/counts.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { Readiness } from './readiness.ts';
import type { ServiceRecord } from './record.ts';
import type { ShadowService } from './service.ts';
import type { SourceStatus } from './sources/pump.ts';
import type { Workflows } from './workflows.ts';

/** What the plugin process is doing. */
export type PluginStateName = 'idle' | 'launching' | 'ready' | 'unhealthy' | 'backingOff' | 'closed';

/** `idle`: no stage asks for it. */
export interface PluginStatus extends PluginFacts {
  readonly state: PluginStateName;
  /** Why it is in no other state, in words; undefined: it is ready. */
  readonly reason: string | undefined;
  /** Its command line. */
  readonly command: string;
}

/** Everything that metrics and status read, and nothing changes. */
export interface Observed {
  readonly summary: Summary;
  readonly harness: ServingHarness;
  readonly record: ServiceRecord;
  readonly service: ShadowService;
  readonly journal: JournalWriter;
  readonly flags: FlagSource;
  readonly workflows: Workflows;
  readonly eventLoop: EventLoopWatch;
  readonly http: HttpCounts;
  readonly plugin: () => PluginStatus;
  readonly sources: () => readonly SourceStatus[];
  readonly readiness: () => Readiness;
  readonly connections: () => number;
  readonly isDraining: () => boolean;
}

/** What somebody should look at; docs/serve.md says what to do about each. */
export type Alarm = 'flag' | 'plugin' | 'journal' | 'source' | 'sum';

/** In words what is wrong, by alarm; an alarm that is not there is quiet. */
export function alarmsOf(observed: Observed): Readonly<Partial<Record<Alarm, string>>> {
  const flag = observed.flags.state();
  const plugin = observed.plugin();
  const journal = observed.journal.status();
  const failed = observed.sources().find(({ state }) => state === 'failed');
  return {
    ...(isFlagFine(flag) ? {} : { flag: flag.problem ?? `the flag is ${flag.polling}` }),
    ...(isPluginFine(plugin) ? {} : { plugin: plugin.reason ?? plugin.state }),
    ...(journal.state === 'broken' ? { journal: journal.problem ?? journal.state } : {}),
    ...(failed === undefined ? {} : { source: `${failed.name}: ${failed.problem ?? failed.state}` }),
    ...(observed.record.isSumRight ? {} : { sum: 'the verdicts do not add up to the rounds' }),
  };
}

function isFlagFine({ polling, problem }: ReturnType<FlagSource['state']>): boolean {
  return problem === undefined && (polling === 'fixed' || polling === 'ready');
}

/** A first launch is in no trouble yet. */
function isPluginFine({ state, launches }: PluginStatus): boolean {
  return (
    state === 'ready' || state === 'idle' || state === 'closed' || (state === 'launching' && launches <= 1)
  );
}
