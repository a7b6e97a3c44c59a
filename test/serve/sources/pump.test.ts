import { afterEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import type { ReadRound } from '../../../src/rounds/read.ts';
import type { RoundSource } from '../../../src/serve/sources/source.ts';
import { roundOf } from '../../harness/fakes.ts';
import { TestService, laneThat } from '../fixture.ts';
import type { Changes } from '../fixture.ts';

let service: TestService | undefined;
afterEach(async () => {
  await service?.stop(0);
  service = undefined;
});

/** The service on one source. */
async function fed(rounds: RoundSource['rounds'], changes: Changes = {}): Promise<TestService> {
  const source: RoundSource = { kind: 'follow', name: 'a source', rounds };
  service = await TestService.start({ ...changes, parts: { sources: [source], ...changes.parts } });
  return service;
}

const read = (number: number): ReadRound => ({
  kind: 'round',
  round: roundOf(number),
  source: { file: 'a source', line: number },
});
const bad = (message: string): ReadRound => ({ kind: 'bad', error: new AppError('INPUT', message) });

describe('a source', () => {
  test('is served and judged, and what is no round is counted', async () => {
    const running = await fed(async function* () {
      yield read(1);
      yield bad('a source:2: nonsense');
      yield read(3);
    });
    await vi.waitFor(async () =>
      expect((await running.status())['sources']).toEqual([
        { kind: 'follow', name: 'a source', state: 'ended', rounds: 2, refused: 1 },
      ]),
    );
    expect(await running.status()).toMatchObject({ rounds: 2, pending: 0 });
    expect(running.logged.lines).toContain('warn: refused: a source:2: nonsense soFar=1');
    expect((await running.fetch('/metrics')).text).toContain('refused_lines_total 1\n');
  });

  test('that fails takes nothing else along', async () => {
    const running = await fed(async function* () {
      yield read(1);
      throw new Error('the disk is gone');
    });
    await vi.waitFor(async () =>
      expect(await running.status()).toMatchObject({
        sources: [{ state: 'failed', problem: 'the disk is gone', rounds: 1 }],
        alarms: { source: 'a source: the disk is gone' },
      }),
    );
    expect((await running.fetch('/readyz')).status).toBe(200);
  });

  test('is not read faster than its rounds are judged, so that none is dropped', async () => {
    let given = 0;
    const running = await fed(
      async function* () {
        while (given < 1000) yield read(++given);
      },
      {
        parts: { loopp: laneThat(() => new Promise(() => undefined)) },
        shadow: { concurrency: 2, waiting: 20 },
      },
    );
    await vi.waitFor(() => expect(given).toBe(16));
    const status = await running.status();
    expect(status).toMatchObject({ counts: { notCompared: { 'shadow queue full': 0 } } });
    expect(given).toBe(16);
  });

  test('ends with the service', async () => {
    const running = await fed(async function* (signal) {
      let number = 0;
      while (!signal.aborted) yield read(++number);
    });
    await vi.waitFor(async () => expect(Number((await running.status())['rounds'])).toBeGreaterThan(10));
    expect(await running.stop()).toBe(true);
    expect(running.journal.judgements.length).toBeGreaterThan(10);
  });
});
