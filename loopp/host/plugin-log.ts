import type { Log, LogLevel } from '../../src/log.ts';

/**
 * Reads a plugin's standard error as go-plugin and chainlink do (docs/spec/loopp-wire.md A.5): one line is one log entry
 * with the level that it names, and `debug` when it names none.
 */

/** What is as long or longer comes in pieces. In UTF-16 units; Go counts bytes, which is the same for what plugins log. */
const MAX_LINE = 64 * 1024;

/** Cuts text into lines and logs each. Keeps at most one piece of a line. */
export class PluginLogReader {
  private readonly log: Log;
  private pending = '';
  /** The line has grown too long: what is left of it is no line of its own. */
  private inPieces = false;
  /** Everything after the first line of a crash belongs to it. */
  private crashed = false;

  constructor(log: Log) {
    this.log = log;
  }

  add(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.line((this.pending + text.slice(start, end)).replace(/\r$/, ''));
      this.pending = '';
      start = end + 1;
    }
    this.pending += text.slice(start);
    while (this.pending.length >= MAX_LINE) {
      this.piece(this.pending.slice(0, MAX_LINE));
      this.inPieces = true;
      this.pending = this.pending.slice(MAX_LINE);
    }
  }

  /** The plugin is gone: what it wrote without a line feed is its last line. */
  end(): void {
    if (this.pending !== '') this.line(this.pending);
    this.pending = '';
  }

  private line(text: string): void {
    if (this.inPieces || text.length >= MAX_LINE) {
      for (let at = 0; at < text.length; at += MAX_LINE) this.piece(text.slice(at, at + MAX_LINE));
      this.inPieces = false;
      return;
    }
    if (text.trim() === '') return;
    const entry = parseEntry(text) ?? { level: this.levelOf(text), message: text, fields: {} };
    this.log(entry.level, entry.message, entry.fields);
  }

  private piece(text: string): void {
    this.log('debug', text);
  }

  private levelOf(text: string): LogLevel {
    const tagged = LEVEL_OF_TAG[/^\[[A-Z]+\]/.exec(text)?.[0] ?? ''];
    if (tagged !== undefined) return tagged;
    this.crashed ||= /^(?:panic|fatal error): /.test(text);
    return this.crashed ? 'error' : 'debug';
  }
}

const LEVEL_OF_TAG: Readonly<Record<string, LogLevel>> = {
  '[TRACE]': 'debug',
  '[DEBUG]': 'debug',
  '[INFO]': 'info',
  '[WARN]': 'warn',
  '[ERROR]': 'error',
};

/** hclog's levels; then zap's beyond `error`, which chainlink shows as critical. */
const LEVEL_OF_NAME: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
  critical: 'error',
  dpanic: 'error',
  panic: 'error',
};

type Fields = Readonly<Record<string, string | number>>;

interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** undefined: a line that Go shows as it is, or one at which Go's host would panic. */
function parseEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return entryOf(JSON.parse(line));
  } catch {
    // No JSON; or so deep that it cannot be written again.
    return undefined;
  }
}

function entryOf(value: unknown): Entry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    '@message': message = '',
    '@level': levelName,
    '@timestamp': timestamp,
    ...rest
  }: Readonly<Record<string, unknown>> = { ...value };
  if (typeof message !== 'string' || typeof levelName !== 'string') return undefined;
  const level = LEVEL_OF_NAME[levelName.trim().toLowerCase()];
  if (level === undefined || !isTimestamp(timestamp)) return undefined;
  const fields = Object.entries(rest).map(([name, field]) => [name, fieldOf(field)]);
  if (timestamp !== undefined) fields.push(['timestamp', timestamp]);
  return { level, message, fields: Object.fromEntries(fields) };
}

/** Absent, or with exactly six digits of a second and a zone, as Go's layout has it. */
function isTimestamp(value: unknown): value is string | undefined {
  if (value === undefined) return true;
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(value)
  );
}

const fieldOf = (value: unknown): string | number =>
  typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
