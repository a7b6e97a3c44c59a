import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the package, wherever it is installed; this file is dist/src/cli/version.js in it. */
const PACKAGE = new URL('../../../', import.meta.url);

/** A file that comes with the package. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, PACKAGE));
}

/** The product's version, from package.json. */
export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}

/** The program behind `securemint-shadow`. */
export const MAIN_FILE = fileURLToPath(new URL('main.js', import.meta.url));
