import { describe, expect, test } from 'vitest';
import { Slots } from '../../harness/slots.ts';
import { settled } from './fakes.ts';

describe('slots', () => {
  test('the last one is taken only once another is free', async () => {
    const slots = new Slots(3);
    await slots.take();
    await slots.take();
    let third = false;
    const taking = slots.take().then(() => (third = true));
    await settled();
    expect(third).toBe(false);
    slots.release();
    await taking;
    expect(third).toBe(true);
  });

  test('of one: whoever takes it waits for its release', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    for (const turn of ['first', 'second']) {
      const taking = slots.take().then(() => order.push(`${turn} taken`));
      await settled();
      order.push(`${turn} released`);
      slots.release();
      await taking;
    }
    expect(order).toEqual(['first released', 'first taken', 'second released', 'second taken']);
  });

  test('released before the next is taken are free', async () => {
    const slots = new Slots(2);
    for (let turn = 0; turn < 10; turn++) {
      await slots.take();
      slots.release();
    }
    let taken = 0;
    void slots.take().then(() => taken++);
    void slots.take().then(() => taken++);
    await settled();
    expect(taken).toBe(1);
  });
});
