// Makes a development chain ready for `run --chain`:
//
//   anvil &
//   node examples/chain/deploy.mjs http://127.0.0.1:8545 my-chain
//   npx securemint-shadow run --chain my-chain/chain.yaml
//
// It deploys a forwarder that knows a DON of four oracles, and two caches, one for each lane, which the workflow may write
// through the forwarder. The folder then has the configuration, the sender's key and the oracles' keys. docs/chain.md says
// what is what.
//
// Exit codes: 0 deployed; 1 something is missing or the chain refuses; 2 wrong usage.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, Mnemonic, Wallet } from 'ethers';
import { compileContracts } from './contracts.mjs';

/** Every anvil and hardhat has its accounts: 0 owns the contracts, 1 sends reports. */
const MNEMONIC = Mnemonic.fromPhrase('test test test test test test test test test test test junk');
/** Those of the bundled captures and of the simulator. */
const FEEDS = Array.from({ length: 8 }, (_, at) => `0x01c508${String(at + 1).padStart(26, '0')}`);
const DON = { id: 1, configVersion: 1, f: 1, oracles: 4 };
const WORKFLOW = { owner: `0x${'44'.repeat(20)}`, name: `0x${Buffer.from('securemint').toString('hex')}` };

const [rpcUrl, folder, ...others] = process.argv.slice(2);
if (folder === undefined || others.length > 0) fail(2, 'usage: node deploy.mjs RPC-URL FOLDER');

await main().catch((error) => fail(1, error.shortMessage ?? error.message));

async function main() {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { batchMaxCount: 1, cacheTimeout: -1 });
  provider.pollingInterval = 50;
  const { chainId } = await within(5000, provider.getNetwork());
  const wallet = (at) => HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${at}`).connect(provider);
  const oracles = Array.from({ length: DON.oracles }, () => Wallet.createRandom());
  const addresses = await deployAll(wallet(0), oracles);
  mkdirSync(folder, { recursive: true });
  writeSecret('sender.key', wallet(1).privateKey);
  writeSecret('signers.keys', oracles.map(({ privateKey }) => privateKey).join('\n'));
  const config = readFileSync(join(import.meta.dirname, 'chain.yaml'), 'utf8');
  writeFileSync(
    join(folder, 'chain.yaml'),
    filled(config, { ...addresses, rpcUrl, chainId: String(chainId) }),
  );
  for (const [name, address] of Object.entries(addresses)) console.log(`${name.padEnd(10)} ${address}`);
  console.log(`configuration and keys in ${folder}`);
  provider.destroy();
}

async function deployAll(owner, oracles) {
  const artifacts = compileContracts();
  const forwarder = await deploy(artifacts.KeystoneForwarder, owner);
  const signers = oracles.map(({ address }) => address);
  await send(forwarder, 'setConfig', DON.id, DON.configVersion, DON.f, signers);
  const through = await forwarder.getAddress();
  const legacy = await deployCache(artifacts.DataFeedsCache, owner, through);
  const loopp = await deployCache(artifacts.DataFeedsCache, owner, through);
  return { forwarder: through, legacy, loopp };
}

/** A cache whose feeds the workflow may write through that forwarder. */
async function deployCache(artifact, owner, forwarder) {
  const cache = await deploy(artifact, owner);
  const descriptions = FEEDS.map((feed) => `secure mint ${feed}`);
  const writer = [forwarder, WORKFLOW.owner, WORKFLOW.name];
  await send(cache, 'setFeedAdmin', owner.address, true);
  await send(cache, 'setDecimalFeedConfigs', FEEDS, descriptions, [writer]);
  return cache.getAddress();
}

async function deploy({ abi, bytecode }, owner) {
  const deployed = await new ContractFactory(abi, bytecode, owner).deploy();
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), abi, owner);
}

async function send(contract, name, ...args) {
  const sent = await contract.getFunction(name).send(...args);
  await sent.wait();
}

/** The example configuration with the values of this chain. */
function filled(text, { rpcUrl: url, chainId, forwarder, legacy, loopp }) {
  const values = {
    rpcUrl: url,
    chainId,
    forwarder: `"${forwarder}"`,
    legacy: `"${legacy}"`,
    loopp: `"${loopp}"`,
  };
  return Object.entries(values).reduce(
    (all, [field, value]) => all.replace(new RegExp(`^( *${field}:).*$`, 'm'), `$1 ${value}`),
    text,
  );
}

function writeSecret(name, text) {
  const file = join(folder, name);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}

async function within(ms, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`expected an answer of ${rpcUrl} within ${ms} ms, got none`)),
      ms,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function fail(code, message) {
  console.error(`deploy: ${message}`);
  process.exit(code);
}
