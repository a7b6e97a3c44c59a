import { Command, CommanderError, Help } from 'commander';
import type { Option } from 'commander';
import { PLANTS } from '../../harness/plants.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import { LANE_NAMES } from '../contract/judgement.ts';
import { AppError, EXIT, messageOf } from '../errors.ts';
import { addController } from './controller/command.ts';
import { doctorCommand } from './doctor.ts';
import { addFlags } from './flags/commands.ts';
import { addFuzz, addSensitivity } from './fuzz/commands.ts';
import { writeLauncher } from './launcher.ts';
import { addMismatches, addReplay, addShrink } from './mismatches/commands.ts';
import { choiceOption, wholeNumberOption } from './options.ts';
import { runCommand } from './run.ts';
import type { ServeOptions } from './serve.ts';
import { addSimulate } from './simulate/command.ts';
import { tolerateClosedReaders } from './streams.ts';
import { verifyCommand } from './verify.ts';
import { productVersion } from './version.ts';

/** Where a command's exit code goes. */
type Finish = (code: number) => void;

/** Runs the command line `args` (without interpreter and script) and answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  tolerateClosedReaders();
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
    .configureHelp({ optionDescription })
    .showHelpAfterError('(securemint-shadow --help lists the commands, COMMAND --help its options)');
  addRun(program, pluginCommand, finish);
  addVerify(program, pluginCommand, finish);
  addFuzz(withLaneOptions(program.command('fuzz')), pluginCommand, finish);
  addSensitivity(withLaneOptions(program.command('sensitivity')), pluginCommand, finish);
  addMismatches(program, finish);
  addReplay(withLaneOptions(program.command('replay')), pluginCommand, finish);
  addShrink(withLaneOptions(program.command('shrink')), pluginCommand, finish);
  addServe(program, pluginCommand, finish);
  addFlags(program, finish);
  addController(program, finish);
  addPlugin(program);
  addSimulate(program, finish);
  addDoctor(program, finish);
  return program.commandsGroup('Help:').helpCommand('help [command]', 'show the options of a command');
}

/** Commander would say of every switch that it is off by default. */
function optionDescription(this: Help, option: Option): string {
  return option.isBoolean() ? option.description : Help.prototype.optionDescription.call(this, option);
}

function addRun(program: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withLaneOptions(
    program
      .command('run')
      .helpGroup('Compare:')
      .summary('compare both lanes over captures')
      .description(
        'Feeds every round to the legacy aggregator and to the LOOPP, compares the answers and judges.\n' +
          'FILE: captures, JSON lines, gzipped or not; - is standard input. Default: the bundled 2025-09 capture.\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] [FILE...] [-- CMD...]')
      .argument('[FILE...]'),
  )
    .addOption(
      wholeNumberOption(
        '--seed <n>',
        'draws which lane is asked first, and the simulated DON (default: random, printed)',
        [0, 2 ** 32 - 1],
      ),
    )
    .addOption(wholeNumberOption('--limit <n>', 'take at most this many rounds', [1, 1e12]))
    .addOption(
      wholeNumberOption(
        '--simulate <n>',
        'take rounds of a simulated DON instead, from n rounds of OCR',
        [1, 1e9],
      ),
    )
    .option('--out <dir>', 'folder for journal and report (default: securemint-shadow-out/TIME)')
    .option('--keep-going', 'count lines that are no round and go on', false)
    .addOption(
      wholeNumberOption(
        '--max-lane-errors <n>',
        'time-outs and unavailable answers that are still fine',
        [0, 1e9],
      ).default(0),
    )
    .addOption(
      wholeNumberOption(
        '--concurrency <n>',
        'rounds in progress at most; 1 shows what one call takes',
        [1, 1000],
      ).default(64),
    )
    .option('--ocr3', OCR3_HELP, false)
    .addOption(choiceOption('--plant <name>', 'put a known lie into the loopp lane', Object.keys(PLANTS)))
    .option('--chain <file>', CHAIN_HELP)
    .addOption(
      wholeNumberOption(
        '--metrics-port <port>',
        'serve /metrics on 127.0.0.1 while running (0: a free port)',
        [0, 65_535],
      ),
    )
    .action(async (files: string[], options: Parameters<typeof runCommand>[1]) => {
      finish(await runCommand(files, options, plugin));
    });
}

const CHAIN_HELP =
  "bring both lanes' outcomes to caches on the chain that the file describes, and compare what is there";

const OCR3_HELP =
  'compare whole rounds of OCR3: outcome and reports that the oracles in the LOOPP come to, and what the same rules make ' +
  'of them over the legacy aggregator';

function addVerify(program: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  withLaneOptions(
    program
      .command('verify')
      .helpGroup('Compare:')
      .summary('hold one lane against recorded answers')
      .description(
        'Conformance: every round that came with the answers of a real Go node must give one of them.\n' +
          '-- CMD: another plugin as the loopp lane.',
      )
      .usage('[options] FILE... [-- CMD...]')
      .argument('<FILE...>'),
  )
    .addOption(
      choiceOption('--lane <name>', 'the lane to hold against the recorded answers', LANE_NAMES).default(
        'loopp',
        'loopp',
      ),
    )
    .action(async (files: string[], options: Parameters<typeof verifyCommand>[1]) => {
      finish(await verifyCommand(files, options, plugin));
    });
}

function withLaneOptions(command: Command): Command {
  return command
    .option('--json', 'print the result as JSON on standard output', false)
    .option('--verbose', "show the plugin's state changes, and stack traces of faults", false)
    .addOption(
      wholeNumberOption(
        '--lane-timeout-ms <ms>',
        'time for one round in the loopp lane',
        [1, 600_000],
      ).default(HOST_DEFAULTS.laneTimeoutMs),
    )
    .addOption(
      wholeNumberOption('--start-timeout-ms <ms>', 'time for the plugin to start', [100, 600_000]).default(
        HOST_DEFAULTS.startTimeoutMs,
      ),
    );
}

function addServe(program: Command, plugin: readonly string[] | undefined, finish: Finish): void {
  program
    .command('serve')
    .helpGroup('Operate:')
    .summary('serve rounds and compare the lanes beside')
    .description(
      'Takes rounds over HTTP and from files, serves each from the lane that the flag names, compares both lanes beside it.\n' +
        'Without any configuration: stage off, writes refused. docs/serve.md has every option.\n' +
        '-- CMD: another plugin as the loopp lane.',
    )
    .usage('[options] [-- CMD...]')
    .option('--config <file>', 'configuration in YAML; variables SECUREMINT_SHADOW_* count for more')
    .option('--check', 'check the configuration, and exit', false)
    .option('--print-config', 'print the configuration in force, without secrets, and exit', false)
    .option('--follow <path>', FOLLOW_HELP, (path, before?: readonly string[]) => [...(before ?? []), path])
    .option('--verbose', "show the plugin's state changes, and stack traces of faults", false)
    .action(async (options: ServeOptions) => {
      const { serveCommand } = await import('./serve.ts');
      finish(await serveCommand(options, plugin));
    });
}

const FOLLOW_HELP =
  'rounds also from a file that grows, a folder of captures, or - for standard input; may be given several times';

function addPlugin(program: Command): void {
  program
    .command('plugin')
    .helpGroup('Build:')
    .summary('be the LOOPP that a host launches')
    .description(
      'Is launched by a go-plugin host (a Chainlink node, or the loopp lane); says so and exits 1 otherwise.',
    )
    .option('--shadow', SHADOW_HELP, false)
    .option('--write-launcher <file>', "write the executable for a node's CL_SECURE_MINT_CMD, and exit")
    .option('--force', 'let --write-launcher replace a file', false)
    .action(async ({ writeLauncher: file, force, shadow }: PluginOptions) => {
      if (file !== undefined) return writeLauncher(file, { force, shadow });
      if (force) throw new AppError('USAGE', '--force: expected --write-launcher FILE beside it, got none');
      const { pluginCommand } = await import('./plugin.ts');
      return pluginCommand(shadow ? (await import('./plugin-shadow.ts')).openShadow : undefined);
    });
}

interface PluginOptions {
  readonly writeLauncher?: string;
  readonly force: boolean;
  readonly shadow: boolean;
}

const SHADOW_HELP =
  'answer as SECUREMINT_SHADOW_STAGE says (off, shadow, live, complete; default shadow), from the aggregator in this ' +
  'process or from an inner plugin; compare both into the folder SECUREMINT_SHADOW_JOURNAL';

function addDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .helpGroup('Build:')
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
  const known = error instanceof AppError;
  const prefix = known ? '' : 'a fault of this program (--verbose shows where): ';
  process.stderr.write(`securemint-shadow: ${prefix}${messageOf(error)}\n`);
  if (verbose && error instanceof Error && error.stack !== undefined)
    process.stderr.write(`${error.stack}\n`);
  return known ? error.exitCode : EXIT.no;
}
