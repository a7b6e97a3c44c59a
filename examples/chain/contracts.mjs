// Compiles the real KeystoneForwarder and DataFeedsCache out of @chainlink/contracts, some ten seconds. Compiler and
// sources are those of the full test suite: `bash .ci/install` in a checkout.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const PARTS = join(import.meta.dirname, '../../test/real');
const SOURCES = join(PARTS, 'node_modules/@chainlink/contracts/src/v0.8');
const CONTRACTS = {
  DataFeedsCache: 'data-feeds/DataFeedsCache.sol',
  KeystoneForwarder: 'keystone/KeystoneForwarder.sol',
};

/** By name: `{abi, bytecode}`, as ethers' ContractFactory takes them. Throws one sentence when something is missing. */
export function compileContracts() {
  if (!existsSync(SOURCES)) {
    throw new Error(
      'expected @chainlink/contracts in test/real/node_modules, got none: run bash .ci/install',
    );
  }
  const solc = createRequire(join(PARTS, 'package.json'))('solc');
  const sources = Object.fromEntries(
    Object.values(CONTRACTS).map((path) => [path, { content: readFileSync(join(SOURCES, path), 'utf8') }]),
  );
  const settings = {
    evmVersion: 'paris',
    optimizer: { enabled: true, runs: 10_000 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  };
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const output = JSON.parse(solc.compile(input, { import: readImport }));
  const error = (output.errors ?? []).find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(error.formattedMessage);
  const compiled = Object.entries(CONTRACTS).map(([name, path]) => {
    const { abi, evm } = output.contracts[path][name];
    return [name, { abi, bytecode: evm.bytecode.object }];
  });
  return Object.fromEntries(compiled);
}

function readImport(path) {
  const file = join(SOURCES, path);
  return existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: `no ${path}` };
}
