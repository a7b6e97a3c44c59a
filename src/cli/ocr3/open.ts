import { counted } from '../../../harness/report-text.ts';
import { Ocr3Dons } from '../../../loopp/host/ocr3-dons.ts';
import { AppError } from '../../errors.ts';
import type { Comparer, ComparerOptions } from '../comparer.ts';
import { openLegacyAggregate } from '../legacy.ts';
import { inReports, pluginCommandOf, watchPlugin } from '../loopp.ts';
import { aggregationNotes, aggregationObjections } from './aggregations.ts';
import { Ocr3Harness } from './harness.ts';

/** Whole rounds of OCR3. Rejects with `AppError` PLUGIN_START, also when `signal` aborts meanwhile, and USAGE. */
export async function openOcr3(
  options: ComparerOptions,
  pluginCommand: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Comparer> {
  if (options.plant !== undefined) {
    throw new AppError(
      'USAGE',
      '--plant: expected no lie together with --ocr3, whose answers are no outcomes',
    );
  }
  const aggregateRound = await openLegacyAggregate();
  const { facts, hostOptions, onState } = watchPlugin(options);
  const dons = new Ocr3Dons(pluginCommandOf(pluginCommand), hostOptions, onState);
  await dons.start(signal);
  const harness = new Ocr3Harness(dons, aggregateRound);
  return {
    harness,
    facts,
    command: inReports(pluginCommand),
    remarks: () =>
      [...harness.unheld].map(([reason, count]) => `no OCR3 round: ${counted(count, 'round')}, ${reason}`),
    notes: () => aggregationNotes(harness.aggregations),
    objections: () => aggregationObjections(harness.aggregations),
    close: () => dons.close(),
  };
}
