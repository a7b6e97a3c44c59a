import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where the heavy parts are installed: a package of its own, which a plain `npm ci` leaves out. */
const HOME = join(import.meta.dirname, '../../real');
const NODE_MODULES = join(HOME, 'node_modules');

/** Whether everything is to be tested, also what needs the parts that `.ci/install` installs. */
export const everything = process.env['SECUREMINT_TEST'] === 'all';

/** The path of a file or folder among the packages of test/real. Throws when it is not there. */
export function partPath(path: string): string {
  const found = join(NODE_MODULES, path);
  if (existsSync(found)) return found;
  throw new Error(`expected ${path} in test/real/node_modules, found none: run .ci/install`);
}

/** Loads a CommonJS package of test/real. Its types are not here at compile time: the caller says what it uses. */
export function loadPart(name: string): unknown {
  partPath(name);
  return createRequire(join(HOME, 'package.json'))(name);
}
