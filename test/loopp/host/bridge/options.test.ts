import { describe, expect, test } from 'vitest';
import { parseExternalAdapterOptions } from '../../../../loopp/host/bridge/options.ts';
import { AppError } from '../../../../src/errors.ts';

const GOOD = {
  url: 'http://127.0.0.1:8080/',
  token: 'eth',
  reserves: 'platform',
  chains: ['16015286601757825753', '729797994450396300'],
};

function complaint(value: unknown): string {
  try {
    parseExternalAdapterOptions('bridge.json', value);
  } catch (error) {
    if (error instanceof AppError && error.code === 'INPUT') return error.message;
    throw error;
  }
  return 'none';
}

describe('options', () => {
  test('have defaults; chains ascend', () => {
    expect(parseExternalAdapterOptions('bridge.json', GOOD)).toEqual({
      ...GOOD,
      chains: [729797994450396300n, 16015286601757825753n],
      timeoutMs: 5000,
      retries: 2,
      backOffMs: 100,
      backOffMaxMs: 2000,
      totalTimeoutMs: 15_000,
      responseLimitBytes: 1_048_576,
    });
  });

  test('can all be given, from the least to the most', () => {
    const least = { timeoutMs: 1, retries: 0, backOffMs: 1, backOffMaxMs: 1, totalTimeoutMs: 1 };
    const given = { ...GOOD, ...least, responseLimitBytes: 1024, url: 'https://u:p@adapter.example/a?b=c' };
    expect(parseExternalAdapterOptions('bridge.json', given)).toMatchObject({ ...least, url: given.url });
    const most = { timeoutMs: 600_000, retries: 10, backOffMs: 60_000, backOffMaxMs: 60_000 };
    expect(complaint({ ...GOOD, ...most, totalTimeoutMs: 600_000, responseLimitBytes: 67_108_864 })).toBe(
      'none',
    );
  });

  const KNOWN =
    'url, token, reserves, chains, timeoutMs, retries, backOffMs, backOffMaxMs, totalTimeoutMs, responseLimitBytes';

  test.each([
    [null, 'options: expected an object, got null'],
    [[], 'options: expected an object, got []'],
    [{ ...GOOD, timeout: 5 }, `options: expected only ${KNOWN}, got "timeout"`],
    [{ ...GOOD, url: undefined }, 'url: expected an http or https URL, got nothing'],
    [{ ...GOOD, url: 8080 }, 'url: expected an http or https URL, got 8080'],
    [{ ...GOOD, url: '127.0.0.1:8080' }, 'url: expected an http or https URL, got "127.0.0.1:8080"'],
    [{ ...GOOD, url: 'http://' }, 'url: expected an http or https URL, got "http://"'],
    [{ ...GOOD, url: 'ftp://user:pass@host/' }, 'url: expected an http or https URL, got "ftp://host/"'],
    [{ ...GOOD, url: 'user:p/w@host' }, 'url: expected an http or https URL, got "host"'],
    [{ ...GOOD, url: 'http://u:p/w@host' }, 'url: expected an http or https URL, got "http://host"'],
    [{ ...GOOD, token: '' }, 'token: expected a text that is not empty, got ""'],
    [{ ...GOOD, token: undefined }, 'token: expected a text that is not empty, got nothing'],
    [{ ...GOOD, reserves: ['platform'] }, 'reserves: expected a text that is not empty, got ["platform"]'],
    [{ ...GOOD, chains: undefined }, 'chains: expected a list of one or more chain selectors, got nothing'],
    [{ ...GOOD, chains: [] }, 'chains: expected a list of one or more chain selectors, got []'],
    [
      { ...GOOD, chains: '729797994450396300' },
      'chains: expected a list of one or more chain selectors, got "729797994450396300"',
    ],
    [{ ...GOOD, chains: ['1', 5] }, 'chains[0]: expected a known chain selector, got "1"'],
    [
      { ...GOOD, chains: [729797994450396300] },
      'chains[0]: expected a chain selector as a decimal text, got 729797994450396300',
    ],
    [
      { ...GOOD, chains: ['0729797994450396300'] },
      'chains[0]: expected a chain selector as a decimal text, got "0729797994450396300"',
    ],
    [
      { ...GOOD, chains: [GOOD.chains[0], '99999999999999999999'] },
      'chains[1]: expected a known chain selector, got "99999999999999999999"',
    ],
    [
      { ...GOOD, chains: [...GOOD.chains, GOOD.chains[1]] },
      'chains: expected no chain twice, got 729797994450396300',
    ],
    [{ ...GOOD, timeoutMs: 0 }, 'timeoutMs: expected a whole number from 1 to 600000, got 0'],
    [{ ...GOOD, timeoutMs: '5s' }, 'timeoutMs: expected a whole number from 1 to 600000, got "5s"'],
    [{ ...GOOD, retries: 11 }, 'retries: expected a whole number from 0 to 10, got 11'],
    [{ ...GOOD, retries: 0.5 }, 'retries: expected a whole number from 0 to 10, got 0.5'],
    [{ ...GOOD, backOffMs: 0 }, 'backOffMs: expected a whole number from 1 to 60000, got 0'],
    [{ ...GOOD, backOffMaxMs: 60_001 }, 'backOffMaxMs: expected a whole number from 1 to 60000, got 60001'],
    [{ ...GOOD, totalTimeoutMs: -1 }, 'totalTimeoutMs: expected a whole number from 1 to 600000, got -1'],
    [
      { ...GOOD, responseLimitBytes: 100 },
      'responseLimitBytes: expected a whole number from 1024 to 67108864, got 100',
    ],
  ])('that are refused: %j', (value, expected) => {
    expect(complaint(value)).toBe(`bridge.json: ${expected}`);
  });
});
