import { describe, expect, test } from 'vitest';
import { serviceAddress, unleashAddress } from '../../src/flags/address.ts';

describe('the address of Unleash', () => {
  test.each([
    'http://127.0.0.1:4242',
    'http://127.0.0.1:4242/',
    'http://127.0.0.1:4242/api',
    'http://127.0.0.1:4242/api/',
    'http://127.0.0.1:4242/api/client',
    'http://127.0.0.1:4242/api/client/features',
    'http://127.0.0.1:4242/api/admin/',
  ])('%s', (text) => {
    expect(unleashAddress(text, '--url')).toBe('http://127.0.0.1:4242');
  });

  test('may have a path before /api', () => {
    expect(unleashAddress('https://flags.test/eu/api/', '--url')).toBe('https://flags.test/eu');
    expect(unleashAddress('https://flags.test/eu', '--url')).toBe('https://flags.test/eu');
  });

  test.each([
    ['127.0.0.1:4242', 'got "127.0.0.1:4242"'],
    ['ftp://127.0.0.1', 'got "ftp://127.0.0.1"'],
    ['', 'got ""'],
    ['http://me:secret@127.0.0.1', 'got one with a user name or password in it'],
  ])('is not %j', (text, came) => {
    expect(() => unleashAddress(text, 'UNLEASH_URL')).toThrow(
      `UNLEASH_URL: expected an address such as http://127.0.0.1:4242, ${came}`,
    );
  });
});

describe('the address of a service', () => {
  test.each(['http://127.0.0.1:9470', 'http://127.0.0.1:9470/', 'http://127.0.0.1:9470/status'])(
    '%s',
    (text) => {
      expect(serviceAddress(text, '--service')).toBe('http://127.0.0.1:9470');
    },
  );

  test('is not a port alone', () => {
    expect(() => serviceAddress('9470', '--service')).toThrow(
      '--service: expected an address such as http://127.0.0.1:9470, got "9470"',
    );
  });
});
