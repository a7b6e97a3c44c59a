import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Judgement } from '../../src/contract/judgement.ts';
import { JournalWriter } from '../../src/serve/journal-writer.ts';
import type { JournalFile, WaitingLimits } from '../../src/serve/journal-writer.ts';
import { judgementBytes } from '../../src/serve/judgement-size.ts';
import { judgementOf, roundOf } from '../harness/fakes.ts';
import { MemoryLog } from './fixture.ts';

/** A disk that can be full or hang. */
class Disk {
  readonly files: string[][] = [];
  readonly calls: string[] = [];
  problem: string | undefined;
  hangs = false;

  readonly open = async (): Promise<JournalFile> => {
    await this.work('open');
    const lines: string[] = [];
    this.files.push(lines);
    return {
      append: async ({ round }: Judgement) => {
        await this.work('append');
        lines.push(round.id);
      },
      flush: () => this.work('flush'),
      sync: () => this.work('sync'),
      close: () => this.work('close'),
    };
  };

  private async work(call: string): Promise<void> {
    this.calls.push(call);
    if (this.hangs) await new Promise(() => undefined);
    if (this.problem !== undefined) throw new Error(this.problem);
  }
}

let disk: Disk;
let logged: MemoryLog;
beforeEach(() => {
  vi.useFakeTimers();
  disk = new Disk();
  logged = new MemoryLog();
});
afterEach(() => {
  vi.useRealTimers();
});

const writing = (limits?: WaitingLimits): JournalWriter => new JournalWriter(disk.open, logged.log, limits);
const judgement = (number: number): Judgement => judgementOf({ round: roundOf(number) });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('a journal', () => {
  test('has every verdict in order, and is made durable', async () => {
    const journal = writing();
    for (let number = 1; number <= 3; number++) journal.append(judgement(number));
    await pass(0);
    expect(disk.files).toEqual([['round-1', 'round-2', 'round-3']]);
    expect(journal.status()).toEqual({
      state: 'open',
      written: 3,
      waiting: 0,
      dropped: 0,
      problem: undefined,
    });
    await pass(1000);
    expect(disk.calls.filter((call) => call === 'flush')).toHaveLength(4);
    expect(disk.calls.filter((call) => call === 'sync')).toHaveLength(1);
    await journal.close(1000);
    expect(disk.calls.at(-1)).toBe('close');
    expect(journal.status().state).toBe('closed');
  });

  test('on a disk that fails goes on in another file once that works again', async () => {
    const journal = writing();
    journal.append(judgement(1));
    await pass(0);
    disk.problem = 'no space left';
    journal.append(judgement(2));
    await pass(0);
    expect(journal.status()).toMatchObject({ state: 'broken', problem: 'no space left', written: 1 });
    journal.append(judgement(3));
    await pass(6000);
    expect(journal.status()).toMatchObject({ state: 'broken', dropped: 1 });
    disk.problem = undefined;
    await pass(6000);
    journal.append(judgement(4));
    await pass(0);
    expect(disk.files).toEqual([['round-1'], ['round-4']]);
    expect(journal.status()).toMatchObject({ state: 'open', problem: undefined, waiting: 0 });
    expect(logged.lines).toEqual(['error: the journal cannot be written problem=no space left']);
  });

  test('on a disk that hangs holds what it may and drops the rest', async () => {
    const journal = writing({ judgements: 2, bytes: 1e6 });
    await pass(0);
    disk.hangs = true;
    for (let number = 1; number <= 5; number++) journal.append(judgement(number));
    await pass(10_000);
    expect(journal.status()).toMatchObject({ waiting: 2, dropped: 3, written: 0 });
    // One step at a time reaches the disk.
    expect(disk.calls).toEqual(['open', 'append']);
    expect(logged.lines).toEqual([
      'warn: the journal cannot be written as fast as rounds come: some are missing there',
    ]);
    const closed = journal.close(1000);
    await pass(1000);
    await closed;
    expect(logged.lines.at(-1)).toBe(
      'error: the disk does not answer: the end of the journal is not written',
    );
  });

  test('holds no more bytes than it may', async () => {
    const one = judgement(1);
    const journal = writing({ judgements: 100, bytes: 2 * judgementBytes(one) });
    disk.hangs = true;
    for (let number = 1; number <= 3; number++) journal.append(judgement(number));
    expect(journal.status()).toMatchObject({ waiting: 2, dropped: 1 });
  });

  test('that is closed takes nothing more', async () => {
    const journal = writing();
    await journal.close(1000);
    journal.append(judgement(1));
    await pass(1000);
    expect(journal.status()).toMatchObject({ state: 'closed', dropped: 1 });
    expect(disk.files).toEqual([[]]);
  });
});
