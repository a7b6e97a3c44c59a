/**
 * Writes test/vectors/go-probes.jsonl: rounds about what docs/spec/aggregator.md H.10 leaves open, with the answers of
 * the real aggregator. Needs Go and a built dist/:
 *
 *     npm run build && node test/oracle/make-probes.mjs
 *
 * The oracle gets bare events; the file holds the same events in the wrapper {event} of 2025-09, as every lane takes
 * them. Each round is asked many times, so that all answers are listed where the order of Go's maps decides.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { probes } from './probes.mjs';

const ATTEMPTS = 200;
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const FILE = fileURLToPath(new URL('../vectors/go-probes.jsonl', import.meta.url));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

const rounds = [...probes()].map(({ note, config, event }, index) => ({
  id: `go-probe/${String(index + 1).padStart(4, '0')}`,
  note,
  config: base64(config),
  event,
}));
const answers = ask(rounds.map((round) => line(round, round.event)));
const lines = rounds.map((round, index) =>
  JSON.stringify({ ...JSON.parse(line(round, wrapped(round.event))), expect: { results: answers[index] } }),
);
writeFileSync(FILE, `${lines.join('\n')}\n`);
console.log(`${FILE}: ${lines.length} rounds`);

function line({ id, note, config }, observation) {
  return JSON.stringify({
    id,
    note,
    revision: '2025-09',
    f: 0,
    config,
    previousOutcome: null,
    observations: { 0: [base64(observation)] },
  });
}

/** `Value{map: {event: <the bytes as they are>}}`. */
function wrapped(event) {
  const entry = Buffer.concat([lengthDelimited(1, Buffer.from('event')), lengthDelimited(2, event)]);
  return lengthDelimited(4, lengthDelimited(1, entry));
}

function lengthDelimited(field, payload) {
  return Buffer.concat([Buffer.from([field * 8 + 2, ...varint(payload.length)]), payload]);
}

function varint(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}

/** The distinct answers for each line, sorted so that the file is the same every time. */
function ask(input) {
  const run = spawnSync('go', ['run', '-buildvcs=false', '.', '-repeat', String(ATTEMPTS)], {
    cwd: FOLDER,
    input: input.map((text) => `${text}\n`).join(''),
    maxBuffer: 2 ** 30,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`the oracle ended with ${run.status}: ${run.stderr}`);
  return run.stdout
    .split('\n')
    .filter(Boolean)
    .map((text) => {
      const { id, answers: distinct } = JSON.parse(text);
      const invalid = distinct.find((answer) => answer.invalid !== undefined);
      if (invalid !== undefined) throw new Error(`${id}: not a round for a node: ${invalid.invalid}`);
      return distinct.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    });
}
