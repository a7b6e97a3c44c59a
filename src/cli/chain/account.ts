import { setTimeout as sleep } from 'node:timers/promises';
import { TransmittingAccount } from '../../../loopp/provider/evm/account.ts';
import type { EvmRpcProvider } from '../../../loopp/provider/evm/rpc-provider.ts';
import { systemCode } from '../../errors.ts';

type Send = TransmittingAccount['sendTransaction'];
type Sent = Awaited<ReturnType<Send>>;
type Receipt = Awaited<ReturnType<Sent['wait']>>;

/**
 * An account whose node may fail at any moment. ethers leaves rejections unheard, which would end the process: of the
 * number of a transaction that cannot be made for another reason, and of what it asks for while it waits for a receipt.
 */
export class PatientAccount extends TransmittingAccount {
  private readonly node: EvmRpcProvider;
  private isNonceDoubted = false;

  constructor(privateKey: string, node: EvmRpcProvider) {
    super(privateKey, node);
    this.node = node;
  }

  /** The next transaction asks the chain for its number. */
  doubtNonce(): void {
    this.isNonceDoubted = true;
  }

  /** Transactions ask one after the other: no number is given up that is on its way. */
  override getNonce(block?: Parameters<TransmittingAccount['getNonce']>[0]): Promise<number> {
    if (this.isNonceDoubted) this.reset();
    this.isNonceDoubted = false;
    const nonce = super.getNonce(block);
    nonce.catch(() => undefined);
    return nonce;
  }

  override async sendTransaction(transaction: Parameters<Send>[0]): Promise<Sent> {
    const sent = await super.sendTransaction(transaction);
    // Without confirmations it asks once and waits for nothing.
    const ask = sent.wait.bind(sent);
    sent.wait = (confirmations = 1, timeoutMs = 0) =>
      this.receipt(() => ask(0), confirmations, performance.now() + timeoutMs);
    return sent;
  }

  /** Asks until the deadline, and at least once; a failing node is asked again. Rejects when the transaction failed. */
  private async receipt(
    ask: () => Promise<Receipt>,
    confirmations: number,
    deadline: number,
  ): Promise<Receipt> {
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
