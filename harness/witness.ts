import type { Outcome } from '../src/contract/lane.ts';
import type { Witness, WitnessAnswer } from '../src/contract/round.ts';

/**
 * Whether an outcome is one that real Go gave: byte for byte, or the same error text without Go's dumps.
 * Any recorded answer is right, and where Go crashes any error text is.
 */
export function isWitnessed(witness: Witness, outcome: Outcome): boolean {
  return witness.answers.some((answer) => agrees(answer, outcome));
}

function agrees(answer: WitnessAnswer, outcome: Outcome): boolean {
  if (answer.kind === 'outcome') {
    return outcome.kind === 'outcome' && Buffer.compare(answer.outcome, outcome.outcome) === 0;
  }
  if (outcome.kind !== 'error') return false;
  return answer.kind === 'panic' || withoutDump(answer.error) === withoutDump(outcome.error);
}

/** How every cause of a refused configuration begins (docs/spec/aggregator.md H.2). */
const CAUSES = [
  'failed to unwrap ',
  'targetChainSelector is required',
  'invalid chain selector: ',
  'dataID is required',
  'invalid dataID: ',
  'dataID must be 16 bytes, got ',
];

// A dump holds the configuration's own keys, so a closing bracket alone does not end it: a known cause must follow.
const CONFIG_DUMP = new RegExp(`^failed to parse config \\(.*?\\): (?=${CAUSES.join('|')})`, 's');
const UNWRAP_DUMP = /^failed to parse config: failed to unwrap values\.Map .*?(?=: decoding failed due to )/s;

/**
 * An error text without Go's `%+v` dumps of the configuration, whose pointers change from run to run. Texts without a
 * dump, which is what captures record, stay as they are.
 */
export function withoutDump(text: string): string {
  return text
    .replace(CONFIG_DUMP, 'failed to parse config: ')
    .replace(UNWRAP_DUMP, 'failed to parse config: failed to unwrap values.Map');
}
