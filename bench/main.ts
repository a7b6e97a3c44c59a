import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, EXIT, messageOf } from '../src/errors.ts';
import { goAvailable } from '../test/helpers/go-oracle.ts';
import { buildOracle } from './go.ts';
import { goPluginCall } from './go-plugin.ts';
import { heap } from './heap.ts';
import { legacyLarge, legacySmall } from './legacy.ts';
import { looppCall } from './loopp.ts';
import type { Measurement, Setting } from './measurement.ts';
import { resultOf, skippedResult } from './measurement.ts';
import { outcomeCall } from './outcome.ts';
import { wholeRun } from './run.ts';
import { serviceCall } from './service.ts';
import { start } from './start.ts';
import { table } from './table.ts';
import type { Row } from './table.ts';

// `npm run bench`: every speed that the product promises, as a ratio to something that runs beside it (docs/performance.md).
const MEASUREMENTS: readonly Measurement[] = [
  legacySmall,
  legacyLarge,
  looppCall,
  serviceCall,
  goPluginCall,
  outcomeCall,
  wholeRun,
  heap,
  start,
];
const NAMES = MEASUREMENTS.flatMap(({ goals }) => goals.map(({ name }) => name));
const NO_GO = 'needs the command "go"';

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  return error instanceof AppError ? error.exitCode : EXIT.no;
});

async function main(): Promise<number> {
  const { json, only } = options();
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const folder = await mkdtemp(join(tmpdir(), 'securemint-bench-'));
  // Also on Ctrl-C: the rounds of the whole run take a hundred megabytes.
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const rows = (await measureAll(folder, wanted)).filter(({ goal }) => wanted(goal.name));
  const results = rows.map(({ result }) => result);
  process.stdout.write(json ? `${JSON.stringify({ results })}\n` : table(rows));
  return EXIT.fine;
}

/** Throws `AppError` USAGE. */
function options(): { readonly json: boolean; readonly only: readonly string[] } {
  const { json, only } = parsedOptions();
  const unknown = only.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new AppError('USAGE', `--only: expected one of ${NAMES.join(', ')}, got "${unknown}"`);
  }
  return { json, only };
}

function parsedOptions(): ReturnType<typeof options> {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch (error) {
    throw new AppError('USAGE', messageOf(error), { cause: error });
  }
}

async function measureAll(folder: string, wanted: (name: string) => boolean): Promise<readonly Row[]> {
  const withGo = goAvailable();
  let oracle: Promise<string> | undefined;
  const goOracle = (): Promise<string> => (oracle ??= buildOracle(folder));
  const rows: Row[] = [];
  for (const measurement of MEASUREMENTS) {
    const { goals, needsGo } = measurement;
    if (!goals.some(({ name }) => wanted(name))) continue;
    if (needsGo && !withGo) {
      rows.push(...goals.map((goal) => ({ goal, result: skippedResult(goal, NO_GO) })));
    } else {
      rows.push(...(await measureOne(measurement, folder, goOracle)));
    }
  }
  return rows;
}

async function measureOne(
  { goals, measure }: Measurement,
  parent: string,
  goOracle: Setting['goOracle'],
): Promise<readonly Row[]> {
  const title = goals.map(({ name }) => name).join(', ');
  const progress = (text: string): void => void process.stderr.write(`${title}: ${text}\n`);
  const folder = await mkdtemp(join(parent, 'part-'));
  try {
    const findings = await measure({ folder, goOracle, progress });
    return goals.flatMap((goal, index) => {
      const finding = findings[index];
      return finding === undefined ? [] : [{ goal, finding, result: resultOf(goal, finding) }];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
