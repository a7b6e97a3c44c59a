import type { StageShares } from '../../contract/decision.ts';
import { AppError, messageOf } from '../../errors.ts';
import type { AdminFlag, FlagAdmin } from '../../flags/admin.ts';
import { definitionAfter } from '../../flags/change.ts';
import { changeTo, put } from '../../flags/controller/act.ts';
import type { AuditEntry, AuditLog } from '../../flags/controller/audit.ts';
import { decide } from '../../flags/controller/decide.ts';
import type { RollBacks } from '../../flags/controller/decide.ts';
import { viewsOf } from '../../flags/controller/evidence.ts';
import type { ServiceView } from '../../flags/controller/evidence.ts';
import type { LockFile } from '../../flags/controller/lock.ts';
import type { Plan, Step } from '../../flags/controller/plan.ts';
import { positionOf } from '../../flags/controller/position.ts';
import type { Position } from '../../flags/controller/position.ts';
import type { LowerBound } from '../../flags/controller/proof.ts';
import type { PilotDecision } from '../../flags/controller/reasons.ts';
import { lookAt } from '../../flags/controller/sample.ts';
import { NOTHING_SEEN, watch } from '../../flags/controller/watch.ts';
import type { Memory } from '../../flags/controller/watch.ts';
import { effectiveShares } from '../../flags/reading.ts';
import type { Log } from '../../log.ts';
import { workflowMoves } from '../flags/workflows.ts';

/** What a controller works with. */
export interface PilotParts {
  readonly plan: Plan;
  readonly admin: FlagAdmin;
  /** Addresses as `serviceAddress` answers them. */
  readonly services: readonly string[];
  readonly audit: AuditLog;
  readonly lock: LockFile;
  readonly bound: LowerBound;
  /** For one answer of a service. */
  readonly statusTimeoutMs: number;
  readonly log: Log;
}

/** One look, and what was decided. */
export interface Turn {
  readonly position: Position;
  readonly services: readonly ServiceView[];
  readonly decision: PilotDecision;
  /** What is needed to act upon it; undefined: the flag could not be read. */
  readonly flag: AdminFlag | undefined;
}

/** Roll backs that went before; `lastAtMs` on the monotonic clock. */
export interface PilotHistory {
  readonly count: number;
  readonly lastAtMs: number | undefined;
}

/** How an act came out; undefined: there was nothing to do. */
export type Acted = 'done' | 'failed' | undefined;

/** Looks, decides and acts; remembers what evidence there is. */
export class Pilot {
  private readonly parts: PilotParts;
  private memory: Memory = NOTHING_SEEN;
  private history: PilotHistory;

  constructor(parts: PilotParts, history: PilotHistory) {
    this.parts = parts;
    this.history = history;
  }

  /** Looks at the flag and all services, and decides. Never rejects; undefined: interrupted. */
  async look(signal: AbortSignal): Promise<Turn | undefined> {
    const { plan, admin, services, statusTimeoutMs, bound } = this.parts;
    const [flag, looks] = await Promise.all([
      admin.read().catch(messageOf),
      Promise.all(services.map((service) => lookAt(service, statusTimeoutMs, signal))),
    ]);
    if (signal.aborted) return undefined;
    const reading = typeof flag === 'string' ? flag : flag.reading;
    const at = { atMs: performance.now(), windowMs: plan.recentWindowMs };
    this.memory = watch(this.memory, looks, { name: admin.place.name, shares: sharesIn(flag) }, at);
    const views = viewsOf(this.memory);
    const position = positionOf(plan, reading);
    const situation = {
      position,
      services: views,
      moves: await this.moves(position, flag, views),
      rollBacks: this.rollBacks(at.atMs),
    };
    const decision = decide(plan, situation, bound);
    return { position, services: views, decision, flag: typeof flag === 'string' ? undefined : flag };
  }

  /** Writes what was decided. Rejects with `AppError` OUTPUT when another controller has taken over. */
  async act({ decision, flag }: Turn): Promise<Acted> {
    const step = this.target(decision);
    if (step === undefined || flag === undefined) return undefined;
    const { lock, log, admin } = this.parts;
    if (!(await lock.isHeld())) {
      throw new AppError(
        'OUTPUT',
        'expected to hold the lock still, got another controller that has taken it',
      );
    }
    const because = decision.because.map(({ reason, text }) => `${reason}: ${text}`);
    const act = decision.kind === 'promote' ? 'promote' : 'rollBack';
    if (act === 'rollBack') this.history = { ...this.history, lastAtMs: performance.now() };
    const problem = await this.write(step, flag, { act, place: admin.place, because });
    if (problem !== undefined) {
      log('error', `the flag is not changed: ${problem}`);
      return 'failed';
    }
    if (act === 'rollBack') this.history = { ...this.history, count: this.history.count + 1 };
    return 'done';
  }

  private target(decision: PilotDecision): Step | undefined {
    const { steps } = this.parts.plan;
    if (decision.kind === 'promote') return steps[decision.to];
    return decision.kind === 'rollBack' ? steps[0] : undefined;
  }

  /** Answers why it did not work, if it did not. */
  private async write(
    step: Step,
    flag: AdminFlag,
    entry: Pick<AuditEntry, 'act' | 'place' | 'because'>,
  ): Promise<string | undefined> {
    const { admin } = this.parts;
    try {
      const change = changeTo(step, admin.place.name, flag);
      const before = sharesIn(flag);
      const whole = { ...entry, ...(before === undefined ? {} : { before }), after: change.after.shares };
      await this.note({ ...whole, outcome: 'intended' });
      const problem = await put(admin, flag, change).catch(messageOf);
      const how =
        problem === undefined ? ({ outcome: 'done' } as const) : ({ outcome: 'failed', problem } as const);
      await this.note({ ...whole, ...how }).catch((error: unknown) => this.unwritten(error));
      return problem;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Nothing is promoted without a trace; going back waits for no disk. */
  private async note(entry: AuditEntry): Promise<void> {
    const noted = this.parts.audit.append(entry);
    await (entry.act === 'promote' ? noted : noted.catch((error: unknown) => this.unwritten(error)));
  }

  private unwritten(error: unknown): void {
    this.parts.log('error', messageOf(error));
  }

  private rollBacks(nowMs: number): RollBacks {
    const { count, lastAtMs } = this.history;
    return { count, agoMs: lastAtMs === undefined ? undefined : nowMs - lastAtMs };
  }

  /** How many known workflows each further step moves. */
  private async moves(
    position: Position,
    flag: AdminFlag | string,
    views: readonly ServiceView[],
  ): Promise<readonly (number | undefined)[]> {
    const known = new Set(views.flatMap((view) => (view.kind === 'seen' ? view.workflows : [])));
    if (position.kind !== 'step' || typeof flag === 'string' || known.size === 0) return [];
    const { steps } = this.parts.plan;
    return Promise.all(
      steps.map((step, index) =>
        index > position.step ? this.movedBy(step, flag, [...known]) : Promise.resolve(undefined),
      ),
    );
  }

  private async movedBy(step: Step, flag: AdminFlag, known: readonly string[]): Promise<number | undefined> {
    try {
      const after = definitionAfter(flag, changeTo(step, this.parts.admin.place.name, flag));
      return (await workflowMoves(flag.definition, after, known))?.length;
    } catch {
      // A flag that weights do not decide; the decision says so where it matters.
      return undefined;
    }
  }
}

function sharesIn(flag: AdminFlag | string): StageShares | undefined {
  return typeof flag === 'string' ? undefined : effectiveShares(flag.reading);
}
