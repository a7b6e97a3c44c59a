import type { Round, WitnessAnswer } from '../contract/round.ts';

/** A round as the JSON object that `parseRound` reads back to the same round (docs/captures.md). */
export function formatRound(round: Round): Readonly<Record<string, unknown>> {
  const { id, workflow, revision, consensusSeqNr, note, f, config, previousOutcome, witness } = round;
  return {
    id,
    ...(workflow === undefined ? {} : { workflow }),
    revision,
    ...(consensusSeqNr === undefined ? {} : { consensusSeqNr }),
    ...(note === undefined ? {} : { note }),
    f,
    config: base64(config),
    previousOutcome: previousOutcome === null ? null : base64(previousOutcome),
    observations: Object.fromEntries(
      round.observations.map(({ oracle, values }) => [String(oracle), values.map(base64)]),
    ),
    ...(witness === undefined ? {} : { expect: { results: witness.answers.map(formatAnswer) } }),
  };
}

function formatAnswer(answer: WitnessAnswer): Readonly<Record<string, string>> {
  if (answer.kind === 'outcome') return { outcome: base64(answer.outcome) };
  return answer.kind === 'error' ? { error: answer.error } : { panic: answer.panic };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
