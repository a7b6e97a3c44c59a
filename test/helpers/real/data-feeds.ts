import { Contract, ContractFactory } from 'ethers';
import type { InterfaceAbi, Signer } from 'ethers';
import { compileContracts } from './contracts.ts';
import type { Artifact } from './contracts.ts';

/** Who signs a DON's reports; the forwarder knows each configuration of each DON apart. */
export interface SignerConfig {
  readonly donId: number;
  readonly configVersion: number;
  /** At least 1. */
  readonly f: number;
  /** Addresses, more than 3f. */
  readonly signers: readonly string[];
}

/** A workflow that may write into feeds. */
export interface FeedWriter {
  /** Each 16 bytes, hex with 0x. */
  readonly dataIds: readonly string[];
  /** An address. */
  readonly workflowOwner: string;
  /** 10 bytes, hex with 0x, not all zero. */
  readonly workflowName: string;
}

/** The real forwarder and the real cache on a development chain; their owner may do everything with them. */
export class DataFeeds {
  readonly forwarder: Contract;
  readonly cache: Contract;

  private constructor(forwarder: Contract, cache: Contract) {
    this.forwarder = forwarder;
    this.cache = cache;
  }

  /** Deploys both; nobody may sign or write yet. */
  static async deploy(owner: Signer): Promise<DataFeeds> {
    const artifacts = await compileContracts();
    const forwarder = await deploy(artifacts.KeystoneForwarder, owner);
    const cache = await deploy(artifacts.DataFeedsCache, owner);
    await call(cache, 'setFeedAdmin', await owner.getAddress(), true);
    return new DataFeeds(forwarder, cache);
  }

  /** Has the forwarder take reports with f + 1 of these signatures. */
  async setSigners({ donId, configVersion, f, signers }: SignerConfig): Promise<void> {
    await call(this.forwarder, 'setConfig', donId, configVersion, f, signers);
  }

  /** Makes the feeds ones of single numbers, which this workflow may write through the forwarder. */
  async allow({ dataIds, workflowOwner, workflowName }: FeedWriter): Promise<void> {
    const descriptions = dataIds.map((dataId) => `secure mint ${dataId}`);
    const writer = [await this.forwarder.getAddress(), workflowOwner, workflowName];
    await call(this.cache, 'setDecimalFeedConfigs', dataIds, descriptions, [writer]);
  }
}

async function deploy({ abi, bytecode }: Artifact, owner: Signer): Promise<Contract> {
  const deployed = await new ContractFactory([...abi] as InterfaceAbi, bytecode, owner).deploy();
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), [...abi] as InterfaceAbi, owner);
}

/** Sends a transaction and waits until it is in a block. */
async function call(contract: Contract, name: string, ...args: readonly unknown[]): Promise<void> {
  const sent = await contract.getFunction(name).send(...args);
  await sent.wait();
}
