import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse, stringify } from 'yaml';
import { freePort } from '../helpers/real/port.ts';
import { Service } from '../helpers/real/service.ts';
import { isUp } from './prometheus.ts';

const START_TIMEOUT_MS = 30_000;

const configSchema = v.looseObject({ receivers: v.array(v.looseObject({ name: v.string() })) });
const noticeSchema = v.looseObject({
  receiver: v.string(),
  alerts: v.array(
    v.looseObject({
      status: v.string(),
      labels: v.record(v.string(), v.string()),
      annotations: v.record(v.string(), v.string()),
    }),
  ),
});
export type Notice = v.InferOutput<typeof noticeSchema>;

/** Somebody who is told of alerts. */
export class Webhook {
  readonly url: string;
  readonly notices: Notice[] = [];
  private readonly server;

  private constructor(server: ReturnType<typeof createServer>, url: string) {
    this.server = server;
    this.url = url;
  }

  static async listen(): Promise<Webhook> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const webhook = new Webhook(server, `http://127.0.0.1:${String(port)}/`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        webhook.notices.push(v.parse(noticeSchema, JSON.parse(Buffer.concat(chunks).toString('utf8'))));
        response.end();
      });
    });
    return webhook;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A real Alertmanager with the committed configuration, but that every receiver has a webhook. Answers `host:port`. */
export async function startAlertmanager(
  folder: string,
  webhook: Webhook,
): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const config = v.parse(configSchema, parse(readFileSync('grafana/alertmanager/alertmanager.yml', 'utf8')));
  const receivers = config.receivers.map((receiver) => ({
    ...receiver,
    webhook_configs: [{ url: webhook.url }],
  }));
  const file = join(folder, 'alertmanager.yml');
  await writeFile(file, stringify({ ...config, receivers }));
  const address = `127.0.0.1:${String(await freePort())}`;
  const service = await Service.start({
    name: 'Alertmanager',
    file: 'prometheus-alertmanager',
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${address}`,
      // It would look for others.
      '--cluster.listen-address=',
    ],
    isReady: () => isUp(`http://${address}/-/ready`),
    startTimeoutMs: START_TIMEOUT_MS,
  });
  return { address, stop: () => service.stop() };
}
