import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CommandLine, bundledLines } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { Webhook, startAlertmanager } from './alertmanager.ts';
import type { Notice } from './alertmanager.ts';
import { Prometheus } from './prometheus.ts';
import { metricsUrlOf } from './product.ts';

/** From the first wrong round to whoever is on call. */
const KNOWN_WITHIN_MS = 30_000;

const prometheusSchema = v.looseObject({
  global: v.strictObject({ scrape_interval: v.string(), evaluation_interval: v.string() }),
});

/** Seconds between two scrapes of the committed configuration, and between two evaluations. */
function committedIntervalS(): number {
  const { global } = v.parse(
    prometheusSchema,
    parse(readFileSync('grafana/prometheus/prometheus.yml', 'utf8')),
  );
  expect(global.evaluation_interval).toBe(global.scrape_interval);
  return Number(/^(\d+)s$/.exec(global.scrape_interval)?.[1]);
}

// The Debian packages prometheus and prometheus-alertmanager.
describe.skipIf(!everything)('a planted mismatch', () => {
  test(
    'is known to whoever is on call within 30 s of the first wrong round',
    { timeout: KNOWN_WITHIN_MS * 4 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'grafana-alert-'));
      const cli = await CommandLine.open();
      const webhook = await Webhook.listen();
      const alertmanager = await startAlertmanager(folder, webhook);
      const running = cli.start(['run', '-', '--metrics-port', '0', '--plant', 'block-plus-one']);
      const metrics = new URL(await metricsUrlOf(running));
      const prometheus = await Prometheus.start({
        folder,
        targets: [metrics.host],
        intervalS: committedIntervalS(),
        alertmanager: alertmanager.address,
      });
      try {
        const [wrong = ''] = bundledLines(1);
        running.child.stdin.write(`${wrong}\n`);
        const notice = await noticeOf(webhook, 'SecureMintParityBroken');
        expect(notice.receiver).toBe('act-now');
        expect(notice.alerts).toMatchObject([
          {
            status: 'firing',
            labels: { severity: 'critical', instance: metrics.host },
            annotations: {
              summary: `The lanes disagree (${metrics.host})`,
              runbook_url: 'docs/runbook.md#parity-broken',
            },
          },
        ]);
      } finally {
        await prometheus.stop();
        running.child.stdin.end();
        await running.ended;
        await alertmanager.stop();
        webhook.close();
        await cli.close();
        await rm(folder, { recursive: true });
      }
    },
  );
});

const hasAmtool = spawnSync('amtool', ['--version']).status === 0;

describe.skipIf(!hasAmtool && !everything)('amtool', () => {
  test('finds nothing wrong with the configuration', () => {
    const { status, stdout } = spawnSync(
      'amtool',
      ['check-config', 'grafana/alertmanager/alertmanager.yml'],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});

/** The first notice of an alert. */
async function noticeOf(webhook: Webhook, alertname: string): Promise<Notice> {
  const end = Date.now() + KNOWN_WITHIN_MS;
  for (;;) {
    const notice = webhook.notices.find(({ alerts }) =>
      alerts.some(({ labels }) => labels['alertname'] === alertname),
    );
    if (notice !== undefined) return notice;
    if (Date.now() > end)
      throw new Error(`expected ${alertname} within 30 s, got ${JSON.stringify(webhook.notices)}`);
    await delay(50);
  }
}
