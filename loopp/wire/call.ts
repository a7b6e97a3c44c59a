import { Metadata } from '@grpc/grpc-js';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Call } from '../../src/contract/call.ts';

/**
 * What goes on from a call to the calls made for it: who asks, and the W3C trace (docs/spec/loopp-wire.md C.4). Go peers
 * log a name that has two values as critical.
 */
const PASSED_ON = [
  'x-chainlink-org',
  'x-chainlink-owner',
  'x-chainlink-workflow',
  'traceparent',
  'tracestate',
  'baggage',
] as const;

/** W3C lists: headers that come twice are one list. */
const LISTS: ReadonlySet<string> = new Set(['tracestate', 'baggage']);

/** One value of each name that is passed on: the first, or the whole list. Node joins headers that come twice by commas. */
export function passedOn(metadata: Metadata): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const name of PASSED_ON) {
    const [value] = metadata.get(name);
    if (value === undefined) continue;
    const text = String(value);
    values.set(name, LISTS.has(name) ? text : text.replace(/,.*/, ''));
  }
  return values;
}

/** The same for a call of our own; other names do not go. */
export function toMetadata(values: ReadonlyMap<string, string> = new Map()): Metadata {
  const metadata = new Metadata();
  for (const name of PASSED_ON) {
    const value = values.get(name);
    if (value !== undefined) metadata.set(name, value);
  }
  return metadata;
}

/** One unary call as its handler sees it. Made for every call, so each part is made when it is asked for. */
export class HandledCall implements Call {
  private readonly call: ServerUnaryCall<unknown, unknown>;
  private abort: AbortController | undefined;
  private answered = false;

  constructor(call: ServerUnaryCall<unknown, unknown>) {
    this.call = call;
  }

  get deadline(): Date | undefined {
    const deadline = this.call.getDeadline();
    if (deadline instanceof Date) return deadline;
    return deadline === Infinity ? undefined : new Date(deadline);
  }

  get signal(): AbortSignal {
    this.abort ??= this.watch();
    return this.abort.signal;
  }

  get metadata(): ReadonlyMap<string, string> {
    return passedOn(this.call.metadata);
  }

  /** The handler is done; grpc-js reports the end of every call as a cancellation. */
  settle(): void {
    this.answered = true;
  }

  private watch(): AbortController {
    const abort = new AbortController();
    const onCancelled = (): void => {
      if (!this.answered) abort.abort(new Error('the caller does not wait any more'));
    };
    if (this.call.cancelled) onCancelled();
    else this.call.once('cancelled', onCancelled);
    return abort;
  }
}
