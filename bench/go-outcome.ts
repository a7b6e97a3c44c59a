import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DonConfig } from '../loopp/host/ocr3-don.ts';
import { buildInterop } from './go.ts';

/** One call of Outcome, ready for the wire, and the only right answer. */
export interface OutcomeQuestion {
  /** `OutcomeRequest` with bare events, which is what chainlink-common v0.9.4 reads. */
  readonly request: Uint8Array;
  readonly outcome: Uint8Array;
}

/** A Go host with a Go reporting plugin of the DON, which times its next calls whenever it is asked. */
export class GoOutcome {
  private readonly host;
  private readonly replies: AsyncIterator<string>;

  private constructor(file: string, args: readonly string[], folder: string) {
    // The plugin inherits nothing; the host needs a place for its sockets.
    const env = { TMPDIR: folder };
    this.host = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    // A host that is gone is found by the reply that does not come.
    this.host.stdin.on('error', () => undefined);
    this.replies = createInterface({ input: this.host.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Builds both in `folder` and asks every question once. Rejects when an answer is not the one expected; the reason is
   * on standard error.
   */
  static async start(
    folder: string,
    { aggregator, n, f }: DonConfig,
    questions: readonly OutcomeQuestion[],
  ): Promise<GoOutcome> {
    const host = await buildInterop(folder, 'outcome');
    const plugin = await buildInterop(folder, 'reporting');
    const file = join(folder, 'requests.jsonl');
    await writeFile(file, questions.map((question) => `${lineOf(question)}\n`).join(''));
    const selector = String(BigInt.asUintN(64, aggregator.targetChainSelector));
    const command = [plugin, '-selector', selector, '-data-id', aggregator.dataId];
    const flags = ['-requests', file, '-n', String(n), '-f', String(f)];
    const go = new GoOutcome(host, [...flags, '--', ...command], folder);
    try {
      if ((await go.reply('requests')) !== questions.length)
        throw new Error('the Go host left questions out');
      return go;
    } catch (error) {
      await go.close();
      throw error;
    }
  }

  /** The p50 in nanoseconds of its next 200 calls. */
  block(): Promise<number> {
    this.host.stdin.write('go\n');
    return this.reply('nanoseconds');
  }

  /** Ends the host, which ends its plugin. */
  async close(): Promise<void> {
    if (this.host.exitCode !== null || this.host.signalCode !== null) return;
    const closed = once(this.host, 'close');
    this.host.stdin.end();
    await closed;
  }

  private async reply(member: 'requests' | 'nanoseconds'): Promise<number> {
    const line = await this.replies.next();
    if (line.done === true) throw new Error('the Go host ended instead of answering');
    const reply = JSON.parse(line.value) as Readonly<Record<string, number>>;
    return reply[member] ?? NaN;
  }
}

function lineOf({ request, outcome }: OutcomeQuestion): string {
  return JSON.stringify({ request: base64(request), outcome: base64(outcome) });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
