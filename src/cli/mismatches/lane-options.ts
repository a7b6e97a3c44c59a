import type { Command } from 'commander';
import { PLANTS } from '../../../harness/plants.ts';
import { choiceOption, wholeNumberOption } from '../options.ts';
import type { ComparerOptions } from '../comparer.ts';

/** Options of commands that ask today's lanes about a journal. */
export interface JournalLaneOptions extends Omit<ComparerOptions, 'seed'> {
  readonly json: boolean;
  readonly seed: number;
  readonly journal?: string;
}

/** Adds them, but for those of every command with lanes. */
export function withJournalLaneOptions(command: Command): Command {
  return command
    .option('--journal <path>', 'where rounds are looked up (default: securemint-shadow-out/latest)')
    .addOption(
      wholeNumberOption('--seed <n>', 'draws which lane is asked first', [0, 2 ** 32 - 1]).default(1),
    )
    .addOption(choiceOption('--plant <name>', 'put a known lie into the loopp lane', Object.keys(PLANTS)));
}
