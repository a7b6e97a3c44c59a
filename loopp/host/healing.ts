import type { Call } from '../../src/contract/call.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
  ReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginInfo,
} from '../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../src/errors.ts';
import { isGone } from '../wire/grpc.ts';
import type { LaunchedPlugin } from './launch.ts';
import type { Supervisor } from './supervisor.ts';

/** The reporting plugin as one process holds it. */
interface Held {
  readonly process: LaunchedPlugin;
  readonly plugin: ReportingPlugin;
  readonly info: ReportingPluginInfo;
}

/**
 * A reporting plugin that outlives its process: a call that finds the process gone waits for the next one, makes the
 * plugin there and is made again, as long as its time allows. Upstream's does not heal (docs/spec/loopp-wire.md F.1
 * "after a crash"), so an oracle has to be restarted there. Every method but Query and Observation is pure, and these two
 * only read: making a call again does no harm.
 */
export class HealingReportingPlugin implements ReportingPlugin {
  private readonly supervisor: Supervisor;
  private readonly config: ReportingPluginConfig;
  private readonly callTimeoutMs: number;
  private holding: { readonly process: LaunchedPlugin; readonly held: Promise<Held> } | undefined;
  private closed = false;

  constructor(supervisor: Supervisor, config: ReportingPluginConfig, callTimeoutMs: number) {
    this.supervisor = supervisor;
    this.config = config;
    this.callTimeoutMs = callTimeoutMs;
  }

  /** Makes the plugin for the first time. */
  open(deadline: Date): Promise<ReportingPluginInfo> {
    return this.reach(deadline, ({ info }) => Promise.resolve(info));
  }

  query(context: OutcomeContext, call?: Call): Promise<Uint8Array> {
    return this.call(({ plugin }) => plugin.query(context, call));
  }

  observation(context: OutcomeContext, query: Uint8Array, call?: Call): Promise<Uint8Array> {
    return this.call(({ plugin }) => plugin.observation(context, query, call));
  }

  validateObservation(
    context: OutcomeContext,
    query: Uint8Array,
    observation: AttributedObservation,
  ): Promise<void> {
    return this.call(({ plugin }) => plugin.validateObservation(context, query, observation));
  }

  observationQuorum(
    context: OutcomeContext,
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<boolean> {
    return this.call(({ plugin }) => plugin.observationQuorum(context, query, observations));
  }

  outcome(
    context: OutcomeContext,
    query: Uint8Array,
    observations: readonly AttributedObservation[],
  ): Promise<Uint8Array> {
    return this.call(({ plugin }) => plugin.outcome(context, query, observations));
  }

  reports(seqNr: bigint, outcome: Uint8Array): Promise<readonly ReportPlus[]> {
    return this.call(({ plugin }) => plugin.reports(seqNr, outcome));
  }

  shouldAcceptAttestedReport(seqNr: bigint, report: ReportWithInfo, call?: Call): Promise<boolean> {
    return this.call(({ plugin }) => plugin.shouldAcceptAttestedReport(seqNr, report, call));
  }

  shouldTransmitAcceptedReport(seqNr: bigint, report: ReportWithInfo, call?: Call): Promise<boolean> {
    return this.call(({ plugin }) => plugin.shouldTransmitAcceptedReport(seqNr, report, call));
  }

  /** Closes the plugin where it is; one whose process is gone is closed already. */
  async close(): Promise<void> {
    this.closed = true;
    const held = await this.holding?.held.catch(() => undefined);
    if (held === undefined || !this.isCurrent(held.process)) return;
    await held.plugin.close().catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }

  private call<T>(ask: (held: Held) => Promise<T>): Promise<T> {
    return this.reach(new Date(Date.now() + this.callTimeoutMs), ask);
  }

  private async reach<T>(deadline: Date, ask: (held: Held) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.closed) throw new Error('the reporting plugin is closed');
      const process = await this.supervisor.ready(deadline.getTime() - Date.now());
      try {
        return await ask(await this.heldIn(process));
      } catch (error) {
        const gone = isGone(error) || !this.isCurrent(process);
        if (!gone || Date.now() >= deadline.getTime()) throw error;
        this.supervisor.suspect(process, messageOf(error));
      }
    }
  }

  /** The plugin in a process; made once, however many calls ask for it at the same time. */
  private heldIn(process: LaunchedPlugin): Promise<Held> {
    if (this.holding?.process === process) return this.holding.held;
    const held = process.factory
      .newReportingPlugin(this.config)
      .then(({ plugin, info }) => ({ process, plugin, info }));
    this.holding = { process, held };
    // A making that failed is tried again by the next call.
    held.catch(() => {
      if (this.holding?.held === held) this.holding = undefined;
    });
    return held;
  }

  private isCurrent(process: LaunchedPlugin): boolean {
    const { state } = this.supervisor;
    return state.name === 'ready' && state.plugin === process && !this.supervisor.isSuspected(process);
  }
}
