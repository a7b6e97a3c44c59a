import { Option } from 'commander';
import type { Command } from 'commander';
import { AppError } from '../../errors.ts';
import { serviceAddress } from '../../flags/address.ts';
import type { ControllerOptions } from '../controller.ts';
import { wholeNumberOption } from '../options.ts';

/** The `controller` command: the automatic pilot. */
export function addController(program: Command, finish: (code: number) => void): void {
  const service = new Option('--service <url>', 'a service that follows the flag; give all of them');
  const controller = program
    .command('controller')
    .helpGroup('Operate:')
    .summary('move the rollout flag along a plan')
    .description(
      'Looks at services, and decides whether the rollout flag goes on to the next step of a plan, back to shadow, or ' +
        'stays.\nTells what it would do; with --act it does it. The token comes from UNLEASH_ADMIN_TOKEN. ' +
        'docs/controller.md has the plan.',
    )
    .option('--act', 'write to Unleash what is decided', false)
    .option('--plan <file>', 'the plan, in YAML (default: the one that --print-plan shows)')
    .option('--print-plan', 'print the plan in force, and exit', false)
    .addOption(
      service.argParser((text: string, before: readonly string[] | undefined) => {
        return [...(before ?? []), serviceAddress(text, '--service')];
      }),
    );
  withTarget(withRunning(controller)).action(async (options: ControllerOptions) => {
    if (!options.printPlan && (options.service ?? []).length === 0) {
      throw new AppError('USAGE', '--service: expected the address of each service, got none');
    }
    const { controllerCommand } = await import('../controller.ts');
    finish(await controllerCommand(options));
  });
}

function withRunning(command: Command): Command {
  return command
    .addOption(
      wholeNumberOption('--interval-ms <ms>', 'from one look to the next', [10, 3_600_000]).default(5000),
    )
    .option('--once', 'look twice, an interval apart, decide once, and exit', false)
    .option(
      '--folder <dir>',
      'folder of the lock and of the audit log: one controller at a time',
      'securemint-shadow-out/controller',
    )
    .option('--forget-roll-backs', 'somebody has looked at earlier roll backs: they hold nothing up', false)
    .addOption(
      wholeNumberOption('--metrics-port <port>', 'serve /metrics on 127.0.0.1 (0: a free port)', [0, 65_535]),
    );
}

function withTarget(command: Command): Command {
  return command
    .option('--flag <name>', 'the flag', 'securemint.loopp')
    .option('--project <id>', "Unleash's project", 'default')
    .option('--environment <name>', "Unleash's environment", 'development')
    .option('--url <url>', 'the address of Unleash (default: UNLEASH_URL)')
    .option('--json', 'print each decision as a line of JSON on standard output', false);
}
