import { inWords } from '../../loopp/host/supervisor.ts';
import type { PluginState } from '../../loopp/host/supervisor.ts';
import type { Log } from '../log.ts';

/** What a plugin process has been through, as metrics show it; written by `onState` alone. */
export interface PluginStates {
  readonly facts: { ready: boolean; launches: number; exits: number };
  readonly onState: (state: PluginState) => void;
}

/** Counts the states of a plugin and logs them: trouble as a warning with its reason. `what`: the plugin's name there. */
export function pluginStates(log: Log, what: string): PluginStates {
  const facts = { ready: false, launches: 0, exits: 0 };
  return {
    facts,
    onState: (state) => {
      facts.ready = state.name === 'ready';
      if (state.name === 'launching') facts.launches++;
      if (state.name === 'unhealthy') facts.exits++;
      const level = state.name === 'unhealthy' || state.name === 'backingOff' ? 'warn' : 'debug';
      log(level, `${what} ${state.name}`, level === 'warn' ? { reason: inWords(state) } : {});
    },
  };
}
