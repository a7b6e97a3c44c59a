import { decodeValueMap } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import { targetSelector } from './selector.ts';
import { shownEvent } from './events.ts';
import type { ShownEvent, ShownReport } from './events.ts';

/** What is peculiar about a round's input, the most peculiar first: a round has the first that fits. */
export const FEATURES = [
  'an observation that is no event',
  'a report that is no JSON object',
  'a mintable that is no number',
  'a negative mintable',
  'a mintable above 128 bits',
  'a number above 2^53',
  'oracles disagree',
  'several events of an oracle',
  'no event for the chain',
  'no previous outcome',
  'nothing peculiar',
] as const;
export type Feature = (typeof FEATURES)[number];

interface Input {
  readonly round: Round;
  readonly events: readonly ShownEvent[];
  readonly reports: readonly ShownReport[];
  /** Those for the target chain. */
  readonly ours: readonly ShownReport[];
}

const TESTS: Readonly<Record<Exclude<Feature, 'nothing peculiar'>, (input: Input) => boolean>> = {
  'an observation that is no event': ({ events }) => events.some(({ report }) => report === undefined),
  'a report that is no JSON object': ({ reports }) => reports.some(({ trouble }) => trouble !== undefined),
  'a mintable that is no number': ({ ours }) => ours.some((report) => mintable(report) === undefined),
  'a negative mintable': ({ ours }) => ours.some((report) => (mintable(report) ?? 0n) < 0n),
  'a mintable above 128 bits': ({ ours }) => ours.some((report) => (mintable(report) ?? 0n) >= 1n << 128n),
  'a number above 2^53': ({ ours }) => ours.some(hasLargeNumber),
  'oracles disagree': ({ ours }) => new Set(ours.map(({ text }) => text)).size > 1,
  'several events of an oracle': ({ round }) => round.observations.some(({ values }) => values.length > 1),
  'no event for the chain': ({ ours }) => ours.length === 0,
  'no previous outcome': ({ round }) => round.previousOutcome === null,
};

export function featureOf(round: Round): Feature {
  const events = round.observations.flatMap(({ values }) => values.map(shownEvent));
  const reports = events.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const target = selectorText(round.config);
  const ours = reports.filter(({ info, inner }) => inner !== undefined && info === target);
  const input = { round, events, reports, ours };
  return (
    FEATURES.find((feature) => feature !== 'nothing peculiar' && TESTS[feature](input)) ?? 'nothing peculiar'
  );
}

function selectorText(config: Uint8Array): string | undefined {
  try {
    return targetSelector(decodeValueMap(config))?.toString();
  } catch {
    return undefined;
  }
}

const INTEGER = /^-?[0-9]+$/;

function mintable({ inner }: ShownReport): bigint | undefined {
  const text = inner?.['mintable'];
  return text !== undefined && text.length <= 1000 && INTEGER.test(text) ? BigInt(text) : undefined;
}

const EXACT = 2n ** 53n;

/** Of the numbers that a float might hold; a mintable is above 2^53 nearly always. */
function hasLargeNumber({ inner }: ShownReport): boolean {
  return ['block', 'seqnr'].some((name) => {
    const text = inner?.[name];
    return text !== undefined && text.length <= 40 && INTEGER.test(text) && BigInt(text) > EXACT;
  });
}
