import { hash } from 'node:crypto';
import { FingerprintTable } from './distinct.ts';
import type { PutResult } from './distinct.ts';

/** Remembers which round came under which id, in memory outside the JavaScript heap. */
export class Duplicates {
  private readonly table = new FingerprintTable();

  /** `same` and `different` are about the bytes that came under the id before. */
  put(id: string, digest: Uint8Array): PutResult {
    return this.table.put(hash('sha256', id, 'buffer'), digest);
  }
}

/** Ids that `RecentIds` remembers. */
const REMEMBERED = 10_000;

/**
 * `Duplicates` for a process that runs for months: an id that so many others followed is new again, and `same` and
 * `different` are about the bytes that came last under the id.
 */
export class RecentIds {
  /** Oldest first. */
  private readonly digests = new Map<string, string>();

  put(id: string, digest: Uint8Array): PutResult {
    const key = hash('sha256', id, 'base64');
    const now = Buffer.from(digest).toString('base64');
    const before = this.digests.get(key);
    if (before === now) return 'same';
    this.digests.set(key, now);
    if (before !== undefined) return 'different';
    const [oldest] = this.digests.size > REMEMBERED ? this.digests.keys() : [];
    if (oldest !== undefined) this.digests.delete(oldest);
    return 'new';
  }
}
