import { counted, grouped } from '../../../harness/report-text.ts';

/** How many rounds came to anything: two sides agree easily on an outcome without the round's execution. */
export interface Aggregations {
  /** Rounds in which both sides had an answer. */
  compared: number;
  /** Those whose outcome holds the round's execution. */
  aggregated: number;
}

/** The line of the text report. */
export function aggregationNotes({ compared, aggregated }: Aggregations): readonly string[] {
  return [`aggregations: ${grouped(aggregated)} of ${counted(compared, 'compared round')}`];
}

/** A comparison in which nothing was aggregated says nothing about the aggregators. */
export function aggregationObjections({ compared, aggregated }: Aggregations): readonly string[] {
  if (compared === 0 || aggregated > 0) return [];
  return [`expected an aggregation in at least one compared round, got none in ${grouped(compared)}`];
}
