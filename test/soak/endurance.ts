import { readFileSync, readdirSync } from 'node:fs';
import { LooppLane } from '../../loopp/host/lane.ts';
import { HOST_DEFAULTS } from '../../loopp/host/options.ts';
import type { PluginCommand } from '../../loopp/host/options.ts';
import type { Round } from '../../src/contract/round.ts';

/** What a process holds. */
export interface Holding {
  /** Resident memory of the plugin; heap in use of the host after a collection. Bytes. */
  readonly memoryBytes: number;
  readonly descriptors: number;
}

export interface EnduranceFigures {
  readonly rounds: number;
  readonly host: { readonly warm: Holding; readonly end: Holding };
  readonly plugin: { readonly warm: Holding; readonly end: Holding };
}

/** Rounds in progress at most. */
const LOAD = 16;

/** Sends `rounds` rounds through one plugin process and looks at what both processes hold after `warmUp` and at the end. */
export async function endure(
  command: PluginCommand,
  captured: readonly Round[],
  rounds: number,
  warmUp: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<EnduranceFigures> {
  let pid = 0;
  let launches = 0;
  const lane = new LooppLane(command, HOST_DEFAULTS, (state) => {
    if (state.name !== 'ready') return;
    pid = state.plugin.pid;
    launches++;
  });
  await lane.start();
  try {
    await send(lane, captured, 0, warmUp, onProgress);
    const warm = { host: hostHolding(), plugin: pluginHolding(pid) };
    await send(lane, captured, warmUp, rounds, onProgress);
    if (launches !== 1) throw new Error(`expected one plugin process, got ${String(launches)}`);
    return {
      rounds,
      host: { warm: warm.host, end: hostHolding() },
      plugin: { warm: warm.plugin, end: pluginHolding(pid) },
    };
  } finally {
    await lane.close();
  }
}

async function send(
  lane: LooppLane,
  captured: readonly Round[],
  from: number,
  to: number,
  onProgress: (done: number) => void,
): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      const round = captured[index % captured.length];
      if (round === undefined) throw new Error('expected at least one round');
      await lane.aggregate(round);
      if (index % 1000 === 0) onProgress(index);
    }
  };
  await Promise.all(Array.from({ length: LOAD }, worker));
}

function hostHolding(): Holding {
  globalThis.gc?.();
  return { memoryBytes: process.memoryUsage().heapUsed, descriptors: readdirSync('/proc/self/fd').length };
}

function pluginHolding(pid: number): Holding {
  const [, kibibytes = '0'] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return {
    memoryBytes: Number(kibibytes) * 1024,
    descriptors: readdirSync(`/proc/${String(pid)}/fd`).length,
  };
}
