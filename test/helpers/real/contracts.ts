import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { partPath } from './parts.ts';

/** A compiled contract, as ethers' ContractFactory takes it. */
export interface Artifact {
  readonly abi: readonly object[];
  /** Hex without 0x: what a deployment runs. */
  readonly bytecode: string;
}

const CONTRACTS = {
  DataFeedsCache: 'data-feeds/DataFeedsCache.sol',
  KeystoneForwarder: 'keystone/KeystoneForwarder.sol',
} as const;
export type ContractName = keyof typeof CONTRACTS;

const COMPILER = 'solc/solc.js';
const SOURCES = '@chainlink/contracts/src/v0.8';
/** About ten times what it takes. */
const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The settings of data-feeds in the package's own foundry.toml. */
const SETTINGS = {
  evmVersion: 'paris',
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { bytecodeHash: 'none' },
  outputSelection: Object.fromEntries(
    Object.entries(CONTRACTS).map(([name, path]) => [path, { [name]: ['abi', 'evm.bytecode.object'] }]),
  ),
};

/**
 * Compiles the real contracts of @chainlink/contracts: some 10 seconds the first time, nothing later, for the outcome
 * stays beside the installed packages.
 */
export async function compileContracts(): Promise<Readonly<Record<ContractName, Artifact>>> {
  const input = JSON.stringify({ language: 'Solidity', sources: await sources(), settings: SETTINGS });
  const cached = await cacheFile(input);
  const output = await readFile(cached, 'utf8').catch(() => undefined);
  if (output !== undefined) return artifacts(output);
  const compiled = await compile(input);
  const made = artifacts(compiled);
  await replaceFile(cached, compiled);
  return made;
}

async function sources(): Promise<Readonly<Record<string, { readonly content: string }>>> {
  const entries = Object.values(CONTRACTS).map(async (path) => {
    const content = await readFile(partPath(`${SOURCES}/${path}`), 'utf8');
    return [path, { content }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Named after all that decides what is in it; imported sources are as old as their package. */
async function cacheFile(input: string): Promise<string> {
  const hash = createHash('sha256').update(input);
  for (const name of ['solc', '@chainlink/contracts']) {
    hash.update(await readFile(partPath(`${name}/package.json`)));
  }
  const folder = join(dirname(partPath('solc')), '.cache/contracts');
  return join(folder, `${hash.digest('hex')}.json`);
}

/** In a process of its own: the compiler takes a core for seconds and handles other people's errors. */
async function compile(input: string): Promise<string> {
  const args = [partPath(COMPILER), '--standard-json', '--base-path', partPath(SOURCES)];
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const child = execFile(process.execPath, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end(input);
  });
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { abi: object[]; evm: { bytecode: { object: string } } }>>>
  >;
}

function artifacts(text: string): Readonly<Record<ContractName, Artifact>> {
  // The compiler may print lines of its own before its answer.
  const output = JSON.parse(text.slice(text.indexOf('{'))) as CompilerOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const artifact = (name: ContractName): Artifact => {
    const found = output.contracts?.[CONTRACTS[name]]?.[name];
    if (found === undefined) throw new Error(`expected ${name} from the compiler, got none`);
    return { abi: found.abi, bytecode: found.evm.bytecode.object };
  };
  return {
    DataFeedsCache: artifact('DataFeedsCache'),
    KeystoneForwarder: artifact('KeystoneForwarder'),
  };
}

/** Whole or not at all: other test files may be reading it. */
async function replaceFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  await rename(draft, path);
}
