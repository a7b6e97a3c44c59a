import { chainName } from '../../src/chains/selectors.ts';
import { ProtobufError } from '../../src/codec/protobuf.ts';
import { decodeValueMap } from '../../src/codec/values.ts';
import type { Round } from '../../src/contract/round.ts';
import { answerInWords, oneLine, outcomeInWords } from '../outcome-text.ts';
import { shortHex } from '../text.ts';
import { ROOT, entryPlace } from '../tree.ts';
import { counted, valueInWords } from '../words.ts';
import { shownEvent } from './events.ts';
import type { ShownEvent, ShownReport } from './events.ts';
import { targetSelector } from './selector.ts';

/** A round decoded, for people: one line each, and safe to print on a terminal. */
export function roundLines(round: Round): readonly string[] {
  const { id, note, workflow, consensusSeqNr, f, observations, witness } = round;
  const events = observations.reduce((sum, { values }) => sum + values.length, 0);
  return [
    `round ${oneLine(id)}${note === undefined ? '' : ` (${oneLine(note)})`}`,
    ...(workflow === undefined ? [] : [`  workflow  ${oneLine(workflow)}`]),
    `  revision  ${round.revision}`,
    `  f         ${String(f)}, ${counted(observations.length, 'oracle')}, ${counted(events, 'event')}`,
    ...(consensusSeqNr === undefined ? [] : [`  consensus sequence number ${String(consensusSeqNr)}`]),
    '  config',
    ...configLines(round.config),
    '  previous outcome',
    `    ${previousInWords(round.previousOutcome)}`,
    ...observations.flatMap(({ oracle, values }) => [
      `  oracle ${String(oracle)}${values.length === 0 ? ': no events' : ''}`,
      ...values.flatMap((value, index) => eventLines(index, shownEvent(value), value)),
    ]),
    ...(witness?.answers ?? []).map((answer) => `  the Go node answered ${answerInWords(answer)}`),
  ];
}

function configLines(bytes: Uint8Array): readonly string[] {
  try {
    const config = decodeValueMap(bytes);
    const target = targetSelector(config);
    const chain = target === undefined ? [] : [`    target chain: ${selectorInWords(String(target))}`];
    const members = [...config].map(([key, value]) => {
      const place = entryPlace(ROOT, key);
      return `    ${oneLine(place.path)}: ${valueInWords(value, place)}`;
    });
    return [...members, ...chain];
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return [`    no values.v1.Map: ${shortHex(bytes)}`];
  }
}

function previousInWords(outcome: Uint8Array | null): string {
  return outcome === null ? 'none' : outcomeInWords({ kind: 'outcome', outcome });
}

function eventLines(index: number, event: ShownEvent, bytes: Uint8Array): readonly string[] {
  const name = `    event ${String(index)}`;
  if (event.trouble !== undefined) return [`${name}: ${event.trouble}: ${shortHex(bytes)}`];
  const { configDigest, seqNr, signatures, accounts, report } = event;
  const facts = [
    `sequence number ${seqNr === undefined ? 'none' : String(seqNr)}`,
    ...(signatures === undefined ? [] : [counted(signatures, 'signature')]),
    ...(configDigest === undefined ? [] : [`config digest ${shortHex(configDigest)}`]),
  ];
  return [
    `${name}: ${facts.join(', ')}`,
    ...(report === undefined ? ['      no report'] : reportLines(report)),
    ...(accounts ?? []).map((key) => `      account ${shortHex(key)}`),
  ];
}

function reportLines({ trouble, info, inner, text }: ShownReport): readonly string[] {
  const head = `      report for ${info === undefined ? 'no chain' : selectorInWords(info)}`;
  if (inner === undefined) return [`${head}, ${trouble ?? 'empty'}: ${oneLine(text)}`];
  const amounts = [
    `block ${oneLine(inner['block'] ?? 'none')}`,
    `mintable ${oneLine(inner['mintable'] ?? 'none')}`,
    `sequence number ${oneLine(inner['seqnr'] ?? 'none')}`,
  ];
  return [`${head}: ${amounts.join(', ')}`, `      JSON ${oneLine(text)}`];
}

/** e.g. `ethereum-mainnet (5009297550715157269)`. */
function selectorInWords(text: string): string {
  const name = /^[0-9]{1,20}$/.test(text) ? chainName(BigInt(text)) : undefined;
  return name === undefined ? `chain selector ${oneLine(text)}` : `${name} (${text})`;
}
