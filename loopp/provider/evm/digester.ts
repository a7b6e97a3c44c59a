import { AbiCoder, getBytes, keccak256 } from 'ethers';
import type { ContractConfig, OffchainConfigDigester } from '../../wire/provider-ports.ts';

/** How the digests of OCR3Capability begin. */
const PREFIX = 0x000e;
/** What it hashes: chain id and its own address, then the configuration. */
const DIGESTED = [
  'uint256',
  'address',
  'uint64',
  'bytes[]',
  'address[]',
  'uint8',
  'bytes',
  'uint64',
  'bytes',
] as const;

/** Digests as OCR3Capability 1.0.0 computes them. */
export const evmDigester = (chainId: bigint, contract: string): OffchainConfigDigester => ({
  configDigestPrefix: async () => PREFIX,
  configDigest: async (config: ContractConfig) => {
    const digest = getBytes(
      keccak256(
        AbiCoder.defaultAbiCoder().encode(DIGESTED, [
          chainId,
          contract,
          config.configCount,
          config.signers,
          config.transmitters,
          config.f,
          config.onchainConfig,
          config.offchainConfigVersion,
          config.offchainConfig,
        ]),
      ),
    );
    new DataView(digest.buffer, digest.byteOffset).setUint16(0, PREFIX);
    return digest;
  },
});
