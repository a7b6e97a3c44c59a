import type { Log } from '../../src/log.ts';

/**
 * Log lines as chainlink's hosts read them from a plugin's standard error (docs/spec/loopp-wire.md A.5): one JSON
 * object, `@level`, `@timestamp` with exactly six fraction digits (with three, Go's host shows the raw line) and
 * `@message` always texts (anything else makes Go's host panic).
 */
export function pluginLog(write: (line: string) => void): Log {
  return (level, message, fields = {}) => {
    const timestamp = new Date().toISOString().replace('Z', '000Z');
    const line = {
      ...fields,
      '@level': level,
      '@timestamp': timestamp,
      '@message': message,
      logger: 'PluginSecureMint',
    };
    write(`${JSON.stringify(line)}\n`);
  };
}
