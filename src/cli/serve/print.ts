import { stringify } from 'yaml';
import type { ServeVariables } from '../../config.ts';
import type { ServeConfig } from './schema.ts';

/** The configuration in force as a file that says the same; of secrets, only whether they are there. */
export function configAsYaml(config: ServeConfig, { token, unleashToken }: ServeVariables): string {
  const { stage = 'off', ...rest } = config;
  const whole = config.flags.url === undefined ? { stage, ...rest } : rest;
  const secrets = [
    '# Secrets come from the environment alone.',
    `# SECUREMINT_SHADOW_TOKEN: ${masked(token)}`,
    `# UNLEASH_API_TOKEN: ${masked(unleashToken)}`,
  ];
  return `${stringify(whole)}${secrets.join('\n')}\n`;
}

const masked = (secret: string | undefined): string => (secret === undefined ? 'not set' : '********');
