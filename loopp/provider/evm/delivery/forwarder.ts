import { hexlify } from 'ethers';
import type { Log, Provider } from 'ethers';
import type { ReportMetadata } from '../../../../src/codec/dfcache.ts';
import { FORWARDER } from './abi.ts';
import { callContract, contractAt, numberIn, textIn } from './contract.ts';
import type { ContractAt, Named } from './contract.ts';
import type { Deadline } from './deadline.ts';

/** What a forwarder is sent. */
export interface ForwarderReport {
  /** The contract that is to get the report. */
  readonly receiver: string;
  /** Metadata and body. */
  readonly rawReport: Uint8Array;
  /** 96 bytes. */
  readonly reportContext: Uint8Array;
  /** Exactly f + 1. */
  readonly signatures: readonly Uint8Array[];
}

/** Arguments of `KeystoneForwarder.report`. */
export const reportArguments = (report: ForwarderReport): readonly unknown[] => [
  report.receiver,
  hexlify(report.rawReport),
  hexlify(report.reportContext),
  report.signatures.map((signature) => hexlify(signature)),
];

/** In the order of the contract's enumeration. */
const STATES = ['notAttempted', 'succeeded', 'invalidReceiver', 'failed'] as const;

/** How far a report got: forwarders remember each by receiver, execution id and report id. */
export interface TransmissionInfo {
  /** `failed`: the receiver reverted or ran out of gas; the report may be sent again. */
  readonly state: (typeof STATES)[number];
  /** Who sent it last, or the zero address. */
  readonly transmitter: string;
}

const HINTS = {
  InvalidConfig:
    'configId is the DON id times 2^32 plus the configuration version: set its signers in the forwarder',
  InvalidSignatureCount: 'f has to be the one that the forwarder has for this DON',
  InvalidSigner: 'set the signers of this DON and configuration version in the forwarder',
  InsufficientGasForRouting: 'raise the gas limit',
} as const;

export function forwarderAt(address: string): ContractAt {
  return contractAt('Keystone Forwarder', address, FORWARDER, HINTS);
}

/** Rejects with a `DeliveryError`. */
export async function transmissionInfo(
  provider: Provider,
  forwarder: ContractAt,
  receiver: string,
  { executionId, reportId }: ReportMetadata,
  deadline: Deadline,
): Promise<TransmissionInfo> {
  const args = [receiver, `0x${executionId}`, `0x${reportId}`];
  const call = { what: 'the state of the transmission', name: 'getTransmissionInfo', args };
  const { info } = (await callContract(provider, forwarder, call, deadline)) as { info: Named };
  const state = STATES[Number(numberIn(info, 'state'))];
  return { state: state ?? 'notAttempted', transmitter: textIn(info, 'transmitter') };
}

/** Whether the receiver took the report, as the forwarder logged it; undefined when it logged nothing. */
export function receiverTookReport({ address, abi }: ContractAt, logs: readonly Log[]): boolean | undefined {
  for (const log of logs) {
    const event = log.address === address ? abi.parseLog(log) : null;
    if (event?.name === 'ReportProcessed') return event.args.toObject()['result'] === true;
  }
  return undefined;
}
