import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../../loopp/simulator/revisions.ts';
import { triggerEvent } from '../../../loopp/simulator/trigger-event.ts';
import { Workflow } from '../../../loopp/simulator/workflow.ts';
import { AggregationOutcome } from '../../../src/codec/capability.ts';
import { encodeValue } from '../../../src/codec/values-encode.ts';
import { decodeValue } from '../../../src/codec/values.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import { REVISIONS } from '../../../src/contract/round.ts';
import type { Revision, Round } from '../../../src/contract/round.ts';
import { parseRound } from '../../../src/rounds/parse.ts';
import { SELECTORS } from './chains.ts';

/** Rounds that real Go code made. */
const captured = (revision: Revision): readonly Round[] =>
  gunzipSync(readFileSync(`examples/don-${revision}.jsonl.gz`))
    .toString()
    .split('\n')
    .slice(0, 40)
    .map((line) => parseRound(line));

const mapOf = (value: Value | undefined): ValueMap => (value?.kind === 'map' ? value.entries : new Map());
const bytesOf = (value: Value | undefined): Uint8Array =>
  value?.kind === 'bytes' ? value.value : new Uint8Array();
const numberOf = (value: Value | undefined): bigint =>
  value?.kind === 'int64' || value?.kind === 'uint64' ? value.value : -1n;

/** The event that stands in an observation, as the attested report that it was made of. */
function attestedIn(outputs: ValueMap): Parameters<typeof triggerEvent>[0] {
  const { Report = '', Info = '' } = JSON.parse(
    Buffer.from(bytesOf(outputs.get('report')))
      .toString()
      .replace(/"Info":([0-9]+)/, '"Info":"$1"'),
  ) as { readonly Report?: string; readonly Info?: string };
  const sigs = outputs.get('sigs');
  const signatures = (sigs?.kind === 'list' ? sigs.items : []).map((item) => ({
    signer: Number(numberOf(mapOf(item).get('Signer'))),
    signature: bytesOf(mapOf(item).get('Signature')),
  }));
  return {
    configDigest: bytesOf(outputs.get('configDigest')),
    seqNr: numberOf(outputs.get('seqNr')),
    selector: BigInt(Info),
    report: Buffer.from(Report, 'base64'),
    signatures,
    transmitters: [],
  };
}

describe.each(REVISIONS)('what real Go code wrote in %s', (revision) => {
  const rounds = captured(revision);

  test('is written again, byte for byte', () => {
    const observations = rounds.flatMap((round) => round.observations.flatMap(({ values }) => values));
    expect(observations.length).toBeGreaterThan(100);
    for (const bytes of observations) {
      const entries = mapOf(decodeValue(bytes));
      const { outputs } = triggerEvent(
        attestedIn(entries.has('event') ? mapOf(entries.get('event')) : entries),
        RULES[revision],
      );
      const written = RULES[revision].observation({ kind: 'map', entries: outputs }, entries.get('solana'));
      expect(Buffer.from(encodeValue(written)).equals(bytes)).toBe(true);
    }
  });

  test('holds the configurations that workflows are given', () => {
    const selectors = revision === '2025-09' ? Object.values(TARGETS) : [TARGETS.ethereum, TARGETS.arbitrum];
    for (const [at, selector] of selectors.entries()) {
      const { config } = new Workflow('any', selector, at + 1, RULES[revision]);
      expect(Buffer.from(config).equals(rounds[at]?.config ?? new Uint8Array())).toBe(true);
    }
  });
});

/** In the order of the captures. */
const { ethereum, arbitrum, sepolia, solanaDevnet } = SELECTORS;
const TARGETS = { ethereum, arbitrum, sepolia, solanaDevnet };

test('every chain of a round has the same event id', () => {
  const [round] = captured('2025-09');
  const event = mapOf(mapOf(decodeValue(round?.observations[0]?.values[0] ?? new Uint8Array())).get('event'));
  expect(triggerEvent(attestedIn(event), RULES['2025-09']).id).toBe('securemint_41');
});

const lastSeen = ({ previousOutcome }: Workflow): bigint | undefined =>
  previousOutcome === null ? undefined : AggregationOutcome.decode(previousOutcome).lastSeenAt;

describe('a workflow goes on', () => {
  const outcome = AggregationOutcome.encode({ shouldReport: true, lastSeenAt: 41n });
  test.each([
    ['2025-09', 3n, 4n, "with the consensus' sequence number"],
    ['2025-07', 41n, 41n, "with the report's own sequence number"],
  ] as const)('in %s, with %s after a round and %s after an error: %s', (revision, first, second, _how) => {
    const workflow = new Workflow('any', ethereum, 1, RULES[revision]);
    expect(workflow.previousOutcome).toBeNull();
    workflow.advance(undefined, { kind: 'outcome', outcome }, 3);
    expect(lastSeen(workflow)).toBe(first);
    workflow.advance(undefined, { kind: 'error', error: 'any' }, 4);
    expect(lastSeen(workflow)).toBe(second);
  });

  test('without a previous outcome when nobody aggregates, or nothing was aggregated yet', () => {
    const workflow = new Workflow('any', ethereum, 1, RULES['2025-09']);
    workflow.advance(undefined, undefined, 1);
    expect(workflow.previousOutcome).toBeNull();
    workflow.advance(undefined, { kind: 'error', error: 'any' }, 2);
    expect(workflow.previousOutcome).toBeNull();
  });
});
