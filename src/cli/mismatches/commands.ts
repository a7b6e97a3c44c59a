import type { Command } from 'commander';
import { wholeNumberOption } from '../options.ts';
import type { MismatchesOptions } from '../mismatches.ts';
import type { ReplayOptions } from '../replay.ts';
import type { ShrinkOptions } from '../shrink.ts';
import { withJournalLaneOptions } from './lane-options.ts';

type Finish = (code: number) => void;

/** `mismatches`: findings of a journal by cause. */
export function addMismatches(program: Command, finish: Finish): void {
  program
    .command('mismatches')
    .helpGroup('Compare:')
    .summary('list what went wrong, by cause')
    .description(
      'Sorts the findings of a journal by their cause, each with its count, first and last time and a fair sample.\n' +
        'JOURNAL: a journal, gzipped or not, or a folder with its files. Default: securemint-shadow-out/latest.\n' +
        'docs/mismatches.md describes the file of known differences.',
    )
    .argument('[JOURNAL]')
    .option('--json', 'print the result as JSON on standard output', false)
    .option('--rejudge', 'compare the recorded answers again, with the comparison of this version', false)
    .option('--where <name=value>', WHERE_HELP, also)
    .addOption(wholeNumberOption('--group <n>', 'show this group alone, with its sample', [1, 1e6]))
    .option('--export <dir>', 'write the samples as captures, group-N.jsonl in this folder')
    .option('--known <file>', 'differences that are tolerated until a day; they are counted and shown apart')
    .addOption(wholeNumberOption('--sample <n>', 'rounds of each group in its sample', [1, 1000]).default(5))
    .addOption(wholeNumberOption('--seed <n>', 'draws the samples', [0, 2 ** 32 - 1]).default(1))
    .action(async (path: string | undefined, options: MismatchesOptions) => {
      const { mismatchesCommand } = await import('../mismatches.ts');
      finish(await mismatchesCommand(path, options));
    });
}

const WHERE_HELP =
  'only groups with this verdict, contradicted lane, field, kind, error, chain, revision or feature; may be given several times';

function also(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** `replay`: recorded findings again. `command` has the options of every command with lanes. */
export function addReplay(command: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withJournalLaneOptions(
    command
      .helpGroup('Compare:')
      .summary('ask the lanes of today about recorded findings')
      .description(
        'Runs findings again: reproduced, changed or vanished.\n' +
          'NAME: a capsule (.json), a journal or its folder for all its findings, or the id of a round in --journal.\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] NAME... [-- CMD...]')
      .argument('<NAME...>'),
  )
    .option('--show', 'print the rounds decoded, with what was recorded, and run nothing', false)
    .action(async (names: string[], options: ReplayOptions) => {
      const { replayCommand } = await import('../replay.ts');
      finish(await replayCommand(names, options, plugin));
    });
}

/** `shrink`: one finding, minimised. `command` has the options of every command with lanes. */
export function addShrink(command: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withJournalLaneOptions(
    command
      .helpGroup('Compare:')
      .summary('cut a finding to the smallest round that shows it')
      .description(
        'Takes away oracles, events and fields, and makes numbers, texts and bytes smaller, as long as the lanes of today\n' +
          'show the same difference, and writes a capsule: a file that replays it anywhere.\n' +
          'ID: of a round in --journal, or a capsule (.json).\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] ID [-- CMD...]')
      .argument('<ID>'),
  )
    .addOption(wholeNumberOption('--max-seconds <s>', 'time for it', [1, 86_400]).default(60))
    .addOption(wholeNumberOption('--max-tries <n>', 'rounds to try', [1, 1e9]).default(100_000))
    .option('--out <file>', 'the capsule (default: capsule-INPUT.json, by the SHA-256 of the input)')
    .action(async (id: string, options: ShrinkOptions) => {
      const { shrinkCommand } = await import('../shrink.ts');
      finish(await shrinkCommand(id, options, plugin));
    });
}
