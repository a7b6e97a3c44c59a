import { grouped } from '../../../harness/report-text.ts';
import { AppError, EXIT } from '../../errors.ts';
import type { AdminFlag, FlagAdmin } from '../../flags/admin.ts';
import { definitionAfter, isNothing, isWritten, write } from '../../flags/change.ts';
import type { FlagChange } from '../../flags/change.ts';
import { effectiveShares } from '../../flags/reading.ts';
import { sharesInWords } from '../../flags/shares.ts';
import { paintFor } from '../paint.ts';
import { consentTo } from './consent.ts';
import { openAdmin } from './options.ts';
import type { ChangeOptions } from './options.ts';
import { statusInWords } from './service.ts';
import { moveLines, placeInWords, stageTable, workflowLines } from './text.ts';
import { waitForServices } from './wait.ts';
import type { Waited } from './wait.ts';
import { askWhatIsKnown, workflowMoves } from './workflows.ts';
import type { Known, WorkflowMove } from './workflows.ts';

/** What a command is about to do. */
interface Preview {
  readonly flag: AdminFlag;
  readonly change: FlagChange;
  readonly known: Known;
  /** undefined: it takes more than this flag to tell, or nobody was asked for workflows. */
  readonly moved: readonly WorkflowMove[] | undefined;
}

/** Shows a change, asks, writes it, reads it back and waits for services. Answers the exit code. */
export async function applyChange(
  options: ChangeOptions,
  plan: (name: string, flag: AdminFlag) => FlagChange,
): Promise<number> {
  if (options.wait && (options.service ?? []).length === 0) {
    throw new AppError('USAGE', '--wait: expected --service URL beside it, got none');
  }
  const admin = openAdmin(options);
  const preview = await makePreview(admin, options, plan);
  say(options, previewLines(admin, preview));
  const outcome = await writeIfWanted(admin, preview, options);
  if (typeof outcome === 'number') return outcome;
  const waited = options.wait ? await follow(admin, preview, options, outcome.sinceMs) : [];
  say(options, waited.map(waitedLine));
  if (options.json) printJson(admin, preview, waited);
  return waited.every(({ ms }) => ms !== null) ? EXIT.fine : EXIT.no;
}

async function makePreview(
  admin: FlagAdmin,
  options: ChangeOptions,
  plan: (name: string, flag: AdminFlag) => FlagChange,
): Promise<Preview> {
  const [flag, known] = await Promise.all([admin.read(), askWhatIsKnown(options)]);
  const change = plan(admin.place.name, flag);
  const after = definitionAfter(flag, change);
  const moved =
    known.workflows === undefined ? undefined : await workflowMoves(flag.definition, after, known.workflows);
  return { flag, change, known, moved };
}

/** When writing began, or the exit code when nothing is written or somebody else has written, too. */
async function writeIfWanted(
  admin: FlagAdmin,
  { flag, change }: Preview,
  options: ChangeOptions,
): Promise<{ readonly sinceMs: number } | number> {
  if (isNothing(change)) {
    say(options, ['nothing to change']);
    return { sinceMs: performance.now() };
  }
  const consent = await consentTo(options.yes, { input: process.stdin, output: process.stderr });
  if (consent !== 'yes') {
    say(options, ['nothing is changed']);
    return consent === 'no' ? EXIT.no : EXIT.interrupted;
  }
  // New weights follow from the old ones, and a person takes a while to answer.
  if (!options.yes && change.weights !== undefined && !isSame(await admin.read(), flag)) {
    return refuse('the flag has changed since it was shown; nothing is changed');
  }
  const sinceMs = performance.now();
  await write(admin, change);
  const read = await admin.read();
  if (!isWritten(read, change)) return refuse(`read back: expected ${readBackInWords(read, change)}`);
  say(options, ['written and read back']);
  return { sinceMs };
}

function isSame(one: AdminFlag, other: AdminFlag): boolean {
  return one.reading.revision === other.reading.revision;
}

function readBackInWords({ reading }: AdminFlag, { after }: FlagChange): string {
  const shares = effectiveShares(reading);
  const came = shares === undefined ? 'others' : sharesInWords(shares);
  return `${sharesInWords(after.shares)}, got ${came}: somebody else changes the flag`;
}

function refuse(reason: string): number {
  process.stderr.write(`securemint-shadow: ${reason}\n`);
  return EXIT.no;
}

async function follow(
  admin: FlagAdmin,
  { change, known }: Preview,
  { waitTimeoutMs: timeoutMs }: ChangeOptions,
  sinceMs: number,
): Promise<readonly Waited[]> {
  const services = known.services.map(({ service }) => service);
  return waitForServices(services, { name: admin.place.name, ...change.after }, { sinceMs, timeoutMs });
}

function previewLines({ place }: FlagAdmin, { flag, change, known, moved }: Preview): readonly string[] {
  const paint = paintFor(process.stdout);
  const columns = [
    { head: 'now', shares: effectiveShares(flag.reading) },
    { head: 'then', shares: change.after.shares },
  ];
  const silent = known.services.filter(({ status }) => typeof status === 'string');
  return [
    placeInWords(place),
    ...stageTable(columns, paint),
    ...moveLines(change.moves, paint),
    ...workflowLines(moved, known.workflows?.length),
    ...silent.map((answer) => `no workflows from ${answer.service}: ${statusInWords(answer)}`),
  ];
}

function waitedLine({ service, ms, last }: Waited): string {
  if (ms === null) return `${service} does not follow; it said last: ${last}`;
  return `${service} follows after ${grouped(ms)} ms`;
}

function say({ json }: ChangeOptions, lines: readonly string[]): void {
  if (!json && lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

function printJson(
  { place }: FlagAdmin,
  { flag, change, known, moved }: Preview,
  waited: readonly Waited[],
): void {
  const { enabled } = flag.reading;
  const result = {
    ...place,
    changed: !isNothing(change),
    before: { enabled, shares: effectiveShares(flag.reading) ?? null },
    after: change.after,
    moves: change.moves ?? null,
    workflows: known.workflows === undefined ? null : { known: known.workflows.length, moved: moved ?? null },
    waited,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
