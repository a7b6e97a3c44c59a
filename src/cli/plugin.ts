import type { OpenAnswerer } from '../../loopp/plugin/answerer.ts';
import { servePlugin } from '../../loopp/plugin/serve.ts';
import { pluginVariables } from '../config.ts';

/**
 * `plugin`: be the LOOPP. Nothing but the handshake line may reach standard output. Without an answerer, the plugin's own
 * aggregation answers.
 */
export function pluginCommand(openAnswerer?: OpenAnswerer): Promise<void> {
  const io = {
    variables: pluginVariables(),
    writeStdout: (text: string) => process.stdout.write(text),
    writeStderr: (text: string) => process.stderr.write(text),
    exit: (code: number) => process.exit(code),
  };
  return servePlugin(io, openAnswerer);
}
