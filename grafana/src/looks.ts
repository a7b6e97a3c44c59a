import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  SpecialValueMatch,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

export const GOOD = 'green';
export const WARNING = 'orange';
export const BAD = 'red';
export const NEUTRAL = 'blue';

/** Colours by value: the first holds below the second's limit. */
export function steps(
  first: string,
  ...rest: readonly (readonly [from: number, color: string])[]
): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...rest.map(([value, color]) => ({ value, color }))]);
}

export const byThresholds = (): FieldColorBuilder =>
  new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
export const byPalette = (): FieldColorBuilder =>
  new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);

/** Words for whole numbers, each with its colour. */
export function words(
  entries: Readonly<Record<number, readonly [text: string, color: string]>>,
): ValueMapping {
  const options = Object.entries(entries).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** Words for a rate or bound without data. */
export function nanIs(text: string): ValueMapping {
  return {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NotANumber, result: { text, color: NEUTRAL } },
  };
}

/** What a panel says that has no series at all. */
export const NOTHING_SCRAPED = 'no data: nothing is scraped yet';

export const YES_NO = words({ 0: ['no', BAD], 1: ['yes', GOOD] });
