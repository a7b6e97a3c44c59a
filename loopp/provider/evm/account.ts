import { NonceManager, Wallet } from 'ethers';
import type { TransactionRequest, TransactionResponse } from 'ethers';
import { Turns } from './delivery/turns.ts';
import type { EvmRpcProvider } from './rpc-provider.ts';

/** Transactions that wait for their turn, those of all providers together. */
const MAX_WAITING = 100;

/**
 * The account that transmits, for all providers of a relayer: one transaction after the other. A number that was given to a
 * transaction which then could not be sent would hold up all that follow, so after a failure the chain is asked for the
 * next one again.
 */
export class TransmittingAccount extends NonceManager {
  readonly address: string;
  private readonly turns = new Turns(MAX_WAITING);

  constructor(privateKey: string, provider: EvmRpcProvider) {
    const wallet = new Wallet(privateKey, provider);
    super(wallet);
    this.address = wallet.address;
  }

  override sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    return this.turns.take(async () => {
      try {
        return await super.sendTransaction(transaction);
      } catch (error) {
        this.reset();
        throw error;
      }
    });
  }
}
