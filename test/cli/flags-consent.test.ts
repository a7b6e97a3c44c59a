import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { consentTo } from '../../src/cli/flags/consent.ts';
import type { Consent } from '../../src/cli/flags/consent.ts';

/** What a person at a terminal types after the question. */
async function typed(keys: string): Promise<{ readonly consent: Consent; readonly shown: string }> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const asked = consentTo(false, { input, output });
  input.write(keys);
  const consent = await asked;
  output.end();
  return { consent, shown: await text(output) };
}

describe('a person is asked', () => {
  test.each([
    ['y\n', 'yes'],
    [' YES \n', 'yes'],
    ['\n', 'no'],
    ['n\n', 'no'],
    ['yep\n', 'no'],
    // Ctrl-C and Ctrl-D.
    ['\u0003', 'interrupted'],
    ['\u0004', 'interrupted'],
  ] as const)('%j: %s', async (keys, consent) => {
    const answer = await typed(keys);
    expect(answer.consent).toBe(consent);
    expect(answer.shown).toContain('change it? [y/N] ');
  });

  test('unless the answer was given before', async () => {
    expect(await consentTo(true, { input: new PassThrough(), output: new PassThrough() })).toBe('yes');
  });

  test('and nobody is there', async () => {
    await expect(consentTo(false, { input: new PassThrough(), output: new PassThrough() })).rejects.toThrow(
      '--yes: expected it, or a terminal to ask on, got neither; nothing is changed',
    );
  });
});
