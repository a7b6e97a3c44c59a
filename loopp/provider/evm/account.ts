import { setTimeout as sleep } from 'node:timers/promises';
import { NonceManager, Wallet } from 'ethers';
import type { BlockTag, TransactionReceipt, TransactionRequest, TransactionResponse } from 'ethers';
import { systemCode } from '../../../src/errors.ts';
import { Turns } from './delivery/turns.ts';
import type { EvmRpcProvider } from './rpc-provider.ts';

/** Transactions that wait for their turn, those of all providers together. */
const MAX_WAITING = 100;

/**
 * The account that transmits, for all providers of a relayer: one transaction after the other. A number that was given to a
 * transaction which then could not be sent would hold up all that follow, so after a failure the chain is asked for the
 * next one again.
 *
 * Its node may fail at any moment, where ethers leaves rejections unheard that would end the process: of the number of a
 * transaction that cannot be made for another reason, and of what it asks for while it waits for a receipt.
 */
export class TransmittingAccount extends NonceManager {
  readonly address: string;
  private readonly node: EvmRpcProvider;
  private readonly turns = new Turns(MAX_WAITING);
  private isNonceDoubted = false;

  constructor(privateKey: string, provider: EvmRpcProvider) {
    const wallet = new Wallet(privateKey, provider);
    super(wallet);
    this.address = wallet.address;
    this.node = provider;
  }

  /** The next transaction asks the chain for its number. */
  doubtNonce(): void {
    this.isNonceDoubted = true;
  }

  /** Transactions ask one after the other: no number is given up that is on its way. */
  override getNonce(block?: BlockTag): Promise<number> {
    if (this.isNonceDoubted) this.reset();
    this.isNonceDoubted = false;
    const nonce = super.getNonce(block);
    nonce.catch(() => undefined);
    return nonce;
  }

  override sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    return this.turns.take(async () => {
      try {
        return this.withPatience(await super.sendTransaction(transaction));
      } catch (error) {
        this.reset();
        throw error;
      }
    });
  }

  private withPatience(sent: TransactionResponse): TransactionResponse {
    // Without confirmations it asks once and waits for nothing.
    const ask = sent.wait.bind(sent);
    sent.wait = (confirmations = 1, timeoutMs = 0) =>
      this.receipt(() => ask(0), confirmations, performance.now() + timeoutMs);
    return sent;
  }

  /** Asks until the deadline, and at least once; a failing node is asked again. Rejects when the transaction failed. */
  private async receipt(
    ask: () => Promise<TransactionReceipt | null>,
    confirmations: number,
    deadline: number,
  ): Promise<TransactionReceipt | null> {
    for (;;) {
      try {
        const receipt = await ask();
        if (receipt !== null && (await receipt.confirmations()) >= confirmations) return receipt;
      } catch (error) {
        if (systemCode(error) === 'CALL_EXCEPTION' || performance.now() > deadline) throw error;
      }
      if (performance.now() > deadline) return null;
      await sleep(this.node.pollingInterval);
    }
  }
}
