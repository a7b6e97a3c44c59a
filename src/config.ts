/** The only reader of the environment. */

/** What the commands take from the environment; docs/commands.md lists it. */
export interface Config {
  /** NO_COLOR (no-color.org): any text that is not empty turns colours off. */
  readonly noColor: boolean;
  /** Where a plugin's interpreter is looked up; the only variable a plugin inherits. */
  readonly path: string | undefined;
}

export function readConfig(): Config {
  return { noColor: (process.env['NO_COLOR'] ?? '') !== '', path: process.env['PATH'] };
}

/** The variables that a go-plugin host sets for the process it launches (docs/spec/loopp-wire.md A.1). */
export function pluginVariables(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}
