const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Writes one log line; fields are facts beside the message, in the order given. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number>>,
) => void;

/** Lines for people: `warn: message (name value, ...)`. Levels below `least` are dropped. */
export function textLog(write: (line: string) => void, least: LogLevel): Log {
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const facts = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
    write(`${level}: ${message}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}\n`);
  };
}
