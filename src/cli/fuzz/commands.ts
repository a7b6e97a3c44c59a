import type { Command } from 'commander';
import { PLANTS } from '../../../harness/plants.ts';
import type { FuzzCommandOptions } from '../fuzz.ts';
import { choiceOption, wholeNumberOption } from '../options.ts';
import type { SensitivityOptions } from '../sensitivity.ts';

type Finish = (code: number) => void;

const MAX_SEED = 2 ** 32 - 1;

/** `fuzz`: generated rounds. `command` has the options of every command with lanes. */
export function addFuzz(command: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  command
    .helpGroup('Compare:')
    .summary('look for a round on which the lanes differ')
    .description(
      'Compares both lanes on generated rounds: honest DONs and such with liars, encodings at their edges, all chains, both\n' +
        'revisions, mutations of the bundled captures. Stops at a difference, makes the round as small as it can and writes\n' +
        'it as a capture for run.\n' +
        '-- CMD: another plugin as the loopp lane.',
    )
    .usage('[options] [-- CMD...]')
    .addOption(wholeNumberOption('--rounds <n>', 'rounds to generate at most', [1, 1e9]).default(10_000))
    .addOption(
      wholeNumberOption('--seed <n>', 'the same seed gives the same rounds (default: random, printed)', [
        0,
        MAX_SEED,
      ]),
    )
    .addOption(
      wholeNumberOption('--max-tries <n>', 'rounds to ask while making one smaller', [0, 1e9]).default(5000),
    )
    .addOption(choiceOption('--plant <name>', 'put a known lie into the loopp lane', Object.keys(PLANTS)))
    .option('--out <file>', 'the capture (default: counterexample-INPUT.jsonl, by the SHA-256 of the input)')
    .action(async (options: FuzzCommandOptions) => {
      const { fuzzCommand } = await import('../fuzz.ts');
      finish(await fuzzCommand(options, plugin));
    });
}

/** `sensitivity`: every known lie in turn. `command` has the options of every command with lanes. */
export function addSensitivity(
  command: Command,
  plugin: readonly string[] | undefined,
  finish: Finish,
): void {
  command
    .helpGroup('Compare:')
    .summary('prove that the comparison finds every known lie')
    .description(
      'Puts each known lie in turn beside the bundled captures and then generated rounds, and counts the rounds until the\n' +
        'comparison finds it. docs/trust.md says what finding is.\n' +
        '-- CMD: another plugin as the loopp lane.',
    )
    .usage('[options] [-- CMD...]')
    .addOption(wholeNumberOption('--max-rounds <n>', 'rounds for each lie at most', [1, 1e7]).default(10_000))
    .addOption(wholeNumberOption('--seed <n>', 'draws the generated rounds', [0, MAX_SEED]).default(1))
    .action(async (options: SensitivityOptions) => {
      const { sensitivityCommand } = await import('../sensitivity.ts');
      finish(await sensitivityCommand(options, plugin));
    });
}
