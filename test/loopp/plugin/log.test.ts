import { expect, test } from 'vitest';
import { pluginLog } from '../../../loopp/plugin/log.ts';

function lineOf(write: (log: ReturnType<typeof pluginLog>) => void): string {
  let written = '';
  write(pluginLog((line) => (written += line)));
  return written;
}

test('one line of JSON for one message, whatever it holds', () => {
  const line = lineOf((log) => log('warn', 'two\nlines "quoted" \u2028', { error: 'a\nb', count: 3 }));
  expect(line.endsWith('}\n')).toBe(true);
  expect(line.trimEnd()).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    error: 'a\nb',
    count: 3,
    '@level': 'warn',
    '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/),
    '@message': 'two\nlines "quoted" \u2028',
    logger: 'PluginSecureMint',
  });
});

test('fields cannot take the place of the texts that a Go host would panic without', () => {
  const line = lineOf((log) =>
    log('info', 'hello', { '@message': 1, '@level': 2, '@timestamp': 3, logger: 4 }),
  );
  expect(JSON.parse(line)).toMatchObject({
    '@level': 'info',
    '@message': 'hello',
    logger: 'PluginSecureMint',
  });
  expect(JSON.parse(line)['@timestamp']).toMatch(/Z$/);
});
