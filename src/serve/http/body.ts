import type { IncomingMessage } from 'node:http';

/** What all requests in progress may hold together. */
export class BodyBudget {
  private left: number;

  /** `limitBytes`: of bodies, as they come. */
  constructor(limitBytes: number) {
    this.left = limitBytes;
  }

  /** A request's part of it: nothing at first. */
  open(): BodyClaim {
    return new BodyClaim((bytes) => {
      if (bytes > this.left) return false;
      this.left -= bytes;
      return true;
    });
  }
}

/** What one request holds of the budget. */
export class BodyClaim {
  private readonly take: (bytes: number) => boolean;
  private held = 0;

  constructor(take: (bytes: number) => boolean) {
    this.take = take;
  }

  /** False when the budget is used up; nothing is taken then. */
  grow(bytes: number): boolean {
    if (!this.take(bytes)) return false;
    this.held += bytes;
    return true;
  }

  /** Gives everything back. Idempotent. */
  release(): void {
    this.take(-this.held);
    this.held = 0;
  }
}

/** `too large`: more than the limit. `no room`: the budget is used up. `gone`: the client left before the end. */
export type BodyRead =
  { readonly kind: 'whole'; readonly bytes: Buffer } | { readonly kind: 'too large' | 'no room' | 'gone' };

/** Reads a body to its end, or as far as the limit: what comes after that is left unread. Never rejects. */
export function readBody(request: IncomingMessage, limitBytes: number, claim: BodyClaim): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (read: BodyRead): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone);
      if (read.kind !== 'whole') request.pause();
      resolve(read);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) finish({ kind: 'too large' });
      else if (!claim.grow(chunk.length)) finish({ kind: 'no room' });
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish({ kind: 'whole', bytes: Buffer.concat(chunks, size) });
    const onGone = (): void => finish({ kind: 'gone' });
    request.on('data', onData).on('end', onEnd).on('close', onGone);
    // A client that leaves in the middle is an error as well; `close` follows.
    request.on('error', () => undefined);
  });
}
