import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { getAddress } from 'ethers/address';
import { shown } from './question.mjs';

/** The fields of each mode; docs/adapter.md describes them. */
const FIELDS = {
  static: ['mode', 'host', 'port', 'token', 'reserves', 'chains', 'figures'],
  rpc: [
    'mode',
    'host',
    'port',
    'token',
    'reserves',
    'chains',
    'finality',
    'reserveSource',
    'sourceTimeoutMs',
  ],
};
const TAGS = ['latest', 'safe', 'finalized'];

/** Reads and checks the configuration. Rejects with one sentence that names file, field, what was expected and what came. */
export async function readConfig(file) {
  const given = parse(file, await readFile(file, 'utf8').catch((error) => failure(file, error.message)));
  const refuse = (field, expected, came) =>
    failure(file, `${field}: expected ${expected}, got ${shown(came)}`);
  const { mode, host = '127.0.0.1', port = 8080, token, reserves } = given;
  if (FIELDS[mode] === undefined) refuse('mode', `one of ${Object.keys(FIELDS).join(', ')}`, mode);
  const unknown = Object.keys(given).find((name) => !FIELDS[mode].includes(name));
  if (unknown !== undefined) refuse('configuration', `only ${FIELDS[mode].join(', ')}`, unknown);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (!isPort) refuse('port', 'a whole number from 0 to 65535', port);
  for (const [name, value] of Object.entries({ host, token, reserves })) {
    if (typeof value !== 'string' || value === '') refuse(name, 'a text that is not empty', value);
  }
  const common = { mode, host, port, token, reserves };
  const folder = dirname(resolve(file));
  return { ...common, ...(mode === 'static' ? staticPart : rpcPart)(given, folder, refuse) };
}

function parse(file, text) {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    return failure(file, `expected JSON, got ${error.message}`);
  }
}

function failure(file, message) {
  throw new Error(`${file}: ${message}`);
}

/** `chains` is a list of selectors here: the file of figures has the rest. */
function staticPart({ chains, figures }, folder, refuse) {
  if (!Array.isArray(chains) || chains.length === 0) refuse('chains', 'a list of chain selectors', chains);
  chains.forEach((chain, index) => checkSelector(`chains[${index}]`, chain, refuse));
  if (typeof figures !== 'string') refuse('figures', 'the name of a file', figures);
  return { chains: new Map(chains.map((chain) => [chain, {}])), figures: resolve(folder, figures) };
}

function rpcPart({ chains, finality = 'finalized', reserveSource, sourceTimeoutMs = 3000 }, folder, refuse) {
  const isDepth = Number.isSafeInteger(finality) && finality >= 0;
  if (!isDepth && !TAGS.includes(finality)) {
    refuse('finality', `one of ${TAGS.join(', ')} or a number of blocks`, finality);
  }
  const isTime = Number.isInteger(sourceTimeoutMs) && sourceTimeoutMs >= 1 && sourceTimeoutMs <= 600_000;
  if (!isTime) refuse('sourceTimeoutMs', 'a whole number from 1 to 600000', sourceTimeoutMs);
  if (typeof reserveSource !== 'string' || reserveSource === '') {
    refuse('reserveSource', 'the name of a file or an http or https URL', reserveSource);
  }
  return {
    chains: chainsOf(chains, refuse),
    finality,
    reserveSource: isUrl(reserveSource) ? reserveSource : resolve(folder, reserveSource),
    sourceTimeoutMs,
  };
}

function chainsOf(chains, refuse) {
  const isObject = typeof chains === 'object' && chains !== null && !Array.isArray(chains);
  const entries = isObject ? Object.entries(chains) : [];
  if (entries.length === 0) refuse('chains', 'an object of {url, contract} by chain selector', chains);
  for (const [selector, chain] of entries) {
    checkSelector('chains', selector, refuse);
    const { url, contract } = Object(chain);
    if (!isUrl(url)) refuse(`chains["${selector}"].url`, 'an http or https URL', url);
    if (!isAddress(contract)) refuse(`chains["${selector}"].contract`, 'an address of 20 bytes', contract);
  }
  return new Map(entries);
}

function checkSelector(field, value, refuse) {
  const isSelector =
    typeof value === 'string' && /^[1-9][0-9]{0,19}$/.test(value) && BigInt(value) < 2n ** 64n;
  if (!isSelector) refuse(field, 'a chain selector as a decimal text', value);
}

export const isUrl = (value) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

/** 0x and 40 hex digits; in mixed case with the right checksum. */
function isAddress(value) {
  if (typeof value !== 'string' || !value.startsWith('0x')) return false;
  try {
    getAddress(value);
    return true;
  } catch {
    return false;
  }
}
