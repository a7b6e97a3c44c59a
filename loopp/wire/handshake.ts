/**
 * go-plugin's handshake (docs/spec/loopp-wire.md A): the cookies that tell a plugin it was started by a host, and the one
 * line on standard output that tells the host where to connect.
 */

/** Magic cookies by environment variable: upstream's, then the migration plan's. Either starts a plugin. */
export const MAGIC_COOKIES: Readonly<Record<string, string>> = {
  CL_PLUGIN_SECURE_MINT_MAGIC_COOKIE: '2cba6293d2ae66563d6838334f8b9c3b11c8d3388a1763835a7104d63f44b932',
  CL_PLUGIN_SECUREMINT_MAGIC_COOKIE: 'secure-mint-magic-cookie-value',
};

/** go-plugin's own version of the protocol, field 1. */
export const CORE_PROTOCOL_VERSION = 1;
/** Ours, field 2: chainlink leaves ProtocolVersion at zero. */
export const APP_PROTOCOL_VERSION = 0;

/** What the handshake line says, once it is accepted. */
export interface Handshake {
  /** Absolute path of the unix socket. */
  readonly socket: string;
}

/** The line is not one that this host can go on with; the message has go-plugin's wording (A.4). */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** The line that a plugin prints, line feed included. The certificate (field 6) is empty: there is no TLS. */
export function formatHandshake({ socket }: Handshake): string {
  return `${String(CORE_PROTOCOL_VERSION)}|${String(APP_PROTOCOL_VERSION)}|unix|${socket}|grpc|\n`;
}

/** Reads the first line of a plugin's standard output. Throws `HandshakeError`. */
export function parseHandshake(line: string): Handshake {
  const fields = line.trim().split('|');
  const [core = '', app = '', network = '', address = '', protocol = 'netrpc', certificate = ''] = fields;
  if (fields.length < 4) throw unrecognized(line);
  checkVersions(core, app);
  if (network !== 'unix') throw wrongNetwork(network);
  if (protocol !== 'grpc') {
    throw new HandshakeError(`Unsupported plugin protocol "${protocol}". Supported: [grpc]`);
  }
  // go-plugin takes a sixth field of more than 50 characters for a certificate (A.2).
  if (certificate.length > 50) {
    throw new HandshakeError('the plugin offers a TLS certificate, but this host did not ask for TLS');
  }
  return { socket: address };
}

/** go-plugin's sentence for a line that is no handshake; how much of it is shown is bounded. */
export function unrecognized(line: string): HandshakeError {
  const text = line.trim();
  const shown =
    text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${String(text.length)} characters)`;
  return new HandshakeError(
    `Unrecognized remote plugin message: ${shown} ` +
      '(expected a line such as 1|0|unix|/path/of/socket|grpc| first on standard output)',
  );
}

const SHOWN = 200;

function checkVersions(core: string, app: string): void {
  const coreVersion = integer(core);
  if (coreVersion === undefined) {
    throw new HandshakeError(`Error parsing core protocol version: "${core}" is not a whole number`);
  }
  if (coreVersion !== CORE_PROTOCOL_VERSION) {
    throw new HandshakeError(
      `Incompatible core API version with plugin. Plugin version: ${String(coreVersion)}, ` +
        `Core version: ${String(CORE_PROTOCOL_VERSION)}`,
    );
  }
  const appVersion = integer(app);
  if (appVersion === undefined) {
    throw new HandshakeError(`Error parsing protocol version "${app}": it is not a whole number`);
  }
  if (appVersion !== APP_PROTOCOL_VERSION) {
    throw new HandshakeError(
      `Incompatible API version with plugin. Plugin version: ${String(appVersion)}, ` +
        `Client versions: [${String(APP_PROTOCOL_VERSION)}]`,
    );
  }
}

function integer(text: string): number | undefined {
  return /^[+-]?[0-9]{1,18}$/.test(text) ? Number(text) : undefined;
}

// go-plugin also takes tcp. A LOOPP never listens there on Linux and macOS, and a port is open to every user.
function wrongNetwork(network: string): HandshakeError {
  return new HandshakeError(
    `Unknown address type: ${network} (this host connects to unix sockets only, which no other user can reach)`,
  );
}
