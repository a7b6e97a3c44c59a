import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { onchainKeyring } from '../../../loopp/provider/evm/delivery/signatures.ts';
import type { OnchainKeyring } from '../../../loopp/provider/evm/delivery/signatures.ts';
import type { ChainVariables } from '../../config.ts';
import { AppError, systemCode } from '../../errors.ts';
import type { ChainConfig } from './schema.ts';

/** Secrets of a run on chain. No message shows any part of a key, nor a cause that might. */
export interface ChainKeys {
  /** Of the account that pays, 32 bytes in hex with 0x. */
  readonly sender: string;
  /** Of the DON's oracles, f + 1 of them or more. */
  readonly signers: readonly OnchainKeyring[];
}

/**
 * Keys come from the environment or, where it says nothing, from files, which are looked up beside the configuration
 * file. Rejects with `AppError` INPUT.
 */
export async function loadKeys(
  configPath: string,
  { keys, don }: Pick<ChainConfig, 'keys' | 'don'>,
  { senderKey, signerKeys }: ChainVariables,
): Promise<ChainKeys> {
  const folder = dirname(configPath);
  const senderText = await textOf('SECUREMINT_SHADOW_CHAIN_SENDER_KEY', senderKey, {
    field: 'keys.senderFile',
    path: keys.senderFile && resolve(folder, keys.senderFile),
  });
  const sender = senderOf(senderText);
  const signersText = await textOf('SECUREMINT_SHADOW_CHAIN_SIGNER_KEYS', signerKeys, {
    field: 'keys.signersFile',
    path: keys.signersFile && resolve(folder, keys.signersFile),
  });
  return { sender, signers: signersOf(signersText, don.f) };
}

/** A secret and where it came from. */
interface Secret {
  readonly source: string;
  readonly text: string;
}

async function textOf(
  variable: string,
  value: string | undefined,
  { field, path }: { readonly field: string; readonly path: string | undefined },
): Promise<Secret> {
  if (value !== undefined) return { source: variable, text: value };
  if (path === undefined) {
    throw new AppError(
      'INPUT',
      `${field}: expected a file of keys there or the variable ${variable}, got neither`,
    );
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AppError('INPUT', `${field}: expected a file at ${path}, got ${systemCode(error) ?? 'none'}`);
  });
  return { source: path, text };
}

function senderOf({ source, text }: Secret): string {
  const keys = keysIn(text);
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new AppError(
      'INPUT',
      `${source}: expected the sender's private key, got ${String(keys.length)} keys`,
    );
  }
  const hex = hexOf(source, key, 1);
  keyringOf(source, hex, 1);
  return hex;
}

function signersOf({ source, text }: Secret, f: number): readonly OnchainKeyring[] {
  const keyrings = keysIn(text).map((key, at) => keyringOf(source, hexOf(source, key, at + 1), at + 1));
  const distinct = new Set(keyrings.map(({ address }) => address)).size;
  if (distinct === keyrings.length && distinct > f) return keyrings;
  const came = distinct < keyrings.length ? 'a key twice' : `${String(distinct)} keys`;
  throw new AppError(
    'INPUT',
    `${source}: expected private keys of f + 1 = ${String(f + 1)} oracles or more, got ${came}`,
  );
}

/** Separated by white space or commas; `#` begins a comment. */
const keysIn = (text: string): readonly string[] =>
  text
    .replaceAll(/#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((key) => key !== '');

function hexOf(source: string, key: string, number: number): string {
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(key) ?? [];
  if (digits !== undefined) return `0x${digits}`;
  throw notAKey(source, number);
}

/** Most 32 bytes are a key of the curve, 0 is not. */
function keyringOf(source: string, hex: string, number: number): OnchainKeyring {
  try {
    return onchainKeyring(hex);
  } catch {
    throw notAKey(source, number);
  }
}

const notAKey = (source: string, number: number): AppError =>
  new AppError(
    'INPUT',
    `${source}: key ${String(number)}: expected a private key, 32 bytes in hex, got something else`,
  );
