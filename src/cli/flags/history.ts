import * as v from 'valibot';
import { printable } from '../../../harness/text.ts';
import type { FlagEvent } from '../../flags/admin.ts';
import { percent } from '../../flags/shares.ts';

const weighedSchema = v.looseObject({
  variants: v.array(v.looseObject({ name: v.string(), weight: v.number() })),
});

/** What somebody did, e.g. `shadow 100 % -> live 5 %, shadow 95 %`. */
export function eventInWords({ type, data, preData }: FlagEvent): string {
  switch (type) {
    case 'feature-created':
      return 'made';
    case 'feature-environment-enabled':
      return 'switched on';
    case 'feature-environment-disabled':
      return 'switched off';
    case 'feature-strategy-add':
      return `strategy added: ${weightsInWords(data)}`;
    case 'feature-strategy-update':
      return updateInWords(weightsInWords(preData), weightsInWords(data));
    case 'feature-strategy-remove':
      return `strategy removed: ${weightsInWords(preData)}`;
    default:
      return printable(type.replaceAll('-', ' '));
  }
}

function updateInWords(before: string, after: string): string {
  return before === after ? `strategy changed, still ${after}` : `${before} -> ${after}`;
}

function weightsInWords(strategy: unknown): string {
  const parsed = v.safeParse(weighedSchema, strategy);
  const variants = parsed.success ? parsed.output.variants.filter(({ weight }) => weight > 0) : [];
  if (variants.length === 0) return 'no variants';
  return variants.map(({ name, weight }) => `${printable(name)} ${percent(weight)}`).join(', ');
}

/** One line for each, in columns. */
export function historyLines(events: readonly FlagEvent[]): readonly string[] {
  const rows = events.map((event) => [
    event.createdAt.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC'),
    printable(event.createdBy),
    event.environment ?? '-',
    eventInWords(event),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
