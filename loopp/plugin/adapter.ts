import type { Client } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';
import type { Blocks, ExternalAdapter, ExternalAdapterPayload } from '../../src/contract/external-adapter.ts';
import { messageOf } from '../../src/errors.ts';
import { asServiceError, callUnary, onceGone } from '../wire/grpc.ts';
import type { UnaryOptions } from '../wire/grpc.ts';
import { ExternalAdapterService } from '../wire/upstream-services.ts';
import { unpackPayload } from '../wire/upstream-values.ts';

/** The host's external adapter, on a connection that belongs to one factory. */
export class RemoteExternalAdapter implements ExternalAdapter {
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /**
   * Ends with `call`, whose deadline and metadata go along. Rejects with the host's text. Never with a status of its own:
   * UNAVAILABLE and CANCELLED would make a Go host ask for the factory again (docs/spec/loopp-wire.md C.6).
   */
  async getPayload(blocks: Blocks, call?: Call): Promise<ExternalAdapterPayload> {
    const { getPayload } = ExternalAdapterService;
    return unpackPayload(
      await callUnary(this.client, getPayload, { value: blocks }, optionsOf(call)).catch(fail),
    );
  }

  /** Connects, and calls back once when the host's side cannot be reached any more. */
  onGone(gone: () => void): void {
    onceGone(this.client, gone);
  }

  close(): void {
    this.client.close();
  }
}

function optionsOf(call: Call | undefined): UnaryOptions {
  if (call === undefined) return {};
  const { deadline, signal, metadata } = call;
  return deadline === undefined ? { signal, metadata } : { deadline, signal, metadata };
}

function fail(error: unknown): never {
  throw new Error(asServiceError(error)?.details ?? messageOf(error), { cause: error });
}
