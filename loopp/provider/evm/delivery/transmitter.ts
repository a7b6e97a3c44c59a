import { isCallException } from 'ethers';
import type { Provider, Signer, TransactionReceipt, TransactionResponse } from 'ethers';
import { ReportFormatError, decodeMetadata } from '../../../../src/codec/dfcache.ts';
import type { ReportMetadata } from '../../../../src/codec/dfcache.ts';
import { AppError } from '../../../../src/errors.ts';
import { cacheAt, rowFates } from './cache.ts';
import type { RowFate } from './cache.ts';
import { callContract, chainError } from './contract.ts';
import type { ContractAt } from './contract.ts';
import { Deadline } from './deadline.ts';
import { DeliveryError } from './errors.ts';
import { forwarderAt, receiverTookReport, reportArguments, transmissionInfo } from './forwarder.ts';
import type { ForwarderReport } from './forwarder.ts';
import { DELIVERY_DEFAULTS } from './options.ts';
import type { DeliveryOptions } from './options.ts';
import { encodeReportContext } from './report-context.ts';
import type { ReportContext } from './report-context.ts';
import { chooseSignatures } from './signatures.ts';
import type { AttributedOnchainSignature } from './signatures.ts';
import { Turns } from './turns.ts';

/** Where reports go. */
export interface DeliveryTarget {
  /** The address of a `KeystoneForwarder`. */
  readonly forwarder: string;
  /** The address of a `DataFeedsCache`. */
  readonly cache: string;
  /** As the forwarder has it for the DON: it takes f + 1 signatures. */
  readonly f: number;
}

/** What became of a report. Transactions are named by their hashes. */
export type Delivery =
  /** The cache got it; each row has a fate of its own. */
  | { readonly kind: 'delivered'; readonly transaction: string; readonly rows: readonly RowFate[] }
  /** Somebody, perhaps another oracle, had brought it before; nothing was sent, or to no effect. */
  | { readonly kind: 'alreadyDelivered'; readonly transmitter: string }
  /** The forwarder took it, the cache reverted, and nothing is stored: it cannot read this report, or lacked gas. */
  | { readonly kind: 'receiverReverted'; readonly transaction: string }
  /** There is no cache at this address; the forwarder takes this report no more. */
  | { readonly kind: 'invalidReceiver' };

/** One report as OCR3 hands it to a contract transmitter. */
export interface AttestedReport extends ReportContext {
  /** Metadata and body: what was signed. */
  readonly report: Uint8Array;
  readonly signatures: readonly AttributedOnchainSignature[];
}

/** Brings reports through a forwarder into a cache. Calls may overlap; their transactions are sent one by one. */
export class DataFeedsTransmitter {
  private readonly forwarder: ContractAt;
  private readonly cache: ContractAt;
  private readonly f: number;
  private readonly signer: Signer;
  private readonly provider: Provider;
  private readonly options: DeliveryOptions;
  private readonly sending: Turns;

  /**
   * The signer pays: a plain wallet, connected to its chain, used by nobody else at the same time. Throws an `AppError`
   * for what is no address and for a signer without a chain.
   */
  constructor(target: DeliveryTarget, signer: Signer, options: Partial<DeliveryOptions> = {}) {
    if (signer.provider === null) {
      throw new AppError('USAGE', 'expected a signer that is connected to a chain, got one that is not');
    }
    this.forwarder = forwarderAt(target.forwarder);
    this.cache = cacheAt(target.cache);
    this.f = target.f;
    this.signer = signer;
    this.provider = signer.provider;
    this.options = { ...DELIVERY_DEFAULTS, ...options };
    this.sending = new Turns(this.options.maxPending);
  }

  /** The account that transactions come from. */
  fromAccount(): Promise<string> {
    return this.signer.getAddress();
  }

  /**
   * Delivers a report and waits until its transaction counts. Nothing is sent when the report is on chain already or
   * when the forwarder would refuse it. Rejects with a `DeliveryError`; after `timeout` the transaction may still come.
   */
  async transmit(attested: AttestedReport): Promise<Delivery> {
    const metadata = metadataOf(attested.report);
    const report: ForwarderReport = {
      receiver: this.cache.address,
      rawReport: attested.report,
      reportContext: encodeReportContext(attested),
      signatures: chooseSignatures(this.f, attested.signatures),
    };
    const deadline = new Deadline(this.options.timeoutMs);
    const before = await this.attempted(metadata, deadline);
    if (before !== undefined) return before;
    try {
      await this.rehearse(report, deadline);
      return await this.deliver(report, metadata, deadline);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.kind !== 'refused') throw error;
      // Another oracle may have been quicker. Whatever keeps this from being known, the first refusal says more.
      const meanwhile = await this.attempted(metadata, deadline).catch(() => undefined);
      if (meanwhile === undefined) throw error;
      return meanwhile;
    }
  }

  /** What became of the report before; undefined when it may be sent. */
  private async attempted(metadata: ReportMetadata, deadline: Deadline): Promise<Delivery | undefined> {
    const { address } = this.cache;
    const info = await transmissionInfo(this.provider, this.forwarder, address, metadata, deadline);
    if (info.state === 'succeeded') return { kind: 'alreadyDelivered', transmitter: info.transmitter };
    return info.state === 'invalidReceiver' ? { kind: 'invalidReceiver' } : undefined;
  }

  /** Has the forwarder check the report without a transaction: a refusal costs nothing and says why. */
  private async rehearse(report: ForwarderReport, deadline: Deadline): Promise<void> {
    const sender = { from: await this.fromAccount(), gasLimit: this.options.gasLimit };
    const call = { what: 'consent to the report', name: 'report', args: reportArguments(report), sender };
    await callContract(this.provider, this.forwarder, call, deadline);
  }

  private async deliver(
    report: ForwarderReport,
    metadata: ReportMetadata,
    deadline: Deadline,
  ): Promise<Delivery> {
    const sent = await this.sending.take(() => this.send(report, deadline));
    const { logs, hash } = await this.counted(sent, deadline);
    const took = receiverTookReport(this.forwarder, logs);
    if (took === true) return { kind: 'delivered', transaction: hash, rows: rowFates(this.cache, logs) };
    return (await this.attempted(metadata, deadline)) ?? { kind: 'receiverReverted', transaction: hash };
  }

  private async send(report: ForwarderReport, deadline: Deadline): Promise<TransactionResponse> {
    const { address, abi } = this.forwarder;
    const data = abi.encodeFunctionData('report', reportArguments(report));
    const { gasLimit } = this.options;
    const what = 'a transaction';
    try {
      return await deadline.race(what, () => this.signer.sendTransaction({ to: address, data, gasLimit }));
    } catch (error) {
      throw chainError(what, error);
    }
  }

  /** The receipt, once there are as many confirmations as asked for. */
  private async counted(sent: TransactionResponse, deadline: Deadline): Promise<TransactionReceipt> {
    const what = `transaction ${sent.hash} in a block`;
    const { confirmations, timeoutMs } = this.options;
    try {
      const receipt = await deadline.race(what, () => sent.wait(confirmations, timeoutMs));
      if (receipt !== null) return receipt;
      throw new DeliveryError('unavailable', `expected ${what}, got no receipt`);
    } catch (error) {
      if (!isCallException(error)) throw chainError(what, error);
      const { name, address } = this.forwarder;
      const text =
        `expected the ${name} at ${address} to take the report as it said, ` +
        `got transaction ${sent.hash}, which failed; its signers or its gas may have changed`;
      throw new DeliveryError('refused', text, { cause: error });
    }
  }
}

function metadataOf(report: Uint8Array): ReportMetadata {
  try {
    return decodeMetadata(report);
  } catch (error) {
    if (!(error instanceof ReportFormatError)) throw error;
    throw new DeliveryError('report', `the report cannot be read: ${error.message}`, { cause: error });
  }
}
