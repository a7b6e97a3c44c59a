import { readFileSync, readdirSync } from 'node:fs';
import { LAUNCH_TOKEN_VARIABLE } from './environment.ts';

/** Ends a process group at once; one that is gone already is fine. */
export function killGroup(pid: number): void {
  kill(-pid);
}

/**
 * Ends what is left of a launch outside its process group: a grandchild that called setsid keeps the launch's token in
 * its environment. Only where /proc shows environments.
 */
export function killByToken(token: string): void {
  const mark = `${LAUNCH_TOKEN_VARIABLE}=${token}`;
  for (const pid of processIds()) {
    if (environmentOf(pid).includes(mark)) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
