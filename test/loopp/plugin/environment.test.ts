import { describe, expect, test } from 'vitest';
import {
  PluginEnvironmentError,
  isStartedByHost,
  parsePluginEnvironment,
} from '../../../loopp/plugin/environment.ts';
import { MAGIC_COOKIES } from '../../../loopp/wire/handshake.ts';

describe('a host started this process', () => {
  test.each(Object.entries(MAGIC_COOKIES))('when it gave the cookie %s', (name, cookie) => {
    expect(isStartedByHost({ [name]: cookie })).toBe(true);
  });

  test('when one cookie is right, whatever the other is', () => {
    const [[name, cookie] = ['', ''], [other] = ['', '']] = Object.entries(MAGIC_COOKIES);
    expect(isStartedByHost({ [name]: cookie, [other]: 'wrong' })).toBe(true);
  });

  test.each(Object.entries(MAGIC_COOKIES))('not when %s is another text', (name, cookie) => {
    for (const wrong of ['', ` ${cookie}`, cookie.toUpperCase(), cookie.slice(1), undefined]) {
      expect(isStartedByHost({ [name]: wrong })).toBe(false);
    }
  });

  test('not when the cookies are each under the other name, or there is nothing', () => {
    const [[name, cookie] = ['', ''], [other, otherCookie] = ['', '']] = Object.entries(MAGIC_COOKIES);
    expect(isStartedByHost({ [name]: otherCookie, [other]: cookie })).toBe(false);
    expect(isStartedByHost({})).toBe(false);
  });
});

test('nothing set is nothing asked', () => {
  expect(parsePluginEnvironment({})).toEqual({ socketFolder: undefined, complaints: [] });
});

test('what a chainlink node always sends, empty or zero, is nothing asked either', () => {
  const variables = {
    PLUGIN_CLIENT_CERT: '',
    PLUGIN_UNIX_SOCKET_DIR: '',
    PLUGIN_PROTOCOL_VERSIONS: '',
    PLUGIN_MIN_PORT: '0',
    CL_TRACING_ENABLED: 'false',
    CL_TELEMETRY_ENDPOINT: '',
    CL_CHIP_INGRESS_ENDPOINT: '',
  };
  expect(parsePluginEnvironment(variables)).toEqual({ socketFolder: undefined, complaints: [] });
});

test('sockets go where the host says', () => {
  expect(parsePluginEnvironment({ PLUGIN_UNIX_SOCKET_DIR: '/run/plugins' }).socketFolder).toBe(
    '/run/plugins',
  );
});

const parse = (): unknown => parsePluginEnvironment({ PLUGIN_CLIENT_CERT: '-----BEGIN' });

test('AutoMTLS is refused', () => {
  expect(parse).toThrow(PluginEnvironmentError);
  expect(parse).toThrow(/^PLUGIN_CLIENT_CERT is set: the host asks for AutoMTLS/);
});

describe('the versions that the host speaks', () => {
  test.each<[string, readonly string[]]>([
    ['0', []],
    ['3,0,1', []],
    ['1', ['the host speaks versions 1, this plugin 0']],
    ['2,1', ['the host speaks versions 2,1, this plugin 0']],
    ['x,0', ['server sent invalid plugin version "x"']],
    ['x', ['server sent invalid plugin version "x"', 'the host speaks versions x, this plugin 0']],
    [
      '1.0, 0',
      [
        'server sent invalid plugin version "1.0"',
        'server sent invalid plugin version " 0"',
        'the host speaks versions 1.0, 0, this plugin 0',
      ],
    ],
    [',', []],
  ])('%s', (list, complaints) => {
    expect(parsePluginEnvironment({ PLUGIN_PROTOCOL_VERSIONS: list }).complaints).toEqual(complaints);
  });
});
