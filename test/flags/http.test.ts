import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refusalInWords, request } from '../../src/flags/http.ts';
import { ClientApi } from './client-api.ts';

let api: ClientApi;
beforeEach(async () => {
  api = await ClientApi.open();
});
afterEach(() => api.close());

const REQUEST = { token: 'secret', timeoutMs: 30_000 };

test('reads 16 MiB of an answer at most', async () => {
  api.answer = { kind: 'endless' };
  await expect(request({ ...REQUEST, url: api.address })).rejects.toThrow(
    `${api.address}: expected an answer, got more than 16777216 bytes`,
  );
});

test('goes nowhere else with the token', async () => {
  const other = await ClientApi.open();
  api.answer = { kind: 'redirect', to: other.address };
  expect((await request({ ...REQUEST, url: api.address })).status).toBe(302);
  expect(other.requests).toBe(0);
  await other.close();
});

test('an end from outside ends it', async () => {
  api.answer = { kind: 'hang' };
  const ending = new AbortController();
  const asked = request({ ...REQUEST, url: api.address, signal: ending.signal });
  ending.abort();
  await expect(asked).rejects.toThrow(`${api.address}: expected an answer, got This operation was aborted`);
});

const said = (text: string): string =>
  refusalInWords({ status: 400, etag: undefined, contentType: '', text }, 'secret');

describe('what a server says about its refusal', () => {
  test.each([
    ['', '400'],
    ['<html>', '400'],
    ['null', '400'],
    ['{"message":7}', '400'],
    ['{"message":"no"}', '400 (no)'],
    ['{"message":"see details","details":[{"message":"a name is missing"}]}', '400 (a name is missing)'],
    ['{"message":"secret is no token of ours: secret"}', '400 ((token) is no token of ours: (token))'],
    [JSON.stringify({ message: 'two\nlines, \u001b[31mred' }), '400 (two lines,  [31mred)'],
    [JSON.stringify({ message: 'x'.repeat(1000) }), `400 (${'x'.repeat(200)}…)`],
  ])('%s', (text, words) => {
    expect(said(text)).toBe(words);
  });
});
