import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Longest socket path in bytes. libuv cuts longer ones without an error, so that the peer would look elsewhere
 * (docs/spec/loopp-wire.md X.1).
 */
const MAX_SOCKET_PATH_BYTES = 107;

/** What the folder of one launch is called, before its random letters. */
const FOLDER_PREFIX = 'smls-';

/** The unix sockets of one process: in one folder, readable by their owner only, all removed by `removeAll`. */
export class SocketFolder {
  readonly path: string;
  private readonly owned: boolean;
  private readonly sockets = new Set<string>();

  /** In `path`, which somebody else made and removes; without it in a new folder of mode 0700. */
  constructor(path?: string) {
    this.owned = path === undefined;
    this.path = path ?? mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  }

  /**
   * A path that nothing listens on yet, random as go-plugin's (docs/spec/loopp-wire.md C.3): a process that was killed
   * leaves its sockets, and a later one may have its number. Throws when it would be too long to bind.
   */
  reserve(): string {
    const socket = join(this.path, `plugin${randomBytes(6).toString('hex')}`);
    const length = Buffer.byteLength(socket);
    if (length > MAX_SOCKET_PATH_BYTES) {
      throw new Error(
        `the socket path ${socket} has ${String(length)} bytes, expected at most ` +
          `${String(MAX_SOCKET_PATH_BYTES)}: set TMPDIR or PLUGIN_UNIX_SOCKET_DIR to a shorter folder`,
      );
    }
    this.sockets.add(socket);
    return socket;
  }

  /** Takes the socket away from group and others; call it once the socket is bound. */
  protect(socket: string): void {
    chmodSync(socket, 0o600);
  }

  remove(socket: string): void {
    this.sockets.delete(socket);
    unlink(socket);
  }

  /** Synchronous on purpose: a host may kill the process milliseconds after it asked it to shut down (A.7). */
  removeAll(): void {
    for (const socket of this.sockets) unlink(socket);
    this.sockets.clear();
    if (this.owned) removeFolder(this.path);
  }

  /** `removeAll` for a plugin whose host is gone: a folder that the host made for this launch is removed too, once empty. */
  abandon(): void {
    this.removeAll();
    if (!basename(this.path).startsWith(FOLDER_PREFIX)) return;
    try {
      rmdirSync(this.path);
    } catch {
      // It is gone, or somebody else still uses it.
    }
  }
}

function unlink(socket: string): void {
  try {
    unlinkSync(socket);
  } catch {
    // Whoever listened there has already removed it.
  }
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Somebody made it unremovable; that is no reason to fail what is being cleaned up for.
  }
}
