import { APP_PROTOCOL_VERSION, MAGIC_COOKIES } from '../wire/handshake.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What go-plugin's variables ask of a plugin (docs/spec/loopp-wire.md A.1). */
export interface PluginEnvironment {
  /** Where sockets go; undefined: a folder of the plugin's own. */
  readonly socketFolder: string | undefined;
  /** Why a variable was passed over, for the log. */
  readonly complaints: readonly string[];
}

/** The host asks for something this plugin does not do; the message says what. */
export class PluginEnvironmentError extends Error {
  override readonly name = 'PluginEnvironmentError';
}

/** What every go-plugin prints when a person starts it, word for word, because hosts and people look for it (A.4). */
export const NOT_FOR_PEOPLE = [
  'This binary is a plugin. These are not meant to be executed directly.',
  'Please execute the program that consumes these plugins, which will',
  'load any plugins automatically',
] as const;

/** Whether a host started this process: one of the magic cookies is right. */
export function isStartedByHost(variables: Variables): boolean {
  return Object.entries(MAGIC_COOKIES).some(([name, cookie]) => variables[name] === cookie);
}

/** Throws `PluginEnvironmentError`. Empty variables count as absent: hosts pass them (X.0). */
export function parsePluginEnvironment(variables: Variables): PluginEnvironment {
  if ((variables['PLUGIN_CLIENT_CERT'] ?? '') !== '') {
    throw new PluginEnvironmentError(
      'PLUGIN_CLIENT_CERT is set: the host asks for AutoMTLS, which this plugin does not serve; ' +
        'set AutoMTLS to false in the host (chainlink never sets it)',
    );
  }
  const folder = variables['PLUGIN_UNIX_SOCKET_DIR'] ?? '';
  return {
    socketFolder: folder === '' ? undefined : folder,
    complaints: versionComplaints(variables['PLUGIN_PROTOCOL_VERSIONS'] ?? ''),
  };
}

/**
 * There is one version to offer, so the host's list decides nothing: without a common version go-plugin offers its
 * lowest and lets the host refuse (A.3).
 */
function versionComplaints(list: string): readonly string[] {
  const versions = list.split(',').filter((version) => version !== '');
  const complaints = versions
    .filter((version) => !isNumber(version))
    .map((version) => `server sent invalid plugin version "${version}"`);
  const known = versions.some((version) => isNumber(version) && Number(version) === APP_PROTOCOL_VERSION);
  if (!known && versions.length > 0) {
    complaints.push(`the host speaks versions ${list}, this plugin ${String(APP_PROTOCOL_VERSION)}`);
  }
  return complaints;
}

const isNumber = (version: string): boolean => /^[+-]?[0-9]+$/.test(version);
