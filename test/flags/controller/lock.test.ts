import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockFile } from '../../../src/flags/controller/lock.ts';
import { AppError } from '../../../src/errors.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(folder, 'in', 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

async function refusal(): Promise<string> {
  const error: unknown = await LockFile.take(path).catch((cause: unknown) => cause);
  if (!(error instanceof AppError)) throw new Error('expected a refusal');
  expect(error.exitCode).toBe(3);
  return error.message.replaceAll(folder, 'FOLDER');
}

/** Takes a lock first, so that the folder is there. */
async function leave(holder: object | string): Promise<void> {
  await (await LockFile.take(path)).release();
  await writeFile(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
}

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return child.pid ?? 0;
}

test('one at a time; released, it is gone', async () => {
  const lock = await LockFile.take(path);
  expect(await lock.isHeld()).toBe(true);
  expect(await refusal()).toBe(
    `FOLDER/in/lock: expected one controller, got another that runs in process ${String(process.pid)} on ${hostname()}; stop it`,
  );
  await lock.release();
  expect(await readdir(join(folder, 'in'))).toEqual([]);
  expect(await lock.isHeld()).toBe(false);
});

test('of many that ask at once one gets it', async () => {
  const taken = await Promise.allSettled(Array.from({ length: 20 }, () => LockFile.take(path)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(join(folder, 'in'))).toEqual(['lock']);
});

describe('what a process has left that is gone', () => {
  test('is taken over', async () => {
    await leave({ pid: await pidOfTheDead(), host: hostname(), began: null, token: 'old' });
    const lock = await LockFile.take(path);
    expect(await lock.isHeld()).toBe(true);
    expect(await readdir(join(folder, 'in'))).toEqual(['lock']);
  });

  test('also when its id belongs to another process now', async () => {
    await leave({ pid: process.pid, host: hostname(), began: '1', token: 'old' });
    expect(await (await LockFile.take(path)).isHeld()).toBe(true);
  });

  test('by one of many', async () => {
    await leave({ pid: await pidOfTheDead(), host: hostname(), began: null, token: 'old' });
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => LockFile.take(path)));
    const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const held = await Promise.all(locks.map((lock) => lock.isHeld()));
    expect(held.filter(Boolean)).toHaveLength(1);
  });
});

describe('refused', () => {
  test('the lock of another machine', async () => {
    await leave({ pid: 1, host: 'elsewhere', began: null, token: 'x' });
    expect(await refusal()).toBe(
      'FOLDER/in/lock: expected one controller, got another in process 1 on elsewhere; stop it there',
    );
  });

  test.each(['', 'text', 'null', '{}', '{"pid":0,"host":"h","token":"t"}'])(
    'another file: %j',
    async (content) => {
      await leave(content);
      expect(await refusal()).toBe(
        'FOLDER/in/lock: expected the lock of a controller, got another file; remove it',
      );
      expect(await readFile(path, 'utf8')).toBe(content);
    },
  );

  test('a folder that cannot be made', async () => {
    await writeFile(join(folder, 'in'), '');
    expect(await refusal()).toMatch(/^FOLDER\/in\/lock: expected to make the lock there, got E/);
  });
});

test('a lock that somebody took away is not released', async () => {
  const lock = await LockFile.take(path);
  await writeFile(path, 'another');
  expect(await lock.isHeld()).toBe(false);
  await lock.release();
  expect(await readFile(path, 'utf8')).toBe('another');
});
