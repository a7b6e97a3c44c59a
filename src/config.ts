import { STAGES } from './contract/stage.ts';
import type { Stage } from './contract/stage.ts';
import { AppError } from './errors.ts';

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

/** What `plugin --shadow` takes from the environment that its host gives it. */
export interface ShadowConfig {
  /** SECUREMINT_SHADOW_STAGE. Default: shadow. */
  readonly stage: Stage;
  /** SECUREMINT_SHADOW_JOURNAL: the folder for journals. Default: there is no journal. */
  readonly journalFolder: string | undefined;
}

/** Empty variables count as absent: hosts pass them. Throws `AppError` USAGE. */
export function readShadowConfig(): ShadowConfig {
  const name = process.env['SECUREMINT_SHADOW_STAGE'] || 'shadow';
  const stage = STAGES.find((known) => known === name);
  if (stage === undefined) {
    const expected = `expected one of ${STAGES.join(', ')}`;
    throw new AppError('USAGE', `SECUREMINT_SHADOW_STAGE: ${expected}, got ${JSON.stringify(name)}`);
  }
  return { stage, journalFolder: process.env['SECUREMINT_SHADOW_JOURNAL'] || undefined };
}
