/** Process exit codes; docs/commands.md lists them for users. */
export const EXIT = { fine: 0, no: 1, usage: 2, notStarted: 3, interrupted: 130 } as const;

/** Every error that a user can meet has a code here; the code decides how the process ends. */
const EXIT_OF_CODE = {
  /** Wrong options or arguments. */
  USAGE: EXIT.usage,
  /** A file or line that is not what it should be. */
  INPUT: EXIT.usage,
  /** The output folder cannot be written. */
  OUTPUT: EXIT.notStarted,
  /** The plugin process could not be brought up. */
  PLUGIN_START: EXIT.notStarted,
  /** A port or address could not be bound. */
  LISTEN: EXIT.notStarted,
  /** The flag server cannot be reached, or does not answer as it should. */
  UNLEASH: EXIT.notStarted,
  /** The chain cannot be reached, is another one, or lacks a contract. */
  CHAIN: EXIT.notStarted,
} as const;
export type ErrorCode = keyof typeof EXIT_OF_CODE;

/** An error for people: one sentence that names the thing, what was expected and what came. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return EXIT_OF_CODE[this.code];
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node puts on system errors, e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
