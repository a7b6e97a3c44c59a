import { servePlugin } from '../../loopp/plugin/serve.ts';
import { pluginVariables } from '../config.ts';

/** `plugin`: be the LOOPP. Nothing but the handshake line may reach standard output. */
export function pluginCommand(): Promise<void> {
  return servePlugin({
    variables: pluginVariables(),
    writeStdout: (text) => process.stdout.write(text),
    writeStderr: (text) => process.stderr.write(text),
    exit: (code) => process.exit(code),
  });
}
