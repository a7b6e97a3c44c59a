import { status } from '@grpc/grpc-js';
import { StatusError } from '../../loopp/wire/grpc.ts';
import type { Call } from '../../src/contract/call.ts';
import type { Blocks, ExternalAdapter, ExternalAdapterPayload } from '../../src/contract/external-adapter.ts';

/** The pairs of docs/spec/por-plugin.md's known-good example, one selector above 2^63. */
export const PAYLOAD: ExternalAdapterPayload = {
  mintables: new Map([
    [16015286601757825753n, { block: 40n, mintable: 10n }],
    [729797994450396300n, { block: 5n, mintable: 25n }],
  ]),
  reserveInfo: { reserveAmount: 1000n, timestampNs: 1_756_000_000_123_456_789n },
  latestBlocks: new Map([
    [16015286601757825753n, 41n],
    [729797994450396300n, 6n],
  ]),
};

export interface Asked {
  readonly blocks: Blocks;
  /** As it was when the call came. */
  readonly deadline: Date | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** An external adapter in this process that keeps what it was asked. */
export class FakeAdapter implements ExternalAdapter {
  readonly asked: Asked[] = [];
  /** What it does for a call. */
  answer: () => Promise<ExternalAdapterPayload> = () => Promise.resolve(PAYLOAD);

  getPayload(blocks: Blocks, call?: Call): Promise<ExternalAdapterPayload> {
    if (call === undefined) throw new Error('expected a call that the payload is for, got none');
    const { deadline, metadata, signal } = call;
    this.asked.push({ blocks, deadline, metadata, signal });
    return this.answer();
  }
}

export const never = (): Promise<never> => new Promise(() => undefined);

/** Thrown by a handler it becomes any status, also those that no handler of ours may answer. */
export function rawStatus(code: status): StatusError {
  return Object.assign(new StatusError(status.UNKNOWN, 'gone'), { status: code });
}
