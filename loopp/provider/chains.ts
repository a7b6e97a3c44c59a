import { status } from '@grpc/grpc-js';
import { StatusError } from '../wire/grpc.ts';
import type { ContractReader, SecureMintProvider } from '../wire/provider-ports.ts';
import { LATEST_TRANSMISSION, unpackQuery } from '../wire/provider-transmission.ts';

/**
 * One reader over those of several chains, by chain selector: a Secure Mint plugin reports to many chains and gets one
 * provider, while a relayer has one chain.
 */
export const readerOfChains = (readers: ReadonlyMap<bigint, ContractReader>): ContractReader => ({
  getLatestValue: async (read, call) => {
    if (read.readIdentifier !== LATEST_TRANSMISSION) {
      throw new StatusError(
        status.INVALID_ARGUMENT,
        `read identifier: expected "${LATEST_TRANSMISSION}", got "${read.readIdentifier}"`,
      );
    }
    const selector = unpackQuery(read.params);
    const reader = readers.get(selector);
    if (reader !== undefined) return reader.getLatestValue(read, call);
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `chain selector: expected one of ${[...readers.keys()].join(', ')}, got ${String(selector)}`,
    );
  },
});

/** The provider of the chain that the protocol is configured on, with the readers of all chains it reports to. */
export const providerOfChains = (
  protocol: SecureMintProvider,
  readers: ReadonlyMap<bigint, ContractReader>,
): SecureMintProvider => ({
  start: () => protocol.start(),
  ready: () => protocol.ready(),
  healthReport: () => protocol.healthReport(),
  close: () => protocol.close(),
  offchainConfigDigester: protocol.offchainConfigDigester,
  contractConfigTracker: protocol.contractConfigTracker,
  contractTransmitter: protocol.contractTransmitter,
  ocr3ContractTransmitter: protocol.ocr3ContractTransmitter,
  contractReader: readerOfChains(readers),
});
