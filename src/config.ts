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

/** What `serve` takes from the environment. */
export interface ServeVariables {
  /** Settings that count for more than the configuration file, by the names of their variables. */
  readonly settings: ReadonlyMap<string, string>;
  /** SECUREMINT_SHADOW_TOKEN: the bearer token of whoever may write. */
  readonly token: string | undefined;
  /** UNLEASH_API_TOKEN: a client token for the flag's server. */
  readonly unleashToken: string | undefined;
}

const SERVE_TOKEN = 'SECUREMINT_SHADOW_TOKEN';

/** Empty variables count as absent. Throws `AppError` USAGE when a token is none. */
export function readServeVariables(): ServeVariables {
  const settings = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    const isSetting =
      name === 'UNLEASH_URL' || (name.startsWith('SECUREMINT_SHADOW_') && name !== SERVE_TOKEN);
    if (isSetting && value) settings.set(name, value);
  }
  return { settings, token: readToken(SERVE_TOKEN), unleashToken: readToken('UNLEASH_API_TOKEN') };
}

/** What `flags` takes from the environment to change them. */
export interface UnleashAdminConfig {
  /** UNLEASH_URL: the address of an Unleash server. */
  readonly url: string | undefined;
  /** UNLEASH_ADMIN_TOKEN: an admin token, or one of a person; never an option, which other users of the machine could see. */
  readonly adminToken: string | undefined;
}

/** Empty variables count as absent. Throws `AppError` USAGE when the token is none. */
export function readUnleashAdminConfig(): UnleashAdminConfig {
  return { url: process.env['UNLEASH_URL'] || undefined, adminToken: readToken('UNLEASH_ADMIN_TOKEN') };
}

/** Secrets that `run --chain` takes from the environment; where it says nothing, files have them. */
export interface ChainVariables {
  /** SECUREMINT_SHADOW_CHAIN_SENDER_KEY: the private key of the account that pays. */
  readonly senderKey: string | undefined;
  /** SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS: private keys of oracles, separated by commas. */
  readonly signerKeys: string | undefined;
}

/** Empty variables count as absent. */
export function readChainVariables(): ChainVariables {
  return {
    senderKey: process.env['SECUREMINT_SHADOW_CHAIN_SENDER_KEY'] || undefined,
    signerKeys: process.env['SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS'] || undefined,
  };
}

/** Tokens go into HTTP headers. What came is not told: it may be most of a secret. */
function readToken(name: string): string | undefined {
  const token = process.env[name] || undefined;
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new AppError('USAGE', `${name}: expected printable ASCII without spaces, got other characters in it`);
}
