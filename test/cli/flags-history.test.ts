import { describe, expect, test } from 'vitest';
import { eventInWords, historyLines } from '../../src/cli/flags/history.ts';
import type { FlagEvent } from '../../src/flags/admin.ts';
import { strategyWith, variantsOf } from '../flags/builders.ts';

const event = (members: Partial<FlagEvent>): FlagEvent => ({
  type: 'feature-created',
  createdAt: '2026-11-25T01:09:07.107Z',
  createdBy: 'admin',
  environment: 'development',
  data: null,
  preData: null,
  ...members,
});
const SHADOW = strategyWith({ variants: variantsOf({ complete: 0, live: 0, off: 0, shadow: 1000 }) });
const LIVE = strategyWith({ variants: variantsOf({ live: 50, shadow: 950 }) });

describe('what somebody did', () => {
  test.each([
    [{ type: 'feature-created' }, 'made'],
    [{ type: 'feature-environment-enabled' }, 'switched on'],
    [{ type: 'feature-environment-disabled' }, 'switched off'],
    [{ type: 'feature-strategy-add', data: SHADOW }, 'strategy added: shadow 100 %'],
    [{ type: 'feature-strategy-add', data: { name: 'default' } }, 'strategy added: no variants'],
    [
      { type: 'feature-strategy-update', preData: SHADOW, data: LIVE },
      'shadow 100 % -> live 5 %, shadow 95 %',
    ],
    [
      { type: 'feature-strategy-update', preData: LIVE, data: { ...LIVE, title: 'other' } },
      'strategy changed, still live 5 %, shadow 95 %',
    ],
    [{ type: 'feature-strategy-remove', preData: LIVE }, 'strategy removed: live 5 %, shadow 95 %'],
    [{ type: 'feature-archived' }, 'feature archived'],
    [{ type: 'feature-\u001b[2J' }, 'feature \\u{1b}[2J'],
  ])('%j', (members, words) => {
    expect(eventInWords(event(members))).toBe(words);
  });
});

test('one line for each, in columns', () => {
  const events = [
    event({ type: 'feature-environment-disabled', createdBy: 'somebody@example.test' }),
    event({ environment: null }),
  ];
  expect(historyLines(events)).toEqual([
    '2026-11-25 01:09:07 UTC  somebody@example.test  development  switched off',
    '2026-11-25 01:09:07 UTC  admin                  -            made',
  ]);
  expect(historyLines([])).toEqual([]);
});
