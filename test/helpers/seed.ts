import * as fc from 'fast-check';

/**
 * Gives every property of a test file one seed and prints it, so that a whole run can be repeated:
 * `FC_SEED=<seed> npx vitest run <file>`. Call it once, at the top of a file.
 */
export function configureSeed(): void {
  const given = process.env['FC_SEED'] ?? '';
  const seed = given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`FC_SEED: expected a whole number, got "${given}"`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
  console.log(`fast-check seed: ${String(seed)} (repeat with FC_SEED=${String(seed)})`);
}
