import { Option } from 'commander';
import type { Command } from 'commander';
import { STAGES } from '../../contract/stage.ts';
import type { Stage } from '../../contract/stage.ts';
import { AppError } from '../../errors.ts';
import { serviceAddress } from '../../flags/address.ts';
import { FLAG_DEFAULTS } from '../../flags/defaults.ts';
import { wholeNumberOption } from '../options.ts';
import type { ChangeOptions, KnownOptions, TargetOptions } from './options.ts';

type Finish = (code: number) => void;

/** The `flags` group: the rollout flag through Unleash's admin API. */
export function addFlags(program: Command, finish: Finish): void {
  const flags = program
    .command('flags')
    .helpGroup('Operate:')
    .summary('show and change the rollout flag')
    .description(
      'Shows and changes the rollout flag through the admin API of Unleash. The token comes from UNLEASH_ADMIN_TOKEN.\n' +
        'Changes are shown first, and written once you say yes or give --yes.',
    );
  addReading(flags, finish);
  addChanges(flags, finish);
}

function addReading(flags: Command, finish: Finish): void {
  withTarget(
    flags
      .command('create')
      .summary('make the flag, switched off')
      .description('Makes the flag, switched off; once it is on, every workflow is in shadow.'),
  ).action(async (options: TargetOptions) =>
    finish(await (await import('../flags.ts')).flagsCreate(options)),
  );

  withKnown(
    withTarget(
      flags
        .command('show')
        .summary('show who is in which stage')
        .description(
          'Shows which share of the workflows is in which stage, and what is wrong with the flag.',
        ),
    ),
  ).action(async (options: TargetOptions & KnownOptions) =>
    finish(await (await import('../flags.ts')).flagsShow(options)),
  );

  withTarget(
    flags
      .command('history')
      .summary('show who changed what')
      .description('Shows who changed what, in all environments, the latest first.'),
  )
    .addOption(wholeNumberOption('--limit <n>', 'how many changes', [1, 1000]).default(20))
    .action(async (options: TargetOptions & { readonly limit: number }) =>
      finish(await (await import('../flags.ts')).flagsHistory(options)),
    );
}

function addChanges(flags: Command, finish: Finish): void {
  withChange(
    flags
      .command('stage')
      .summary('put every workflow in one stage')
      .description(`Puts every workflow in one stage: ${STAGES.join(', ')}.`)
      .argument('<stage>'),
  ).action(async (stage: string, options: ChangeOptions) =>
    finish(await (await import('../flags.ts')).flagsStage(stageOf(stage), options)),
  );

  withChange(
    flags
      .command('share')
      .summary('put a share of the workflows in live')
      .description(
        'Puts a share of the workflows in live, in steps of 0.1 %. Raising it moves no workflow back: it takes those in ' +
          'off, then those in shadow. What is complete stays.',
      )
      .usage('[options] live <percent>')
      .argument('<stage>')
      .argument('<percent>'),
  ).action(async (stage: string, share: string, options: ChangeOptions) =>
    finish(await (await import('../flags.ts')).flagsShare(liveShareOf(stage, share), options)),
  );

  withChange(
    flags
      .command('kill')
      .summary('put everything off, at once')
      .description('Switches the flag off, in one write: legacy alone serves every workflow.'),
  ).action(async (options: ChangeOptions) => finish(await (await import('../flags.ts')).flagsKill(options)));
}

function stageOf(text: string): Stage {
  const stage = STAGES.find((known) => known === text);
  if (stage !== undefined) return stage;
  throw new AppError(
    'USAGE',
    `flags stage: expected one of ${STAGES.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

/** In permille. */
function liveShareOf(stage: string, text: string): number {
  if (stage !== 'live') {
    throw new AppError(
      'USAGE',
      `flags share: expected live, got ${JSON.stringify(stage)}; the rest is in shadow`,
    );
  }
  const permille = /^[0-9]{1,3}(?:\.[0-9])?$/.test(text) ? Math.round(Number(text) * 10) : NaN;
  if (permille >= 0 && permille <= 1000) return permille;
  const expected = 'expected a percentage from 0 to 100 in steps of 0.1';
  throw new AppError('USAGE', `flags share live: ${expected}, got ${JSON.stringify(text)}`);
}

function withTarget(command: Command): Command {
  return command
    .option('--flag <name>', 'the flag', FLAG_DEFAULTS.flagName)
    .option('--project <id>', "Unleash's project", 'default')
    .option('--environment <name>', "Unleash's environment", 'development')
    .option('--url <url>', 'the address of Unleash (default: UNLEASH_URL)')
    .option('--json', 'print the result as JSON on standard output', false);
}

function withKnown(command: Command): Command {
  const service = new Option(
    '--service <url>',
    'a service that knows workflows and follows the flag; repeatable',
  );
  return command
    .option('--workflows <file>', 'names of workflows, one a line: say which of them a change moves')
    .addOption(
      service.argParser((text: string, before: readonly string[] | undefined) => {
        return [...(before ?? []), serviceAddress(text, '--service')];
      }),
    );
}

function withChange(command: Command): Command {
  return withKnown(withTarget(command))
    .option('--yes', 'do not ask', false)
    .option('--wait', 'wait until every --service reports the change, and say how long that took', false)
    .addOption(
      wholeNumberOption('--wait-timeout-ms <ms>', 'how long to wait for services', [1, 600_000]).default(
        30_000,
      ),
    );
}
