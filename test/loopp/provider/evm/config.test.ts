import { describe, expect, test } from 'vitest';
import { parseEvmRelayer } from '../../../../loopp/provider/evm/config.ts';
import { AppError } from '../../../../src/errors.ts';

const LEAST = { url: 'https://node.example/v1/key', chainId: 1, chainSelector: '5009297550715157269' };
const KEY = '11'.repeat(32);

const parse = (more: object, key?: string): unknown =>
  parseEvmRelayer(JSON.stringify({ ...LEAST, ...more }), key);

describe('the options of an EVM relayer', () => {
  test('need a node, its chain and the chain\u2019s selector; the rest has defaults', () => {
    expect(parse({})).toEqual({
      url: LEAST.url,
      chainId: 1n,
      chainSelector: 5009297550715157269n,
      finality: 'finalized',
      requestTimeoutMs: 2000,
      attempts: 3,
      retryPauseMs: 100,
      receiveLimitBytes: 16 * 1024 * 1024,
      requestsInFlight: 64,
    });
  });

  test('may say all of it; the key comes apart', () => {
    const limits = {
      requestTimeoutMs: 10,
      attempts: 10,
      retryPauseMs: 1,
      receiveLimitBytes: 1024,
      requestsInFlight: 10_000,
    };
    expect(parse({ ...limits, networkName: 'n', finality: { depth: 0 } }, KEY)).toEqual({
      ...limits,
      url: LEAST.url,
      chainId: 1n,
      chainSelector: 5009297550715157269n,
      networkName: 'n',
      finality: { depth: 0 },
      privateKey: `0x${KEY}`,
    });
  });

  test.each(['latest', 'safe', 'finalized'])('may take the tag %s for final', (finality) => {
    expect(parse({ finality })).toMatchObject({ finality });
  });

  test.each([
    [{ url: 'node:8545' }, 'url: expected an http or https URL, got something else'],
    [{ url: 5 }, 'url: expected an http or https URL, got something else'],
    [{ chainId: 0 }, 'chainId: expected a whole number above 0 and below 2^64, as a text beyond 2^53, got 0'],
    [{ chainId: -1 }, 'chainId: expected a whole number above 0'],
    [{ chainId: 2 ** 53 }, 'chainId: expected a whole number above 0'],
    [{ chainId: '0x1' }, 'chainId: expected a whole number above 0'],
    [
      { chainSelector: undefined },
      'chainSelector: expected a whole number above 0 and below 2^64, as a text beyond 2^53, got none',
    ],
    [{ chainSelector: '18446744073709551616' }, 'chainSelector: expected a whole number above 0'],
    [{ networkName: 1 }, 'networkName: expected a text, got 1'],
    [
      { finality: 'soon' },
      'finality: expected "latest", "safe", "finalized" or {"depth": 0 to 1000000}, got "soon"',
    ],
    [{ finality: { depth: -1 } }, 'finality: expected "latest", '],
    [{ finality: { depth: 1.5 } }, 'finality: expected "latest", '],
    [{ finality: null }, 'finality: expected "latest", '],
    [{ attempts: 0 }, 'attempts: expected a whole number from 1 to 10, got 0'],
    [{ attempts: 11 }, 'attempts: expected a whole number from 1 to 10, got 11'],
    [{ requestTimeoutMs: '50' }, 'requestTimeoutMs: expected a whole number from 10 to 600000, got "50"'],
    [{ retryPauseMs: 0 }, 'retryPauseMs: expected a whole number from 1 to 10000, got 0'],
    [{ receiveLimitBytes: 1 }, 'receiveLimitBytes: expected a whole number from 1024 to 1073741824, got 1'],
    [{ requestsInFlight: 0 }, 'requestsInFlight: expected a whole number from 1 to 10000, got 0'],
    [
      { privateKey: KEY },
      'expected one of url, chainId, chainSelector, networkName, finality, requestTimeoutMs, attempts, ' +
        'retryPauseMs, receiveLimitBytes, requestsInFlight, got "privateKey"',
    ],
  ])('are refused: %j', (more, message) => {
    expect(() => parse(more)).toThrow(AppError);
    expect(() => parse(more)).toThrow(`relayer config: ${message}`);
  });

  test.each([
    ['{', /^relayer config: expected JSON: /],
    ['[]', /^relayer config: expected a JSON object$/],
    ['null', /^relayer config: expected a JSON object$/],
  ])('are not %s', (json, message) => {
    expect(() => parseEvmRelayer(json)).toThrow(message);
  });

  test('show nothing of a key that is none', () => {
    expect(() => parse({}, 'abcdef')).toThrow(
      new AppError('INPUT', 'relayer: private key: expected 32 bytes in hex'),
    );
  });
});
