import { AdminApi } from '../../flags/admin-api.ts';
import { FlagAdmin } from '../../flags/admin.ts';
import { unleashAddress } from '../../flags/address.ts';
import { AppError } from '../../errors.ts';
import { readUnleashAdminConfig } from '../../config.ts';

/** Which flag on which server. */
export interface TargetOptions {
  readonly flag: string;
  readonly project: string;
  readonly environment: string;
  /** Default: UNLEASH_URL. */
  readonly url?: string;
  readonly json: boolean;
}

/** Where the names of workflows come from. */
export interface KnownOptions {
  /** A file with one a line. */
  readonly workflows?: string;
  /** Addresses of services, as `serviceAddress` answers them. */
  readonly service?: readonly string[];
}

export interface ChangeOptions extends TargetOptions, KnownOptions {
  readonly yes: boolean;
  readonly wait: boolean;
  readonly waitTimeoutMs: number;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** Throws `AppError` USAGE when the address or the token is missing. */
export function openAdmin({ flag: name, project, environment, url: given }: TargetOptions): FlagAdmin {
  const { url, adminToken: token } = readUnleashAdminConfig();
  const address = given ?? url;
  if (address === undefined) {
    throw new AppError('USAGE', '--url: expected the address of Unleash, here or in UNLEASH_URL, got none');
  }
  const checked = unleashAddress(address, given === undefined ? 'UNLEASH_URL' : '--url');
  if (token === undefined) {
    throw new AppError('USAGE', 'UNLEASH_ADMIN_TOKEN: expected a token for the admin API, got none');
  }
  const api = new AdminApi({ address: checked, token, timeoutMs: REQUEST_TIMEOUT_MS });
  return new FlagAdmin(api, { name, project, environment });
}
