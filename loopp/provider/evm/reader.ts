import { status } from '@grpc/grpc-js';
import type { Call } from '../../../src/contract/call.ts';
import { StatusError } from '../../wire/grpc.ts';
import type { Confidence, ContractRead, ContractReader, Value } from '../../wire/provider-ports.ts';
import { LATEST_TRANSMISSION, packDetails, unpackQuery } from '../../wire/provider-transmission.ts';
import type { EvmChain } from './chain.ts';
import type { ProtocolContract } from './protocol-contract.ts';
import type { TransmissionsOnChain } from './transmissions.ts';

const NO_DIGEST = new Uint8Array();

/** Reads what the chain has of the DON's reports; the only read there is. */
export class EvmContractReader implements ContractReader {
  private readonly chain: EvmChain;
  private readonly protocol: ProtocolContract;
  private readonly transmissions: TransmissionsOnChain;

  constructor(chain: EvmChain, protocol: ProtocolContract, transmissions: TransmissionsOnChain) {
    this.chain = chain;
    this.protocol = protocol;
    this.transmissions = transmissions;
  }

  async getLatestValue({ readIdentifier, confidence, params }: ContractRead, call?: Call): Promise<Value> {
    if (readIdentifier !== LATEST_TRANSMISSION) {
      throw new StatusError(
        status.INVALID_ARGUMENT,
        `read identifier: expected "${LATEST_TRANSMISSION}", got "${readIdentifier}"`,
      );
    }
    const { chainSelector } = this.chain.options;
    const selector = unpackQuery(params);
    if (selector !== chainSelector) {
      throw new StatusError(
        status.INVALID_ARGUMENT,
        `chain selector: expected ${String(chainSelector)}, the chain of this relayer, got ${String(selector)}`,
      );
    }
    return this.latestTransmission(confidence, call);
  }

  private async latestTransmission(confidence: Confidence, call?: Call): Promise<Value> {
    const { contract, args, keepsDigest, details } = this.transmissions;
    const [answer, protocol] = await Promise.all([
      this.chain.read(contract, args, confidence, call),
      keepsDigest ? undefined : this.protocol.latestAt(confidence, call),
    ]);
    const latest = details(answer, protocol?.configDigest ?? NO_DIGEST);
    // Upstream's ErrNotFound.
    if (latest === undefined) throw new StatusError(status.NOT_FOUND, 'not found');
    return packDetails(latest);
  }
}
