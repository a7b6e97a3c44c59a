import { ProtobufError } from '../src/codec/protobuf.ts';
import type { Outcome } from '../src/contract/lane.ts';
import type { WitnessAnswer } from '../src/contract/round.ts';
import { printable, shortHex, shortText } from './text.ts';
import { describeOutcome } from './words.ts';

const MAX_TEXT = 1_000;

/** A text of any origin on one line: bounded, and safe to print on a terminal. */
export function oneLine(text: string): string {
  return printable(shortText(text, MAX_TEXT));
}

/** An outcome on one line, e.g. `shouldReport true; lastSeenAt 41`; bytes that are none are shown as hex. */
export function outcomeInWords(outcome: Outcome): string {
  if (outcome.kind === 'error') return `error: ${oneLine(outcome.error)}`;
  try {
    return describeOutcome(outcome)
      .map(({ path, text }) => `${path} ${text}`.trimEnd())
      .join('; ');
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return `no AggregationOutcome: ${shortHex(outcome.outcome)}`;
  }
}

/** What a Go node answered, on one line. */
export function answerInWords(answer: WitnessAnswer): string {
  return answer.kind === 'panic'
    ? `any error (Go crashes: ${oneLine(answer.panic)})`
    : outcomeInWords(answer);
}
