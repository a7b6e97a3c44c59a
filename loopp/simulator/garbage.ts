import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { Dice, Label } from './dice.ts';
import { reportWithInfo } from './trigger-event.ts';
import type { TriggerEvent } from './trigger-event.ts';

const NOISE_BYTES = 200;

/** What a faulty oracle sends as its observation in a round of OCR. */
export const garbageObservation = (dice: Dice, epoch: bigint, oracle: number): Uint8Array =>
  dice.bytes(1 + dice.below(NOISE_BYTES, 'noise length', epoch, oracle), 'noise', epoch, oracle);

/** Outputs of an event that no transmitter makes, or bytes in place of them. */
type Spoil = (event: TriggerEvent, dice: Dice, label: Label) => ValueMap | Uint8Array;

/** Each can be read as protobuf: anything else would never reach an aggregator. */
const SPOILS: readonly Spoil[] = [
  (_event, dice, label) => dice.bytes(NOISE_BYTES, 'bytes', ...label),
  (event, dice, label) => withReport(event, dice.bytes(NOISE_BYTES, 'report', ...label)),
  (event, dice, label) => withReport(event, cut(reportOf(event), dice, label)),
  (event, dice, label) => withReport(event, flipped(reportOf(event), dice, label)),
  (event, dice, label) => withReport(event, forged(event, dice, label)),
  ({ outputs }) => new Map<string, Value>([...outputs, ['seqNr', { kind: 'string', value: 'none' }]]),
  ({ outputs }) => new Map<string, Value>([['OCRTriggerEvent', { kind: 'map', entries: outputs }]]),
  () => new Map(),
];

/** One to three events, none of which is what it should be. */
export function garbageEvents(
  event: TriggerEvent,
  dice: Dice,
  label: Label,
): readonly (ValueMap | Uint8Array)[] {
  return Array.from({ length: 1 + dice.below(3, 'events', ...label) }, (_, at) =>
    dice.pick(SPOILS, 'spoil', ...label, at)(event, dice, [...label, at]),
  );
}

const withReport = ({ outputs }: TriggerEvent, report: Uint8Array): ValueMap =>
  new Map<string, Value>([...outputs, ['report', { kind: 'bytes', value: report }]]);

const reportOf = ({ attested: { report }, selector }: TriggerEvent): Uint8Array =>
  reportWithInfo(report, selector);

const cut = (bytes: Uint8Array, dice: Dice, label: Label): Uint8Array =>
  bytes.slice(0, dice.below(bytes.length, 'cut', ...label));

function flipped(bytes: Uint8Array, dice: Dice, label: Label): Uint8Array {
  const at = dice.below(bytes.length, 'flip', ...label);
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << dice.below(8, 'bit', ...label)) : byte));
}

/** Another amount under the same signatures; aggregators look at none (docs/spec/aggregator.md H.8 number 1). */
function forged({ attested, selector }: TriggerEvent, dice: Dice, label: Label): Uint8Array {
  const amount = String(dice.bigBelow(10n ** 24n, 'forged', ...label));
  const report = Buffer.from(attested.report)
    .toString()
    .replace(/"Mintable":-?[0-9]+/, `"Mintable":${amount}`);
  return reportWithInfo(Buffer.from(report), selector);
}
