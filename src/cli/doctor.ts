import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { EXIT, messageOf } from '../errors.ts';
import { openLoopp } from './loopp.ts';
import { paintFor } from './paint.ts';
import { productVersion } from './version.ts';

/** One thing that was looked at. `optional` ones only say what would be skipped. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly optional: boolean;
  readonly found: string;
}

const MIN_NODE = [20, 19] as const;

/** `doctor`: check that this machine can run everything. Answers the exit code: 3 when a needed part is missing. */
export async function doctorCommand({ json }: { readonly json: boolean }): Promise<number> {
  const checks = [
    checkNode(),
    checkTemporaryFolder(),
    await checkPlugin(),
    ...(await Promise.all(TOOLS.map(checkTool))),
  ];
  const ok = checks.every((check) => check.ok || check.optional);
  if (json) process.stdout.write(`${JSON.stringify({ version: productVersion(), ok, checks })}\n`);
  else print(checks);
  return ok ? EXIT.fine : EXIT.notStarted;
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return {
    name: 'node',
    ok,
    optional: false,
    found: `${process.version}, needs ${MIN_NODE.join('.')} or newer`,
  };
}

function checkTemporaryFolder(): Check {
  const folder = tmpdir();
  try {
    accessSync(folder, constants.W_OK);
    return { name: 'sockets', ok: true, optional: false, found: `${folder} can be written` };
  } catch (error) {
    return {
      name: 'sockets',
      ok: false,
      optional: false,
      found: `${messageOf(error)}; set TMPDIR to a folder that can be written`,
    };
  }
}

async function checkPlugin(): Promise<Check> {
  const started = performance.now();
  try {
    const { lane } = await openLoopp(undefined, {
      verbose: false,
      laneTimeoutMs: 2000,
      startTimeoutMs: 10_000,
    });
    const ms = Math.round(performance.now() - started);
    await lane.close();
    return { name: 'plugin', ok: true, optional: false, found: `launched and answering in ${String(ms)} ms` };
  } catch (error) {
    return { name: 'plugin', ok: false, optional: false, found: messageOf(error) };
  }
}

/** What only some tests need. */
const TOOLS = [
  { name: 'go', args: ['version'], use: 'tests against the real Go aggregator and go-plugin' },
] as const;

async function checkTool({ name, args, use }: (typeof TOOLS)[number]): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)(name, [...args]);
    return { name, ok: true, optional: true, found: stdout.trim() };
  } catch {
    return { name, ok: false, optional: true, found: `not found; needed for ${use}` };
  }
}

function print(checks: readonly Check[]): void {
  const paint = paintFor(process.stdout);
  for (const { name, ok, optional, found } of checks) {
    const state = ok ? paint.good('ok     ') : optional ? paint.dim('absent ') : paint.bad('missing');
    process.stdout.write(`${state} ${name.padEnd(8)} ${found}\n`);
  }
}
