import { status } from '@grpc/grpc-js';
import type { Call } from '../../../src/contract/call.ts';
import type { ReportWithInfo } from '../../../src/contract/reporting-plugin.ts';
import { StatusError } from '../../wire/grpc.ts';
import type {
  AttributedSignature,
  ContractTransmitter,
  Ocr3ContractTransmitter,
} from '../../wire/provider-ports.ts';
import type { TransmittingAccount } from './account.ts';
import { DataFeedsTransmitter } from './delivery/transmitter.ts';
import type { Delivery } from './delivery/transmitter.ts';
import type { ProtocolContract } from './protocol-contract.ts';
import type { EvmRelayConfig } from './relay-config.ts';

/** Brings OCR3's reports through the forwarder into the cache, as far as there is an account and a way. */
export class EvmOcr3Transmitter implements Ocr3ContractTransmitter {
  private readonly account: TransmittingAccount | undefined;
  private readonly transmitter: DataFeedsTransmitter | undefined;

  constructor({ transmissions, delivery }: EvmRelayConfig, account: TransmittingAccount | undefined) {
    this.account = account;
    if (account !== undefined && delivery !== undefined) {
      const target = { ...delivery, cache: transmissions.address };
      this.transmitter = new DataFeedsTransmitter(target, account);
    }
  }

  /** Rejects with `DeliveryError`, and when the report is on chain and not in the cache. */
  async transmit(
    configDigest: Uint8Array,
    seqNr: bigint,
    { report }: ReportWithInfo,
    signatures: readonly AttributedSignature[],
    call?: Call,
  ): Promise<void> {
    if (this.transmitter === undefined) throw cannotTransmit(this.account === undefined);
    // What nobody waits for any more is not sent; a transaction that is on its way cannot be taken back.
    call?.signal.throwIfAborted();
    checkDelivery(await this.transmitter.transmit({ configDigest, seqNr, report, signatures }));
  }

  async fromAccount(): Promise<string> {
    if (this.account === undefined) throw cannotTransmit(true);
    return this.account.address;
  }
}

/** OCR2's side of a provider whose reports are OCR3's: it knows the configuration and transmits nothing. */
export const ocr2Transmitter = (
  ocr3: Ocr3ContractTransmitter,
  protocol: ProtocolContract,
): ContractTransmitter => ({
  transmit: () =>
    Promise.reject(
      new StatusError(status.UNIMPLEMENTED, 'this provider transmits reports of OCR3, not of OCR2'),
    ),
  /** The contract keeps no epochs: those of its configuration begin with 0. */
  latestConfigDigestAndEpoch: async (call) => {
    const { configDigest } = await protocol.latestConfigDetails(call);
    return { configDigest, epoch: 0 };
  },
  fromAccount: (call) => ocr3.fromAccount(call),
});

/** A report that the chain has, or something newer, needs nothing more. */
function checkDelivery(delivery: Delivery): void {
  switch (delivery.kind) {
    case 'alreadyDelivered':
      return;
    case 'delivered': {
      const refused = delivery.rows.find(({ kind }) => kind === 'notPermitted');
      if (refused === undefined) return;
      const dataId = Buffer.from(refused.dataId).toString('hex');
      throw new Error(
        `transaction ${delivery.transaction}: the cache lets this workflow not write feed ${dataId}`,
      );
    }
    case 'receiverReverted':
      throw new Error(`transaction ${delivery.transaction}: the cache reverted, so nothing is stored`);
    case 'invalidReceiver':
      throw new Error('there is no cache at the address of the relay config, so nothing is stored');
  }
}

const cannotTransmit = (noAccount: boolean): StatusError =>
  new StatusError(
    status.FAILED_PRECONDITION,
    noAccount
      ? 'this relayer has no private key, so it transmits nothing'
      : 'relayConfig.delivery: expected a forwarder and f, got none, so nothing is transmitted',
  );
