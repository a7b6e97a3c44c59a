import { EXIT } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** A service is ended by SIGTERM, which is fine, or interrupted at a terminal. */
const CODES = { SIGTERM: EXIT.fine, SIGINT: EXIT.interrupted } as const;
type EndSignal = keyof typeof CODES;

export interface EndSignals {
  /** With the exit code that the first signal stands for. */
  readonly told: Promise<number>;
  /** Restores what the signals do by default. */
  release(): void;
}

const nobodyListens = (): void => undefined;

/** A second signal ends the process at once. */
export function onEndSignals(log: Log): EndSignals {
  let wasTold = false;
  let tell: (code: number) => void = nobodyListens;
  const told = new Promise<number>((resolve) => {
    tell = resolve;
  });
  const hear = (name: EndSignal): void => {
    if (wasTold) process.exit(EXIT.interrupted);
    wasTold = true;
    log('info', `${name}: finishing what is in progress; once more ends at once`);
    tell(CODES[name]);
  };
  const names: readonly EndSignal[] = ['SIGTERM', 'SIGINT'];
  for (const name of names) process.on(name, hear);
  return {
    told,
    release: () => {
      for (const name of names) process.off(name, hear);
    },
  };
}
