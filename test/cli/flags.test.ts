import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ClientApi } from '../flags/client-api.ts';
import { CommandLine } from '../helpers/cli.ts';
import { freePort } from '../helpers/real/port.ts';

const TOKEN = '*:*.0123456789abcdef';

let cli: CommandLine;
beforeAll(async () => {
  cli = await CommandLine.open();
});
afterAll(() => cli.close());

let server: ClientApi;
beforeEach(async () => {
  server = await ClientApi.open();
});
afterEach(() => server.close());

describe('help', () => {
  test('of the group', async () => {
    const { exitCode, stdout } = await cli.run(['flags', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: securemint-shadow flags [options] [command]

      Shows and changes the rollout flag through the admin API of Unleash. The token
      comes from UNLEASH_ADMIN_TOKEN.
      Changes are shown first, and written once you say yes or give --yes.

      Options:
        -h, --help                         display help for command

      Commands:
        create [options]                   make the flag, switched off
        show [options]                     show who is in which stage
        history [options]                  show who changed what
        stage [options] <stage>            put every workflow in one stage
        share [options] <stage> <percent>  put a share of the workflows in live
        kill [options]                     put everything off, at once
        help [command]                     display help for command
      "
    `);
  });

  test('of a change', async () => {
    const { stdout } = await cli.run(['flags', 'share', '--help']);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: securemint-shadow flags share [options] live <percent>

      Puts a share of the workflows in live, in steps of 0.1 %. Raising it moves no
      workflow back: it takes those in off, then those in shadow. What is complete
      stays.

      Options:
        --flag <name>           the flag (default: "securemint.loopp")
        --project <id>          Unleash's project (default: "default")
        --environment <name>    Unleash's environment (default: "development")
        --url <url>             the address of Unleash (default: UNLEASH_URL)
        --json                  print the result as JSON on standard output
        --workflows <file>      names of workflows, one a line: say which of them a
                                change moves
        --service <url>         a service that knows workflows and follows the flag;
                                repeatable
        --yes                   do not ask
        --wait                  wait until every --service reports the change, and say
                                how long that took
        --wait-timeout-ms <ms>  how long to wait for services (default: 30000)
        -h, --help              display help for command
      "
    `);
  });
});

describe('wrong usage is told in a sentence, before anything is asked or written', () => {
  test.each([
    [['show'], {}, 'UNLEASH_ADMIN_TOKEN: expected a token for the admin API, got none'],
    [
      ['show'],
      { UNLEASH_ADMIN_TOKEN: '' },
      'UNLEASH_ADMIN_TOKEN: expected a token for the admin API, got none',
    ],
    [
      ['show'],
      { UNLEASH_ADMIN_TOKEN: 'two words' },
      'UNLEASH_ADMIN_TOKEN: expected printable ASCII without spaces, got other characters in it',
    ],
    [
      ['show'],
      { UNLEASH_ADMIN_TOKEN: TOKEN, UNLEASH_URL: '' },
      '--url: expected the address of Unleash, here or in UNLEASH_URL, got none',
    ],
    [
      ['show'],
      { UNLEASH_ADMIN_TOKEN: TOKEN, UNLEASH_URL: 'flags' },
      'UNLEASH_URL: expected an address such as http://127.0.0.1:4242, got "flags"',
    ],
    [
      ['show', '--url', 'http://me:secret@127.0.0.1'],
      { UNLEASH_ADMIN_TOKEN: TOKEN },
      '--url: expected an address such as http://127.0.0.1:4242, got one with a user name or password in it',
    ],
    [['stage', 'on'], {}, 'flags stage: expected one of off, shadow, live, complete, got "on"'],
    [['share', 'shadow', '5'], {}, 'flags share: expected live, got "shadow"; the rest is in shadow'],
    [
      ['share', 'live', '100.1'],
      {},
      'flags share live: expected a percentage from 0 to 100 in steps of 0.1, got "100.1"',
    ],
    [
      ['share', 'live', '0.05'],
      {},
      'flags share live: expected a percentage from 0 to 100 in steps of 0.1, got "0.05"',
    ],
    [['kill', '--wait'], {}, '--wait: expected --service URL beside it, got none'],
    [
      ['kill', '--wait', '--service', 'http://127.0.0.1:9470', '--service', '9470'],
      {},
      '--service: expected an address such as http://127.0.0.1:9470, got "9470"',
    ],
    [['history', '--limit', '0'], {}, '--limit: expected a whole number from 1 to 1,000, got "0"'],
  ])('%j %j', async (args, variables, message) => {
    const env = { UNLEASH_URL: server.address, ...variables };
    expect(await cli.run(['flags', ...args], { env })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `securemint-shadow: ${message}\n`,
    });
    expect(server.requests).toBe(0);
  });

  test('a file of workflows that is not there', async () => {
    const env = { UNLEASH_URL: server.address, UNLEASH_ADMIN_TOKEN: TOKEN };
    const { exitCode, stderr } = await cli.run(['flags', 'kill', '--yes', '--workflows', 'none'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^securemint-shadow: --workflows none: expected a file with one workflow a line, got ENOENT: .+\n$/,
    );
  });
});

describe('a server that does not do it', () => {
  const env = { UNLEASH_ADMIN_TOKEN: TOKEN };
  const path = '/api/admin/projects/default/features/securemint.loopp?variantEnvironments=true';

  test('refuses: exit code 2', async () => {
    server.answer = { kind: 'status', status: 401, body: JSON.stringify({ message: `not ${TOKEN}` }) };
    expect(await cli.run(['flags', 'kill', '--yes', '--url', server.address], { env })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'securemint-shadow: UNLEASH_ADMIN_TOKEN: expected one that Unleash takes, got 401 (not (token))\n',
    });
  });

  test('fails: exit code 3', async () => {
    server.answer = { kind: 'status', status: 500 };
    expect(await cli.run(['flags', 'show', '--url', `${server.address}/api`], { env })).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: `securemint-shadow: ${server.address}${path}: expected an answer, got 500\n`,
    });
  });

  test('is not there: exit code 3', async () => {
    const address = `http://127.0.0.1:${String(await freePort())}`;
    const { exitCode, stderr } = await cli.run(['flags', 'kill', '--yes', '--url', address], { env });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/: expected an answer, got connect ECONNREFUSED 127\.0\.0\.1:\d+\n$/);
  });
});
