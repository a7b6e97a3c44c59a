import type { Counterexample, Fuzzed } from '../../../harness/fuzz.ts';
import { roundLines } from '../../../harness/groups/round-text.ts';
import { inputBytes } from '../../../harness/groups/groups.ts';
import { differenceLines } from '../../../harness/groups/text.ts';
import { counted } from '../../../harness/report-text.ts';
import type { Paint } from '../../../harness/report-text.ts';
import { VERDICT_KEYS } from '../../contract/verdict.ts';
import { formatRound } from '../../rounds/format.ts';

/** Where the counterexample was written, and the command that compares it again. */
export interface Replay {
  readonly file: string;
  readonly command: string;
}

export interface FuzzRun {
  readonly fuzzed: Fuzzed;
  readonly seed: number;
  /** With a counterexample. */
  readonly replay: Replay | undefined;
  readonly interrupted: boolean;
}

export function fuzzJson({ fuzzed, seed, replay }: FuzzRun): unknown {
  const { rounds, verdicts, counterexample } = fuzzed;
  const facts = { rounds, seed, verdicts };
  if (counterexample === undefined) return facts;
  const { finding, foundAt, tries, ended, round } = counterexample;
  const { verdict, differences = [] } = finding;
  return {
    ...facts,
    counterexample: { foundAt, verdict, differences, tries, ended, ...replay, round: formatRound(round) },
  };
}

export function fuzzLines({ fuzzed, seed, replay, interrupted }: FuzzRun, paint: Paint): readonly string[] {
  const { rounds, verdicts, counterexample } = fuzzed;
  const counts = VERDICT_KEYS.flatMap((key) =>
    verdicts[key] === undefined ? [] : [`  ${key.padEnd(22)}${verdicts[key].toLocaleString('en')}`],
  );
  const head = paint.dim(`${counted(rounds, 'generated round')}; seed ${String(seed)}`);
  if (counterexample !== undefined) {
    return [
      ...counterexampleLines(counterexample),
      '',
      ...replayLines(replay),
      head,
      paint.bad(no(counterexample)),
    ];
  }
  const soFar = interrupted
    ? paint.bad('interrupted: the lanes agree so far')
    : paint.good('yes: the lanes agree');
  return [...counts, head, soFar];
}

function counterexampleLines({ round, finding, tries, ended }: Counterexample): readonly string[] {
  const events = round.observations.reduce((sum, { values }) => sum + values.length, 0);
  const size = `${counted(round.observations.length, 'oracle')}, ${counted(events, 'event')}, ${counted(inputBytes(round), 'byte')}`;
  return [
    ...roundLines(round),
    `  ${finding.verdict}`,
    ...differenceLines(finding),
    '',
    `made smaller to ${size}, asking the lanes ${counted(tries, 'time')}`,
    ...(ended ? ['a limit ended it: there may be a smaller one'] : []),
  ];
}

function replayLines(replay: Replay | undefined): readonly string[] {
  return replay === undefined ? [] : [`${replay.file}: ${replay.command}`];
}

function no({ finding, foundAt }: Counterexample): string {
  return `no: ${finding.verdict} on round ${foundAt.toLocaleString('en')}`;
}
