import { Command, CommanderError, Option } from 'commander';
import { PLANTS } from '../../harness/plants.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { doctorCommand } from './doctor.ts';
import { choice, wholeNumber } from './options.ts';
import { runCommand } from './run.ts';
import { verifyCommand } from './verify.ts';
import { productVersion } from './version.ts';

/** Where a command's exit code goes. */
type Finish = (code: number) => void;

/** Runs the command line `args` (without interpreter and script) and answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that leaves early (`| head`) is not an error of ours.
  process.stdout.on('error', () => process.exit(EXIT.fine));
  const split = args.indexOf('--');
  const own = split < 0 ? args : args.slice(0, split);
  const pluginCommand = split < 0 ? undefined : args.slice(split + 1);
  let exitCode: number = EXIT.fine;
  const program = buildProgram(pluginCommand, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(own.length === 0 ? ['--help'] : [...own], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, own.includes('--verbose'));
  }
}

function buildProgram(pluginCommand: readonly string[] | undefined, finish: Finish): Command {
  const program = new Command('securemint-shadow')
    .description(
      "Proves that Secure Mint's LOOPP answers as the in-process aggregator does, before traffic moves to it.",
    )
    .version(productVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'securemint-shadow: ')) })
    .showHelpAfterError('(securemint-shadow --help lists the commands, COMMAND --help its options)');
  addRun(program, pluginCommand, finish);
  addVerify(program, pluginCommand, finish);
  addPlugin(program);
  addDoctor(program, finish);
  return program;
}

function addRun(program: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withLaneOptions(
    program
      .command('run')
      .helpGroup('Compare')
      .summary('compare both lanes over captures')
      .description(
        'Feeds every round to the legacy aggregator and to the LOOPP, compares the answers and judges.\n' +
          'FILE: captures, JSON lines, gzipped or not; - is standard input. Default: the bundled 2025-09 capture.\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] [FILE...] [-- CMD...]')
      .argument('[FILE...]'),
  )
    .option(
      '--seed <n>',
      'draws which lane is asked first (default: random, printed)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--limit <n>', 'take at most this many rounds', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--out <dir>', 'folder for journal and report (default: securemint-shadow-out/TIME)')
    .option('--keep-going', 'count lines that are no round and go on', false)
    .option(
      '--max-lane-errors <n>',
      'time-outs and unavailable answers that are still fine',
      wholeNumber(0, 1e9),
      0,
    )
    .option('--concurrency <n>', 'rounds in progress at most', wholeNumber(1, 1000), 64)
    .addOption(
      new Option('--plant <name>', 'put a known lie into the loopp lane').argParser(
        choice(Object.keys(PLANTS)),
      ),
    )
    .option('--metrics-port <port>', 'serve /metrics on 127.0.0.1 while running', wholeNumber(0, 65_535))
    .action(async (files: string[], options: Parameters<typeof runCommand>[1]) => {
      finish(await runCommand(files, options, plugin));
    });
}

function addVerify(program: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withLaneOptions(
    program
      .command('verify')
      .helpGroup('Compare')
      .summary('hold one lane against recorded answers')
      .description(
        'Conformance: every round that came with the answers of a real Go node must give one of them.\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] FILE... [-- CMD...]')
      .argument('<FILE...>'),
  )
    .addOption(
      new Option('--lane <name>', 'legacy or loopp').argParser(choice(['legacy', 'loopp'])).default('loopp'),
    )
    .action(async (files: string[], options: Parameters<typeof verifyCommand>[1]) => {
      finish(await verifyCommand(files, options, plugin));
    });
}

function withLaneOptions(command: Command): Command {
  return command
    .option('--json', 'print the result as JSON on standard output', false)
    .option('--verbose', "show the plugin's state changes, and stack traces of faults", false)
    .option(
      '--lane-timeout-ms <ms>',
      'time for one round in the loopp lane',
      wholeNumber(1, 600_000),
      HOST_DEFAULTS.laneTimeoutMs,
    )
    .option(
      '--start-timeout-ms <ms>',
      'time for the plugin to start',
      wholeNumber(100, 600_000),
      HOST_DEFAULTS.startTimeoutMs,
    );
}

function addPlugin(program: Command): void {
  program
    .command('plugin')
    .helpGroup('Build')
    .summary('be the LOOPP that a host launches')
    .description(
      'Is launched by a go-plugin host (a Chainlink node, or the loopp lane); says so and exits 1 otherwise.',
    )
    .action(async () => {
      const { pluginCommand } = await import('./plugin.ts');
      await pluginCommand();
    });
}

function addDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .helpGroup('Build')
    .summary('check that this machine can run everything')
    .option('--json', 'print the result as JSON on standard output', false)
    .action(async (options: Parameters<typeof doctorCommand>[0]) => {
      finish(await doctorCommand(options));
    });
}

/** One sentence on standard error, and the exit code. */
function explain(error: unknown, verbose: boolean): number {
  // Commander has already printed its sentence, or the help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  process.stderr.write(`securemint-shadow: ${messageOf(error)}\n`);
  if (verbose && error instanceof Error && error.stack !== undefined)
    process.stderr.write(`${error.stack}\n`);
  return error instanceof AppError ? error.exitCode : EXIT.no;
}
