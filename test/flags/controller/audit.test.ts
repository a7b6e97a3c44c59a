import { mkdtemp, readFile, rm, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuditLog } from '../../../src/flags/controller/audit.ts';
import type { AuditEntry } from '../../../src/flags/controller/audit.ts';

const PLACE = { name: 'flag', project: 'default', environment: 'development' };

let folder: string;
let path: string;
let audit: AuditLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  path = join(folder, 'in', 'audit.jsonl');
  audit = new AuditLog(path);
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (act: AuditEntry['act'], outcome: AuditEntry['outcome'], place = PLACE): AuditEntry => {
  return { act, outcome, place, because: ['why'] };
};

async function append(...entries: readonly AuditEntry[]): Promise<void> {
  for (const one of entries) await audit.append(one);
}

test('an act is a line with its time', async () => {
  await append(entry('promote', 'intended'), entry('promote', 'done'));
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    ['intended', 'done'].map((outcome) => ({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      act: 'promote',
      outcome,
      place: PLACE,
      because: ['why'],
    })),
  );
});

const count = async (): Promise<number> => (await audit.rollBacks(PLACE)).count;

describe('roll backs', () => {
  test('none without a log', async () => {
    expect(await audit.rollBacks(PLACE)).toEqual({ count: 0, lastAtMs: undefined });
  });

  test('are those that were done, and those that a crash left open', async () => {
    await append(entry('rollBack', 'intended'), entry('rollBack', 'done'));
    expect(await count()).toBe(1);
    await append(entry('rollBack', 'intended'), entry('rollBack', 'failed'));
    expect(await count()).toBe(1);
    await append(entry('promote', 'intended'), entry('promote', 'done'), entry('rollBack', 'intended'));
    expect(await count()).toBe(2);
    expect((await audit.rollBacks(PLACE)).lastAtMs).toBeLessThanOrEqual(Date.now());
  });

  test('of another flag are none of ours', async () => {
    await append(entry('rollBack', 'done', { ...PLACE, environment: 'production' }));
    expect(await count()).toBe(0);
  });

  test('are forgotten when somebody says so', async () => {
    await append(entry('rollBack', 'done'), entry('forgetRollBacks', 'done'));
    expect(await audit.rollBacks(PLACE)).toEqual({ count: 0, lastAtMs: undefined });
    await append(entry('rollBack', 'done'));
    expect(await count()).toBe(1);
  });

  test('count whatever else stands in the log', async () => {
    await append(entry('rollBack', 'done'));
    await appendFile(
      path,
      'null\n\n{"act":"rollBack"}\n{"at":"never"}\n{"at":"2026-01-01T00:00:00.000Z","act":"roll',
    );
    expect(await count()).toBe(1);
  });
});

test('a log that cannot be written or read is told', async () => {
  await writeFile(join(folder, 'in'), '');
  await expect(audit.append(entry('promote', 'done'))).rejects.toThrow(
    /audit\.jsonl: expected to append to the audit log there, got E/,
  );
  await expect(audit.rollBacks(PLACE)).rejects.toThrow(/audit\.jsonl: expected the audit log there, got E/);
});
