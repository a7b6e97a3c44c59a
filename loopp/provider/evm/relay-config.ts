import { isAddress, isHexString } from 'ethers';
import { messageOf } from '../../../src/errors.ts';

/** What the relay config of a job says beside the protocol's contract. */
export interface EvmRelayConfig {
  /** Where the chain keeps what was transmitted. */
  readonly transmissions: TransmissionsConfig;
  /** How reports get there; undefined: nothing can be transmitted. */
  readonly delivery: DeliveryConfig | undefined;
}

export interface DeliveryConfig {
  /** A KeystoneForwarder. */
  readonly forwarder: string;
  /** As the forwarder has it for the DON. 1 to 10. */
  readonly f: number;
}

export type TransmissionsConfig =
  /** Data Feeds' cache, under one data id of 16 bytes. */
  | { readonly contract: 'DataFeedsCache'; readonly address: string; readonly dataId: string }
  /** A contract that keeps digest, sequence number and time itself. */
  | { readonly contract: 'SecureMint'; readonly address: string };

/** The arguments are none that a provider can be made of; the message names the member. */
export class RelayConfigError extends Error {
  override readonly name = 'RelayConfigError';

  constructor(member: string, expected: string, came: unknown) {
    super(`${member}: expected ${expected}, got ${JSON.stringify(came) ?? 'none'}`);
  }
}

type Members = Readonly<Record<string, unknown>>;

/** Throws `RelayConfigError`. */
export function parseRelayConfig(json: Uint8Array): EvmRelayConfig {
  const config = membersOf('relayConfig', parse(json));
  const transmissions = transmissionsOf(membersOf('relayConfig.transmissions', config['transmissions']));
  return { transmissions, delivery: deliveryOf(config['delivery'], transmissions) };
}

/** 31 oracles are the most that a forwarder knows. */
const MAX_F = 10;

function deliveryOf(value: unknown, { contract }: TransmissionsConfig): DeliveryConfig | undefined {
  if (value === undefined) return undefined;
  if (contract !== 'DataFeedsCache') {
    throw new RelayConfigError('relayConfig.delivery', 'none without a DataFeedsCache', value);
  }
  const { forwarder, f } = membersOf('relayConfig.delivery', value);
  if (typeof f !== 'number' || !Number.isInteger(f) || f < 1 || f > MAX_F) {
    throw new RelayConfigError('relayConfig.delivery.f', `a whole number from 1 to ${String(MAX_F)}`, f);
  }
  return { forwarder: addressOf('relayConfig.delivery.forwarder', forwarder), f };
}

function transmissionsOf({ contract, address, dataId }: Members): TransmissionsConfig {
  switch (contract) {
    case 'DataFeedsCache':
      return {
        contract,
        address: addressOf('relayConfig.transmissions.address', address),
        dataId: dataIdOf('relayConfig.transmissions.dataId', dataId),
      };
    case 'SecureMint':
      return { contract, address: addressOf('relayConfig.transmissions.address', address) };
    default:
      throw new RelayConfigError(
        'relayConfig.transmissions.contract',
        '"DataFeedsCache" or "SecureMint"',
        contract,
      );
  }
}

export function addressOf(member: string, value: unknown): string {
  if (typeof value === 'string' && isAddress(value)) return value;
  throw new RelayConfigError(member, 'an address, 20 bytes in hex', value);
}

const DATA_ID_LENGTH = 16;

function dataIdOf(member: string, value: unknown): string {
  const hex = typeof value === 'string' && !value.startsWith('0x') ? `0x${value}` : value;
  if (isHexString(hex, DATA_ID_LENGTH) && BigInt(hex) !== 0n) return hex;
  throw new RelayConfigError(member, '16 bytes in hex, not all zero', value);
}

function membersOf(member: string, value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new RelayConfigError(member, 'an object', value);
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (error) {
    throw new RelayConfigError('relayConfig', 'JSON', messageOf(error));
  }
}
