import { printable } from '../../harness/text.ts';
import type { Stage } from '../contract/stage.ts';
import { AppError, EXIT } from '../errors.ts';
import type { AdminFlag, FlagAdmin } from '../flags/admin.ts';
import { changeLiveShare, changeStage, changeToOff } from '../flags/change.ts';
import { effectiveShares } from '../flags/reading.ts';
import { allIn, sharesInWords, sharesOf } from '../flags/shares.ts';
import { applyChange } from './flags/apply.ts';
import { eventInWords, historyLines } from './flags/history.ts';
import { openAdmin } from './flags/options.ts';
import type { ChangeOptions, KnownOptions, TargetOptions } from './flags/options.ts';
import { statusInWords } from './flags/service.ts';
import { placeInWords, stageTable } from './flags/text.ts';
import { askWhatIsKnown, stagesOf } from './flags/workflows.ts';
import type { Known } from './flags/workflows.ts';
import { paintFor } from './paint.ts';

/** `flags create`: make the flag, switched off, with everything in shadow once it is switched on. */
export async function flagsCreate(options: TargetOptions): Promise<number> {
  const admin = openAdmin(options);
  const found = await admin.find();
  const { name, environment } = admin.place;
  if (found !== undefined && found.strategies.length > 0) {
    throw new AppError(
      'INPUT',
      `flag ${name}: expected none in ${environment}, got one; \`flags show\` shows it`,
    );
  }
  if (found === undefined) await admin.create();
  await admin.addStrategy(allIn('shadow'));
  return show(admin, await admin.read(), { workflows: undefined, services: [] }, options);
}

/** `flags show`: who is in which stage. */
export async function flagsShow(options: TargetOptions & KnownOptions): Promise<number> {
  const admin = openAdmin(options);
  const [flag, known] = await Promise.all([admin.read(), askWhatIsKnown(options)]);
  return show(admin, flag, known, options);
}

/** `flags stage`: every workflow in one stage. */
export async function flagsStage(stage: Stage, options: ChangeOptions): Promise<number> {
  return applyChange(options, (name, flag) => changeStage(name, flag, stage));
}

/** `flags share live`: so many permille in live. */
export async function flagsShare(permille: number, options: ChangeOptions): Promise<number> {
  return applyChange(options, (name, flag) => changeLiveShare(name, flag, permille));
}

/** `flags kill`: everything off, in one write. */
export async function flagsKill(options: ChangeOptions): Promise<number> {
  return applyChange(options, (_name, flag) => changeToOff(flag));
}

/** `flags history`: who changed what, the latest first. */
export async function flagsHistory(options: TargetOptions & { readonly limit: number }): Promise<number> {
  const admin = openAdmin(options);
  const events = await admin.history(options.limit);
  if (options.json) {
    const rows = events.map((event) => ({
      at: event.createdAt,
      by: event.createdBy,
      environment: event.environment ?? null,
      type: event.type,
      text: eventInWords(event),
    }));
    process.stdout.write(`${JSON.stringify(rows)}\n`);
  } else {
    const lines = historyLines(events);
    process.stdout.write(`${(lines.length === 0 ? ['nothing is known'] : lines).join('\n')}\n`);
  }
  return EXIT.fine;
}

async function show(
  { place }: FlagAdmin,
  flag: AdminFlag,
  known: Known,
  { json }: TargetOptions,
): Promise<number> {
  const stages = await stagesOf(flag.definition, known.workflows ?? []);
  const lines = json
    ? [JSON.stringify({ ...place, ...shown(flag), ...shownKnown(known, stages) })]
    : [placeInWords(place), ...flagLines(flag), ...knownLines(known, stages)];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.fine;
}

function shown({ reading }: AdminFlag): object {
  const { enabled, division } = reading;
  return {
    enabled,
    shares: effectiveShares(reading) ?? null,
    onceEnabled: division.kind === 'weights' ? sharesOf(division.ranges) : null,
    dependsOn: division.kind === 'more' ? division.dependsOn : null,
    problem: division.kind === 'more' ? null : (division.problem ?? null),
  };
}

type Stages = Awaited<ReturnType<typeof stagesOf>>;

function shownKnown({ workflows, services }: Known, stages: Stages): object {
  return {
    workflows: workflows === undefined || stages === undefined ? null : Object.fromEntries(stages),
    services: services.map(({ service, status }) =>
      typeof status === 'string' ? { service, problem: status } : { service, flag: status.flag },
    ),
  };
}

function flagLines({ reading }: AdminFlag): readonly string[] {
  const { enabled, division } = reading;
  const paint = paintFor(process.stdout);
  const onceEnabled = division.kind === 'weights' ? sharesInWords(sharesOf(division.ranges)) : 'see below';
  return [
    enabled ? 'switched on' : `switched off; once it is on: ${onceEnabled}`,
    ...stageTable([{ head: 'now', shares: effectiveShares(reading) }], paint),
    ...(division.kind === 'more'
      ? [`who is in which stage depends on ${division.dependsOn}`]
      : [division.problem].flatMap((problem) => (problem === undefined ? [] : [paint.bad(problem)]))),
  ];
}

function knownLines({ workflows, services }: Known, stages: Stages): readonly string[] {
  const listed =
    stages === undefined
      ? ['which stage a workflow has depends on more than this flag']
      : [...stages].map(([workflow, stage]) => `  ${printable(workflow)}: ${stage}`);
  return [
    ...(workflows === undefined ? [] : [`${String(workflows.length)} known workflows`, ...listed]),
    ...services.map((answer) => `${answer.service}: ${statusInWords(answer)}`),
  ];
}
