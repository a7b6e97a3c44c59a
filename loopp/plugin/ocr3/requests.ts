import { Id } from '../../../src/codec/capability.ts';
import type { Value } from '../../../src/codec/values.ts';
import { encodeValueList } from '../../../src/codec/values-encode.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './limits.ts';

/** What this oracle was asked to bring into a round. */
export interface PendingRequest {
  readonly id: Id;
  readonly observations: readonly Value[];
}

/** The request cannot be taken; the message says why. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly kind: 'invalid' | 'full';

  constructor(kind: 'invalid' | 'full', message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Entry extends PendingRequest {
  readonly since: number;
}

const DEFAULT_CAPACITY = 1000;

/**
 * Requests that wait for a report, by workflow execution id, oldest first. One leaves when a report of it was accepted
 * or when it is older than the time-out.
 */
export class PendingRequests {
  /** Milliseconds; the newest plugin's offchain config says it. */
  timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS;
  private readonly nowMs: () => number;
  private readonly capacity: number;
  private readonly entries = new Map<string, Entry>();

  /** `nowMs` is a clock that never goes back. */
  constructor(nowMs: () => number, capacity = DEFAULT_CAPACITY) {
    this.nowMs = nowMs;
    this.capacity = capacity;
  }

  /** Throws `RequestError`. The same request again changes nothing; its age counts from the first time. */
  add(request: PendingRequest): void {
    const { workflowExecutionId, workflowId } = request.id;
    if (workflowExecutionId === '') throw invalid('id.workflowExecutionId: expected a text, got none');
    if (workflowId === '') throw invalid('id.workflowId: expected a text, got none');
    this.expire();
    const before = this.entries.get(workflowExecutionId);
    if (before !== undefined) {
      if (sameRequest(before, request)) return;
      throw invalid(`execution "${workflowExecutionId}" already waits with other contents`);
    }
    if (this.entries.size >= this.capacity) {
      throw new RequestError('full', `${String(this.entries.size)} requests wait already`);
    }
    this.entries.set(workflowExecutionId, { ...request, since: this.nowMs() });
  }

  pending(): readonly PendingRequest[] {
    this.expire();
    return [...this.entries.values()];
  }

  get(workflowExecutionId: string): PendingRequest | undefined {
    this.expire();
    return this.entries.get(workflowExecutionId);
  }

  /** The execution has its report. */
  settle(workflowExecutionId: string): void {
    this.entries.delete(workflowExecutionId);
  }

  private expire(): void {
    const oldest = this.nowMs() - this.timeoutMs;
    for (const [executionId, { since }] of this.entries) {
      if (since < oldest) this.entries.delete(executionId);
    }
  }
}

const invalid = (message: string): RequestError => new RequestError('invalid', message);

function sameRequest(a: PendingRequest, b: PendingRequest): boolean {
  return (
    sameId(a.id, b.id) &&
    Buffer.compare(encodeValueList(a.observations), encodeValueList(b.observations)) === 0
  );
}

/** Whether two ids agree in every field. */
export function sameId(a: Id, b: Id): boolean {
  return Buffer.compare(Id.encode(a), Id.encode(b)) === 0;
}
