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
