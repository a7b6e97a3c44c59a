import { messageOf } from '../../../src/errors.ts';
import type {
  ContractConfigTracker,
  ContractReader,
  ContractTransmitter,
  Ocr3ContractTransmitter,
  OffchainConfigDigester,
  SecureMintProvider,
} from '../../wire/provider-ports.ts';
import type { TransmittingAccount } from './account.ts';
import type { EvmChain } from './chain.ts';
import { evmDigester } from './digester.ts';
import { ProtocolContract } from './protocol-contract.ts';
import { EvmContractReader } from './reader.ts';
import type { EvmRelayConfig } from './relay-config.ts';
import { transmissionsOnChain } from './transmissions.ts';
import { EvmOcr3Transmitter, ocr2Transmitter } from './transmitter.ts';

/** Its key in health reports. */
const NAME = 'SecureMintProvider';

type State = 'made' | 'started' | 'closed';

/** What Secure Mint gets of one EVM chain; the chain is the relayer's and stays open. */
export class EvmProvider implements SecureMintProvider {
  readonly offchainConfigDigester: OffchainConfigDigester;
  readonly contractConfigTracker: ContractConfigTracker;
  readonly contractTransmitter: ContractTransmitter;
  readonly ocr3ContractTransmitter: Ocr3ContractTransmitter;
  readonly contractReader: ContractReader;
  private readonly chain: EvmChain;
  private state: State = 'made';

  /** `contract`: the protocol's. */
  constructor(
    chain: EvmChain,
    contract: string,
    config: EvmRelayConfig,
    account: TransmittingAccount | undefined,
  ) {
    const protocol = new ProtocolContract(chain, contract);
    this.chain = chain;
    this.offchainConfigDigester = evmDigester(chain.options.chainId, contract);
    this.contractConfigTracker = protocol;
    this.ocr3ContractTransmitter = new EvmOcr3Transmitter(config, account);
    this.contractTransmitter = ocr2Transmitter(this.ocr3ContractTransmitter, protocol);
    this.contractReader = new EvmContractReader(chain, protocol, transmissionsOnChain(config.transmissions));
  }

  /** Rejects unless the chain is there and is the right one. */
  async start(): Promise<void> {
    await this.chain.check();
    this.state = 'started';
  }

  async ready(): Promise<void> {
    if (this.state !== 'started') throw new Error(`the provider is ${this.state}, expected started`);
  }

  async healthReport(): Promise<ReadonlyMap<string, string>> {
    const failure = this.chain.provider.transport.lastFailure;
    return new Map([[NAME, await this.ready().then(() => failure, messageOf)]]);
  }

  async close(): Promise<void> {
    this.state = 'closed';
  }
}
