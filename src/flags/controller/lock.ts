import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { AppError, messageOf, systemCode } from '../../errors.ts';

/** Who holds a lock; the file's content. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the kernel counts; null where it does not tell. An id alone comes again. */
  readonly began: string | null;
  readonly token: string;
}

/** So often a stale lock is taken away before somebody else must be doing the same. */
const ATTEMPTS = 5;

/** A file that one process holds at a time. */
export class LockFile {
  private readonly path: string;
  private readonly content: string;

  private constructor(path: string, content: string) {
    this.path = path;
    this.content = content;
  }

  /** Takes over what a process that is gone has left. Rejects with `AppError` OUTPUT when another one holds it. */
  static async take(path: string): Promise<LockFile> {
    const own = await describe(process.pid);
    const lock = new LockFile(path, JSON.stringify(own));
    try {
      await mkdir(dirname(path), { recursive: true });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await lock.create()) return lock;
        const found = await contentOf(path);
        if (found !== undefined) await refuseUnlessStale(path, found);
        if (found !== undefined) await removeStale(path, found);
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      const expected = `${path}: expected to make the lock there`;
      throw new AppError('OUTPUT', `${expected}, got ${messageOf(error)}`, { cause: error });
    }
    throw new AppError('OUTPUT', `${path}: expected to take the lock, got others that take it, too`);
  }

  /** Nobody else has taken the file away. */
  async isHeld(): Promise<boolean> {
    return (await contentOf(this.path)) === this.content;
  }

  async release(): Promise<void> {
    if (await this.isHeld()) await rm(this.path, { force: true });
  }

  /** The file comes into being with its content: nobody reads half of it. */
  private async create(): Promise<boolean> {
    const draft = `${this.path}.${randomUUID()}`;
    await writeFile(draft, this.content, { flag: 'wx' });
    try {
      await link(draft, this.path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }
}

async function describe(pid: number): Promise<Holder> {
  return { pid, host: hostname(), began: await beganAt(pid), token: randomUUID() };
}

/** Field 22 of proc(5) stat, after the name, which may hold anything. */
async function beganAt(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  return stat?.split(')').at(-1)?.trim().split(' ')[19] ?? null;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function refuseUnlessStale(path: string, content: string): Promise<void> {
  const holder = holderOf(content);
  if (holder === undefined) {
    throw new AppError('OUTPUT', `${path}: expected the lock of a controller, got another file; remove it`);
  }
  const { pid, host } = holder;
  const who = `process ${String(pid)} on ${host}`;
  if (host !== hostname()) {
    throw new AppError('OUTPUT', `${path}: expected one controller, got another in ${who}; stop it there`);
  }
  if (await isAlive(holder)) {
    throw new AppError(
      'OUTPUT',
      `${path}: expected one controller, got another that runs in ${who}; stop it`,
    );
  }
}

function holderOf(content: string): Holder | undefined {
  try {
    const { pid, host, began, token } = JSON.parse(content) as Partial<Holder>;
    if (!Number.isSafeInteger(pid) || pid === undefined || pid <= 0) return undefined;
    if (typeof host !== 'string' || typeof token !== 'string') return undefined;
    return { pid, host, token, began: typeof began === 'string' ? began : null };
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, began }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    if (systemCode(error) !== 'EPERM') return false;
  }
  const now = await beganAt(pid);
  return began === null || now === null || now === began;
}

/** Two may find the same stale lock, and the slower one takes away what the faster one has made since: it gives it back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await contentOf(aside)) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
