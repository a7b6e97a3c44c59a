import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { roundDigest } from '../../harness/digest.ts';
import { aggregateRound } from '../../legacy/aggregate.ts';
import type { Round, WitnessAnswer } from '../../src/contract/round.ts';
import { parseRound } from '../../src/rounds/parse.ts';
import { askLane, startLooppLane } from '../helpers/ask.ts';
import { bareEvents, wrapEvent } from '../helpers/bare-events.ts';
import { CommandLine, until } from '../helpers/cli.ts';
import { CAPTURES, PROBES, VECTORS, isWitnessed, loadRounds } from '../helpers/conformance.ts';
import { bareSolana } from './bare-solana.ts';
import { go, raceFlags, unformatted } from './go-checks.ts';
import { Receiver } from './receiver.ts';
import { TappedNode } from './tapped-node.ts';

const TIMEOUT_MS = 600_000;
const TOKEN = 'test-token';
const everything = process.env['SECUREMINT_TEST'] === 'all';

// Building a node downloads Go modules, which the plain test run must not.
describe.skipIf(!everything)('the tap of a Go node', { timeout: TIMEOUT_MS }, () => {
  let node: TappedNode;

  beforeAll(async () => {
    node = await TappedNode.build();
  }, TIMEOUT_MS);
  afterAll(() => node.remove());

  describe('its Go code', () => {
    test.each(['examples/go-tap', 'test/tap'])('is formatted and vetted: %s', async (folder) => {
      expect(await unformatted(folder)).toEqual([]);
      await go(folder, 'vet', './...');
    });

    test('passes its tests', async () => {
      await go('test/tap', 'test', '-count=1', '-timeout=300s', ...(await raceFlags('test/tap')), '.');
    });

    test('passes them in the consensus capability, wired as the documentation has it', async () => {
      const wired = withoutIndent(readFileSync('test/tap/node/node.go', 'utf8'));
      const documented = goBlocks('docs/staging.md');
      expect(documented).toHaveLength(2);
      expect(documented.filter((block) => !wired.includes(block))).toEqual([]);
      await go('test/tap', 'test', '-count=1', './node');
    });

    test('is at most 150 lines', () => {
      const lines = readFileSync('examples/go-tap/tap.go', 'utf8').split('\n');
      const code = lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
      expect(code.length).toBeLessThanOrEqual(150);
    });
  });

  describe('the rounds that it posts', () => {
    let receiver: Receiver;

    beforeEach(async () => {
      receiver = await Receiver.open();
    });
    afterEach(() => receiver.close());

    /** What the tap posts of the rounds, and what the node answered, by the rounds' own bytes. */
    async function posted(
      rounds: readonly Round[],
    ): Promise<{ readonly rounds: readonly Round[]; readonly answers: readonly WitnessAnswer[] }> {
      const { answers, counts } = await node.replay(rounds, receiver.url, TOKEN);
      expect(counts).toEqual({ Posted: rounds.length, Dropped: 0, Failed: 0 });
      return { rounds: receiver.bodies.map((body) => parseRound(body)), answers };
    }

    test('are those that the node was asked, with the answers that it gave', async () => {
      const asked = comparable(await loadRounds(CAPTURES[1] ?? ''));
      const { rounds, answers } = await posted(asked);
      const expected = asked.map((round, index) => `${keyOf(asWrapped(round))} ${answerKey(answers[index])}`);
      const came = rounds.map((round) => `${keyOf(round)} ${answerKey(round.witness?.answers[0])}`);
      expect(asked).toHaveLength(900);
      expect(came.toSorted()).toEqual(expected.toSorted());
      expect(new Set(rounds.map(({ id }) => id)).size).toBe(900);
    });

    test.each([
      { file: CAPTURES[1] ?? '', count: 900 },
      { file: VECTORS[1] ?? '', count: 467 },
      { file: PROBES, count: 522 },
    ])('bear their witness, for both lanes: $file', async ({ file, count }) => {
      const { rounds } = await posted(comparable(await loadRounds(file)));
      expect(rounds).toHaveLength(count);
      await expectWitnessed(rounds);
    });

    test('bear it for a Solana chain, whose accounts are in the configuration', async () => {
      const asked = (await loadRounds(CAPTURES[1] ?? '')).flatMap((round) => bareSolana(round) ?? []);
      const { rounds, answers } = await posted(asked);
      expect(asked).toHaveLength(257);
      expect(asked.filter((round, index) => !gave(round, answers[index]))).toEqual([]);
      await expectWitnessed(rounds);
    });
  });

  test('makes serve compare a node with both lanes', async () => {
    const rounds = await loadRounds(CAPTURES[1] ?? '');
    // One node gives one of the answers that the order of Go's maps allows.
    const asked = rounds
      .filter((round) => aggregateRound(round).possible().length === 1)
      .flatMap((round) => bareEvents(round) ?? bareSolana(round) ?? []);
    const commandLine = await CommandLine.open();
    try {
      const serve = commandLine.start(['serve'], { env: SERVE });
      const url = await until('the address', () => /serving on (\S+?):? /.exec(serve.stderr)?.[1]);
      const { counts } = await node.replay(asked, url, TOKEN);
      expect(counts).toEqual({ Posted: asked.length, Dropped: 0, Failed: 0 });
      const samples = await until('the verdicts', async () => {
        const text = await (await fetch(`${url}/metrics`)).text();
        return sampleOf(text, 'rounds_pending') === 0 ? text : undefined;
      });
      expect(asked.length).toBeGreaterThan(1_100);
      for (const lane of ['legacy', 'loopp']) {
        expect(sampleOf(samples, `witness_total{lane="${lane}",result="agrees"}`)).toBe(asked.length);
        expect(sampleOf(samples, `witness_total{lane="${lane}",result="contradicts"}`)).toBe(0);
      }
      serve.child.kill('SIGTERM');
      expect((await serve.ended).exitCode).toBe(0);
    } finally {
      await commandLine.close();
    }
  });
});

const SERVE = {
  SECUREMINT_SHADOW_TOKEN: TOKEN,
  SECUREMINT_SHADOW_STAGE: 'shadow',
  SECUREMINT_SHADOW_HTTP_PORT: '0',
  SECUREMINT_SHADOW_HTTP_ROUNDS_PER_SECOND: '100000',
  SECUREMINT_SHADOW_COMPARISON_QUEUE_ROUNDS: '10000',
};

/** The rounds that v0.9.4 has an equal of and an aggregator for, as it has them. */
function comparable(rounds: readonly Round[]): readonly Round[] {
  return rounds.filter((round) => !isConfigRefused(round)).flatMap((round) => bareEvents(round) ?? []);
}

function isConfigRefused({ witness }: Round): boolean {
  return (witness?.answers ?? []).some(
    (answer) => answer.kind === 'error' && answer.error.startsWith('failed to parse config'),
  );
}

function asWrapped(round: Round): Round {
  const observations = round.observations.map(({ oracle, values }) => ({
    oracle,
    values: values.map(wrapEvent),
  }));
  return { ...round, observations };
}

const keyOf = (round: Round): string => Buffer.from(roundDigest(round)).toString('hex');

function answerKey(answer: WitnessAnswer | undefined): string {
  if (answer?.kind === 'outcome') return Buffer.from(answer.outcome).toString('hex');
  return answer?.kind === 'error' ? answer.error : 'a panic';
}

const gave = ({ witness }: Round, answer: WitnessAnswer | undefined): boolean =>
  (witness?.answers ?? []).map(answerKey).includes(answerKey(answer));

/** Both lanes give the node's answer; where the order of Go's maps decides, the node gave one that it allows. */
async function expectWitnessed(rounds: readonly Round[]): Promise<void> {
  const lane = await startLooppLane();
  try {
    const loopp = await askLane(lane, rounds);
    const unwitnessed = rounds.filter((round, index) => {
      const legacy = aggregateRound(round);
      const possible = legacy.possible();
      if (possible.length > 1) return !possible.some((answer) => isWitnessed(round, answer));
      return [legacy.outcome, loopp[index]].some(
        (answer) => answer === undefined || !isWitnessed(round, answer),
      );
    });
    expect(unwitnessed).toEqual([]);
  } finally {
    await lane.close();
  }
}

function sampleOf(metrics: string, series: string): number | undefined {
  const line = metrics.split('\n').find((text) => text.startsWith(`securemint_shadow_${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** The blocks of Go code in a document. */
function goBlocks(file: string): readonly string[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/```go\n(.*?)```/gs);
  return [...blocks].map(([, code = '']) => withoutIndent(code));
}

const withoutIndent = (code: string): string => code.replaceAll(/^[ \t]+/gm, '');
