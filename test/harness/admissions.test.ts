import { expect, test } from 'vitest';
import { Admissions } from '../../harness/admissions.ts';

test('whoever waits is counted, in number and in bytes, and leaves both again', async () => {
  const admissions = new Admissions({ concurrency: 1, waiting: 3, waitingBytes: 100 });
  expect(await admissions.enter(1000)).toBe('admitted');
  const [second, third] = [admissions.enter(60), admissions.enter(40)];
  expect(await admissions.enter(1)).toBe('full');
  expect([admissions.inProgress, admissions.waiting]).toEqual([1, 2]);
  admissions.leave();
  expect(await second).toBe('admitted');
  const fourth = admissions.enter(60);
  expect(await admissions.enter(1)).toBe('full');
  admissions.leave();
  admissions.leave();
  expect([await third, await fourth]).toEqual(['admitted', 'admitted']);
  admissions.leave();
  await admissions.close();
  expect([admissions.inProgress, admissions.waiting]).toEqual([0, 0]);
});
