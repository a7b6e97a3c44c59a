import { status } from '@grpc/grpc-js';
import type { Client } from '@grpc/grpc-js';
import type { Call } from '../../../src/contract/call.ts';
import type { ExternalAdapter } from '../../../src/contract/external-adapter.ts';
import type {
  LatestTransmissionReader,
  TransmittedReportDetails,
} from '../../../src/contract/transmission.ts';
import { messageOf } from '../../../src/errors.ts';
import type { Broker } from '../../wire/broker.ts';
import { asServiceError, onceGone } from '../../wire/grpc.ts';
import { callerOf } from '../../wire/provider-caller.ts';
import { remoteReader } from '../../wire/provider-client.ts';
import type { ContractReader } from '../../wire/provider-ports.ts';
import { LATEST_TRANSMISSION, packQuery, unpackDetails } from '../../wire/provider-transmission.ts';
import { RemoteExternalAdapter } from '../adapter.ts';

/** One read whose caller sets no earlier deadline. */
const READ_TIMEOUT_MS = 5000;
/** Largest message that is accepted from a provider. */
const RECEIVE_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Dials the provider that the host serves under that number, which has been announced or is within five seconds
 * (docs/spec/loopp-wire.md E.2). Rejects with upstream's words.
 */
export async function dialProvider(broker: Broker, id: number): Promise<ProviderConnection> {
  try {
    return new ProviderConnection(await broker.dial(id, RECEIVE_LIMIT_BYTES));
  } catch (error) {
    const what = `failed to dial SecureMintProvider client connection ${String(id)}`;
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The host's provider, on a connection that belongs to one factory: all that a reporting plugin sees of the chain, and of
 * the world outside.
 */
export class ProviderConnection implements LatestTransmissionReader {
  /** Served beside the provider's services; a provider without one has no mintables. */
  readonly adapter: ExternalAdapter;
  private readonly client: Client;
  private readonly reader: ContractReader;

  constructor(client: Client) {
    this.client = client;
    this.adapter = new RemoteExternalAdapter(client);
    this.reader = remoteReader(callerOf(client, READ_TIMEOUT_MS));
  }

  /**
   * What the chain has at its newest block. Rejects with the provider's text, never with its status: UNAVAILABLE and
   * CANCELLED would make a Go host ask for the factory again (docs/spec/loopp-wire.md C.6).
   */
  async latestTransmission(selector: bigint, call?: Call): Promise<TransmittedReportDetails | undefined> {
    const read = {
      readIdentifier: LATEST_TRANSMISSION,
      confidence: 'unconfirmed',
      params: packQuery(selector),
    } as const;
    try {
      return unpackDetails(await this.reader.getLatestValue(read, call));
    } catch (error) {
      const service = asServiceError(error);
      if (service?.code === status.NOT_FOUND) return undefined;
      throw new Error(service?.details ?? messageOf(error), { cause: error });
    }
  }

  /** Connects, and calls back once when the host's side cannot be reached any more. */
  onGone(gone: () => void): void {
    onceGone(this.client, gone);
  }

  close(): void {
    this.client.close();
  }
}
