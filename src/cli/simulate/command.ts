import { Option } from 'commander';
import type { Command } from 'commander';
import { FAULTS } from '../../../loopp/simulator/faults.ts';
import { HOST_DEFAULTS } from '../../../loopp/host/options.ts';
import { MAX_ORACLES } from '../../../loopp/simulator/options.ts';
import { REVISIONS } from '../../contract/round.ts';
import { choiceOption, wholeNumberOption } from '../options.ts';
import type { SimulateOptions } from '../simulate.ts';

const FAULT_HELP = Object.entries(FAULTS)
  .map(([name, does]) => `  ${name.padEnd(16)} ${does}`)
  .join('\n');

export function addSimulate(program: Command, finish: (code: number) => void): void {
  program
    .command('simulate')
    .helpGroup('Build:')
    .summary('write a capture with a simulated DON')
    .description(
      'Oracles with real Secure Mint reporting plugins hold rounds of OCR over chains that are made up.\n' +
        'Their signed reports reach workflows as trigger events: each gives a round for an aggregator.\n' +
        'Equal options give equal bytes.',
    )
    .addOption(wholeNumberOption('--rounds <n>', 'rounds of OCR', [1, 1e9]).makeOptionMandatory())
    .requiredOption('--out <file>', 'the capture; gzipped when the name ends with .gz')
    .option('--force', 'let --out replace a file', false)
    .addOption(
      wholeNumberOption('--seed <n>', 'draws everything (default: random, printed)', [0, 2 ** 32 - 1]),
    )
    .addOption(wholeNumberOption('--oracles <n>', 'oracles (default: 3f+1, or 4)', [1, MAX_ORACLES]))
    .addOption(
      wholeNumberOption('--f <n>', 'faulty oracles to tolerate (default: as many as can be)', [0, 10]),
    )
    .option(
      '--chains <list>',
      'names or selectors, separated by commas (default: Ethereum, Arbitrum and, in 2025-09, Solana)',
    )
    .addOption(choiceOption('--revision <name>', 'upstream behaviour', REVISIONS).default('2025-09'))
    .addOption(
      new Option(
        '--fault <NAME[:ORACLE][@PERCENT]>',
        'a fault, in so many of 100 rounds (all, unless it says); without ORACLE of one that is drawn for each round; ' +
          'may be given several times',
      )
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .addOption(
      wholeNumberOption('--start-timeout-ms <ms>', 'time for a plugin to start', [100, 600_000]).default(
        HOST_DEFAULTS.startTimeoutMs,
      ),
    )
    .option('--json', 'print the result as JSON on standard output', false)
    .option('--verbose', "show the plugins' state changes, and stack traces of faults", false)
    .addHelpText('after', `\nFaults:\n${FAULT_HELP}`)
    .action(async (options: SimulateOptions) => {
      const { simulateCommand } = await import('../simulate.ts');
      finish(await simulateCommand(options));
    });
}
