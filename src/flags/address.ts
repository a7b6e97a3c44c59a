import { AppError } from '../errors.ts';

/** What people paste: clients are given `.../api`, the web interface has no path. */
const API_SUFFIX = /\/+(?:api(?:\/(?:client|admin)(?:\/features)?)?)?\/*$/;

/** The address of an Unleash server, to which `/api/client` and `/api/admin` are added. Throws `AppError` USAGE; `name` says where it came from. */
export function unleashAddress(text: string, name: string): string {
  return httpAddress(text, name, 'http://127.0.0.1:4242').replace(API_SUFFIX, '');
}

/** The address of a service of ours, without a slash at its end. Throws `AppError` USAGE. */
export function serviceAddress(text: string, name: string): string {
  return httpAddress(text, name, 'http://127.0.0.1:9470').replace(/\/(?:status\/?)?$/, '');
}

function httpAddress(text: string, name: string, example: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const expected = `${name}: expected an address such as ${example}`;
  if (url?.username || url?.password) {
    throw new AppError('USAGE', `${expected}, got one with a user name or password in it`);
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new AppError('USAGE', `${expected}, got ${JSON.stringify(text)}`);
  }
  return `${url.origin}${url.pathname}`;
}
