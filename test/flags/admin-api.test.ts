import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AdminApi } from '../../src/flags/admin-api.ts';
import { FlagAdmin } from '../../src/flags/admin.ts';
import { AppError } from '../../src/errors.ts';
import { ClientApi } from './client-api.ts';
import type { Answer } from './client-api.ts';

const TOKEN = '*:*.0123456789abcdef';

let server: ClientApi;
let admin: FlagAdmin;
beforeEach(async () => {
  server = await ClientApi.open();
  const api = new AdminApi({ address: server.address, token: TOKEN, timeoutMs: 1000 });
  admin = new FlagAdmin(api, { name: 'a flag', project: 'my/project', environment: 'production' });
});
afterEach(() => server.close());

async function refusalOf(asked: Promise<unknown>): Promise<AppError> {
  const error = await asked.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  if (!(error instanceof AppError)) throw new Error('expected an AppError');
  expect(error.message).not.toContain(TOKEN);
  return error;
}

/** `URL` stands for the address of what was asked. */
const CASES: readonly (readonly [string, Answer, AppError['code'], string])[] = [
  [
    'a token that is none',
    json(401, { message: `no such token: ${TOKEN}` }),
    'INPUT',
    'UNLEASH_ADMIN_TOKEN: expected one that Unleash takes, got 401 (no such token: (token))',
  ],
  [
    'a token without the right',
    json(403, { message: 'not for you' }),
    'INPUT',
    'UNLEASH_ADMIN_TOKEN: expected one with the right to GET URL, got 403 (not for you)',
  ],
  [
    'no such flag',
    json(404, { name: 'NotFoundError', message: 'no flag of that name' }),
    'INPUT',
    'flag a flag: expected it in project my/project, got 404 (no flag of that name); `flags create` makes it',
  ],
  [
    'another server',
    { kind: 'status', status: 404, body: 'not here' },
    'INPUT',
    "URL: expected Unleash's admin API there, got 404",
  ],
  [
    'a login page elsewhere',
    { kind: 'redirect', to: 'http://127.0.0.1:1/' },
    'INPUT',
    "URL: expected Unleash's admin API there, got 302",
  ],
  [
    'a page',
    { kind: 'body', body: '<html>', contentType: 'text/html' },
    'INPUT',
    'URL: expected JSON, got 6 characters of text/html; is that the address of Unleash?',
  ],
  [
    'what is refused',
    json(400, { message: 'weights' }),
    'INPUT',
    'GET URL: expected Unleash to do it, got 400 (weights)',
  ],
  ['a server that fails', { kind: 'status', status: 500 }, 'UNLEASH', 'URL: expected an answer, got 500'],
  ['silence', { kind: 'hang' }, 'UNLEASH', 'URL: expected an answer within 1000 ms, got none'],
  [
    'an answer of another form',
    { kind: 'body', body: '{"environments":{}}' },
    'UNLEASH',
    "Unleash's admin API: environments: expected Array, got Object",
  ],
  [
    'a flag of another form',
    { kind: 'body', body: '{"environments":[{"name":"production","enabled":1,"strategies":[]}]}' },
    'UNLEASH',
    "Unleash's admin API: environments.0.enabled: expected boolean, got 1",
  ],
  [
    'an environment that is none',
    { kind: 'body', body: '{"environments":[{"name":"staging","enabled":true,"strategies":[]}]}' },
    'INPUT',
    '--environment: expected one of staging, got "production"',
  ],
];

function json(status: number, body: object): Answer {
  return { kind: 'status', status, body: JSON.stringify(body) };
}

describe('is told in a sentence:', () => {
  test.each(CASES)('%s', async (_, answer, code, message) => {
    server.answer = answer;
    const url = `${server.address}/api/admin/projects/my%2Fproject/features/a%20flag?variantEnvironments=true`;
    const error = await refusalOf(admin.read());
    expect(error.message).toBe(message.replace('URL', url));
    expect(error.code).toBe(code);
  });

  test('no server', async () => {
    await server.close();
    const error = await refusalOf(admin.switch('off'));
    expect(error.message).toMatch(
      /features\/a%20flag\/environments\/production\/off: expected an answer, got connect ECONNREFUSED /,
    );
    expect(error.exitCode).toBe(3);
  });
});

test('a flag that is not there is no error when it is looked for', async () => {
  server.answer = json(404, { name: 'NotFoundError', message: 'no flag of that name' });
  expect(await admin.find()).toBeUndefined();
  server.answer = json(403, { message: 'not for you' });
  expect((await refusalOf(admin.find())).message).toContain('403');
});
