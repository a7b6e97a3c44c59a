import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { lowerBound } from '../../harness/statistics.ts';
import { EXIT } from '../errors.ts';
import type { FlagAdmin } from '../flags/admin.ts';
import { AuditLog } from '../flags/controller/audit.ts';
import { LockFile } from '../flags/controller/lock.ts';
import type { Plan } from '../flags/controller/plan.ts';
import { textLog } from '../log.ts';
import type { Log } from '../log.ts';
import { ControllerMetrics } from './controller/metrics.ts';
import { Pilot } from './controller/pilot.ts';
import type { PilotHistory, Turn } from './controller/pilot.ts';
import { loadPlan } from './controller/plan-file.ts';
import { turnJson, turnLine } from './controller/text.ts';
import { openAdmin } from './flags/options.ts';
import type { TargetOptions } from './flags/options.ts';
import { serveMetrics } from './metrics-server.ts';
import { onEndSignals } from './serve/signals.ts';

export interface ControllerOptions extends TargetOptions {
  readonly act: boolean;
  readonly plan?: string;
  readonly printPlan: boolean;
  /** Addresses as `serviceAddress` answers them. */
  readonly service?: readonly string[];
  readonly intervalMs: number;
  readonly once: boolean;
  readonly folder: string;
  readonly forgetRollBacks: boolean;
  readonly metricsPort?: number;
}

/** For one answer of a service: a hung one must not hold up what the others say. */
const STATUS_TIMEOUT_MS = 2000;

/** `controller`: looks, decides and, with `--act`, writes, until it is told to stop. Answers the exit code. */
export async function controllerCommand(options: ControllerOptions): Promise<number> {
  const plan = await loadPlan(options.plan);
  if (options.printPlan) {
    process.stdout.write(stringify(plan));
    return EXIT.fine;
  }
  const admin = openAdmin(options);
  const log = textLog((line) => process.stderr.write(line), 'info');
  const lock = await LockFile.take(join(options.folder, 'lock'));
  const signals = onEndSignals(log);
  try {
    return await pilot(options, { plan, admin, lock, log, told: signals.told });
  } finally {
    signals.release();
    await lock.release();
  }
}

interface Opened {
  readonly plan: Plan;
  readonly admin: FlagAdmin;
  readonly lock: LockFile;
  readonly log: Log;
  /** With the exit code. */
  readonly told: Promise<number>;
}

async function pilot(options: ControllerOptions, opened: Opened): Promise<number> {
  const { plan, admin, lock, log, told } = opened;
  const { folder, service: services = [] } = options;
  const audit = new AuditLog(join(folder, 'audit.jsonl'));
  const history = await historyOf(audit, admin, options);
  const parts = { plan, admin, services, audit, lock, log, bound: lowerBound };
  const flying = new Pilot({ ...parts, statusTimeoutMs: STATUS_TIMEOUT_MS }, history);
  const metrics = new ControllerMetrics(options.act);
  const server =
    options.metricsPort === undefined ? undefined : await serveMetrics(metrics.registry, options.metricsPort);
  if (server !== undefined) log('info', `metrics on ${server.url}`);
  log('info', options.act ? 'decisions are written to Unleash' : 'decisions are told, not written: no --act');
  try {
    return await turns(options, plan, flying, metrics, told);
  } finally {
    server?.close();
  }
}

/** Roll backs hold after a restart, too. */
async function historyOf(
  audit: AuditLog,
  { place }: FlagAdmin,
  { forgetRollBacks }: ControllerOptions,
): Promise<PilotHistory> {
  if (forgetRollBacks) {
    await audit.append({ act: 'forgetRollBacks', outcome: 'done', place, because: ['--forget-roll-backs'] });
  }
  const { count, lastAtMs } = await audit.rollBacks(place);
  if (lastAtMs === undefined) return { count, lastAtMs };
  // A wall clock that was set back makes nothing lie in the future.
  return { count, lastAtMs: performance.now() - Math.max(0, Date.now() - lastAtMs) };
}

/** Evidence is what grows between two looks: a single decision takes two of them. */
const LOOKS_FOR_ONCE = 2;

async function turns(
  options: ControllerOptions,
  plan: Plan,
  flying: Pilot,
  metrics: ControllerMetrics,
  told: Promise<number>,
): Promise<number> {
  const ending = new AbortController();
  void told.then(() => ending.abort());
  for (let looks = 1; ; looks++) {
    const turn = await flying.look(ending.signal);
    if (turn === undefined) return told;
    const isTold = !options.once || looks === LOOKS_FOR_ONCE;
    if (isTold) await conclude(turn, options, plan, flying, metrics);
    if (isTold && options.once) return exitCodeOf(turn);
    await delay(options.intervalMs, undefined, { signal: ending.signal }).catch(() => undefined);
    if (ending.signal.aborted) return told;
  }
}

async function conclude(
  turn: Turn,
  { act, json }: ControllerOptions,
  plan: Plan,
  flying: Pilot,
  metrics: ControllerMetrics,
): Promise<void> {
  metrics.decided(turn);
  const acted = act ? await flying.act(turn) : undefined;
  metrics.acted(turn, acted);
  const told = { plan, isActing: act, acted };
  process.stdout.write(`${json ? turnJson(turn, told) : turnLine(turn, told)}\n`);
}

function exitCodeOf({ decision }: Turn): number {
  return decision.kind === 'promote' || decision.kind === 'hold' ? EXIT.fine : EXIT.no;
}
