import { describe, expect, test } from 'vitest';
import {
  HandshakeError,
  MAGIC_COOKIES,
  formatHandshake,
  parseHandshake,
  unrecognized,
} from '../../../loopp/wire/handshake.ts';

/** The sentence with which a line is refused. */
function complaint(line: string): string {
  try {
    parseHandshake(line);
  } catch (error) {
    if (error instanceof HandshakeError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('the line that a plugin prints: five pipes, an empty certificate, a line feed', () => {
  expect(formatHandshake({ socket: '/tmp/plugin123' })).toBe('1|0|unix|/tmp/plugin123|grpc|\n');
});

test('the cookies of upstream and of the migration plan', () => {
  expect(MAGIC_COOKIES).toEqual({
    CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE: '2cba6293d2ae66563d6838334f8b9c3b11c8d3388a1763835a7104d63f44b932',
    CL_PLUGIN_SECUREMINT_MAGIC_COOKIE: 'secure-mint-magic-cookie-value',
  });
});

describe('a line is accepted', () => {
  test.each([
    ['as this plugin prints it', '1|0|unix|/tmp/plugin123|grpc|\n'],
    ['with white space around it', '  1|0|unix|/tmp/plugin123|grpc| \r\n'],
    ['without the empty certificate', '1|0|unix|/tmp/plugin123|grpc'],
    ['with the field for multiplexing', '1|0|unix|/tmp/plugin123|grpc||true'],
    ['with signs and zeros, as Go reads numbers', '+1|00|unix|/tmp/plugin123|grpc|'],
    ['with a sixth field too short for a certificate', `1|0|unix|/tmp/plugin123|grpc|${'A'.repeat(50)}`],
  ])('%s', (_, line) => {
    expect(parseHandshake(line)).toEqual({ socket: '/tmp/plugin123' });
  });
});

const EXPECTED = '(expected a line such as 1|0|unix|/path/of/socket|grpc| first on standard output)';

describe('a line is refused', () => {
  test.each([
    ['', `Unrecognized remote plugin message:  ${EXPECTED}`],
    ['\n', `Unrecognized remote plugin message:  ${EXPECTED}`],
    ['Hello!', `Unrecognized remote plugin message: Hello! ${EXPECTED}`],
    ['1|0|unix', `Unrecognized remote plugin message: 1|0|unix ${EXPECTED}`],
    ['x|0|unix|/s|grpc|', 'Error parsing core protocol version: "x" is not a whole number'],
    ['|0|unix|/s|grpc|', 'Error parsing core protocol version: "" is not a whole number'],
    ['1.0|0|unix|/s|grpc|', 'Error parsing core protocol version: "1.0" is not a whole number'],
    ['2|0|unix|/s|grpc|', 'Incompatible core API version with plugin. Plugin version: 2, Core version: 1'],
    ['-1|0|unix|/s|grpc|', 'Incompatible core API version with plugin. Plugin version: -1, Core version: 1'],
    ['1|x|unix|/s|grpc|', 'Error parsing protocol version "x": it is not a whole number'],
    ['1|1|unix|/s|grpc|', 'Incompatible API version with plugin. Plugin version: 1, Client versions: [0]'],
    [
      '1|0|tcp|127.0.0.1:1234|grpc|',
      'Unknown address type: tcp (this host connects to unix sockets only, which no other user can reach)',
    ],
    [
      '1|0|carrier-pigeon|coo|grpc|',
      'Unknown address type: carrier-pigeon ' +
        '(this host connects to unix sockets only, which no other user can reach)',
    ],
    ['1|0|unix|/s', 'Unsupported plugin protocol "netrpc". Supported: [grpc]'],
    ['1|0|unix|/s|netrpc', 'Unsupported plugin protocol "netrpc". Supported: [grpc]'],
    ['1|0|unix|/s||', 'Unsupported plugin protocol "". Supported: [grpc]'],
    [
      `1|0|unix|/s|grpc|${'A'.repeat(51)}`,
      'the plugin offers a TLS certificate, but this host did not ask for TLS',
    ],
    // The versions are judged before anything that an unknown version might mean differently.
    ['2|x|tcp|/s|netrpc|', 'Incompatible core API version with plugin. Plugin version: 2, Core version: 1'],
  ])('%j', (line, text) => {
    expect(complaint(line)).toBe(text);
  });

  test('and shown in part only when it is long', () => {
    expect(unrecognized('y'.repeat(200)).message).toContain(`message: ${'y'.repeat(200)} (expected`);
    expect(unrecognized('y'.repeat(201)).message).toContain(
      `message: ${'y'.repeat(200)}... (201 characters) (expected`,
    );
  });
});
