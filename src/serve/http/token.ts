import { hash, timingSafeEqual } from 'node:crypto';

/** `other`: it is there and not ours. */
export type TokenCheck = 'right' | 'missing' | 'other';

/**
 * Compares the bearer token of a request (RFC 6750) with the service's. Digests have one length, and comparing them takes
 * as long whatever differs: the time says nothing of the token.
 */
export function checkToken(authorization: string | undefined, token: string): TokenCheck {
  const [, came] = /^Bearer +(.+)$/i.exec(authorization ?? '') ?? [];
  if (came === undefined) return 'missing';
  return timingSafeEqual(digest(came), digest(token)) ? 'right' : 'other';
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
