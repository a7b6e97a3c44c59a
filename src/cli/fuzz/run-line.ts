import { replayLine } from '../mismatches/replay-line.ts';

/** The command that compares the rounds of a capture again, for a shell. */
export function runLine(
  file: string,
  plant: string | undefined,
  pluginCommand: readonly string[] | undefined,
): string {
  // The two commands take the same words after their names.
  return replayLine(file, plant, pluginCommand).replace('securemint-shadow replay', 'securemint-shadow run');
}
