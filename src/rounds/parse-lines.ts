import type { Round } from '../contract/round.ts';
import { RoundFormatError, parseRound } from './parse.ts';
import type { DecodeBase64 } from './parse.ts';

/** What one line of a capture says; `bad` with the field, what was expected and what came. */
export type ParsedLine =
  | { readonly kind: 'round'; readonly round: Round }
  | { readonly kind: 'bad'; readonly message: string }
  | Blank;

export interface Blank {
  readonly kind: 'blank';
}

/** Answers as many as the lines it is given, in their order. Rejects when it cannot work any more. */
export type ParseLines = (lines: readonly Uint8Array[]) => Promise<readonly ParsedLine[]>;

/** One line, without its line feed. Never throws for what the line holds. */
export function parseLine(line: Uint8Array, decode?: DecodeBase64): ParsedLine {
  const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8');
  if (text.trim() === '') return { kind: 'blank' };
  try {
    return { kind: 'round', round: parseRound(text, decode) };
  } catch (error) {
    if (!(error instanceof RoundFormatError)) throw error;
    return { kind: 'bad', message: error.message };
  }
}

/** Parses in this thread. */
export const parseLinesHere: ParseLines = async (lines) => lines.map((line) => parseLine(line));
