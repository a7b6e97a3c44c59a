import { APP_PROTOCOL_VERSION, MAGIC_COOKIES } from '../wire/handshake.ts';

/** Marks every process that descends from one launch, also one that left its process group. */
export const LAUNCH_TOKEN_VARIABLE = 'SECUREMINT_SHADOW_LAUNCH';

/**
 * The whole environment of a plugin: nothing is inherited but PATH (docs/spec/loopp-wire.md A.1). The last three are what
 * a Go plugin built on loop.Server refuses to start without (F.3).
 */
export function pluginEnvironment(launch: {
  readonly socketFolder: string;
  readonly token: string;
  readonly path: string | undefined;
}): Readonly<Record<string, string>> {
  return {
    ...(launch.path === undefined ? {} : { PATH: launch.path }),
    ...MAGIC_COOKIES,
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: String(APP_PROTOCOL_VERSION),
    PLUGIN_UNIX_SOCKET_DIR: launch.socketFolder,
    [LAUNCH_TOKEN_VARIABLE]: launch.token,
    CL_PROMETHEUS_PORT: '0',
    CL_MERCURY_TRANSMITTER_TRANSMIT__QUEUE_MAX_SIZE: '0',
    CL_MERCURY_TRANSMITTER_TRANSMIT_CONCURRENCY: '0',
  };
}
