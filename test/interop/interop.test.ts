import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Outcome } from '../../src/contract/lane.ts';
import type { Round } from '../../src/contract/round.ts';
import { bareEvents } from '../helpers/bare-events.ts';
import { CAPTURES, PROBES, VECTORS, isWitnessed, loadRounds } from '../helpers/conformance.ts';
import { goRun } from '../helpers/go-build.ts';
import { GoInterop } from '../helpers/go-interop.ts';
import type { HostRun } from '../helpers/go-interop.ts';
import { concat, field, toHex, varint } from '../helpers/wire.ts';

const TIMEOUT_MS = 300_000;
const everything = process.env['SECUREMINT_TEST'] === 'all';

/** Above 2^63-1. */
const SEPOLIA = 16_015_286_601_757_825_753n;
const ETHEREUM = 5_009_297_550_715_157_269n;

// Building host and plugin downloads Go modules, which the plain test run must not.
describe.skipIf(!everything)('a real Go host', { timeout: TIMEOUT_MS }, () => {
  let go: GoInterop;

  beforeAll(async () => {
    go = await GoInterop.build();
  }, TIMEOUT_MS);
  afterAll(() => go.remove());

  test('its messages are generated from the published .proto files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'securemint-generated-'));
    try {
      await goRun('test/interop/generate', folder);
      const files = readdirSync(folder);
      expect(files.toSorted()).toEqual([
        'external_adapter.pb.go',
        'loop.pb.go',
        'ocr3.pb.go',
        'securemint.pb.go',
      ]);
      for (const file of files) {
        expect(readFileSync(join('test/interop/wire', file), 'utf8')).toBe(
          readFileSync(join(folder, file), 'utf8'),
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('and our plugin', () => {
    test.each([
      { file: CAPTURES[0] ?? '', count: 1200 },
      { file: CAPTURES[1] ?? '', count: 1200 },
      { file: VECTORS[0] ?? '', count: 640 },
      { file: VECTORS[1] ?? '', count: 640 },
      { file: PROBES, count: 706 },
    ])('recorded answers: $file', async ({ file, count }) => {
      const rounds = await loadRounds(file);
      const run = await go.host(['-batch', '32'], rounds);
      expectFine(run);
      expectRecorded(run, rounds, count);
    });

    test('one round a call gives the same answers', async () => {
      const rounds = (await loadRounds(CAPTURES[1] ?? '')).slice(0, 100);
      const [single, batched] = [await go.host([], rounds), await go.host(['-batch', '32'], rounds)];
      expectFine(single);
      expect(single.answers).toEqual(batched.answers);
    });

    test.each([[[]], [['-plan-cookie']]])(
      'either cookie starts it, it is healthy and ends: %s',
      async (flags) => {
        const { exitCode, report, stderr } = await go.host(flags);
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        expect(report).toEqual({
          request: '',
          factoryID: 1,
          ready: true,
          healthReport: { PluginSecureMint: '' },
          readyAfterClose: false,
          secondFactoryID: 2,
          ending: { exit: 'exit status 0', left: [] },
        });
      },
    );

    test('closed twice, as chainlink does, it is given no time to exit and still leaves no socket', async () => {
      const { exitCode, report, stderr } = await go.host(['-close-twice']);
      expect(exitCode).toBe(0);
      expect(report.ending?.left).toEqual([]);
      expect(stderr).toContain('plugin failed to exit gracefully');
    });

    describe('a factory of', () => {
      test("the plan's request: the target chain selector alone", async () => {
        const config = encodeValueMap(new Map([['targetChainSelector', { kind: 'int64', value: ETHEREUM }]]));
        const rounds = withConfig(await loadRounds(CAPTURES[0] ?? ''), config);
        const run = await go.host(['-bare', '-selector', String(ETHEREUM)], rounds);
        expectFine(run);
        expect(run.report.request).toBe(planRequest(ETHEREUM));
        expectRecorded(run, rounds, 600);
      });

      test("the plan's request with a selector that no int64 holds: refused as in 2025-07", async () => {
        const rounds = (await loadRounds(CAPTURES[0] ?? '')).slice(0, 10);
        const run = await go.host(['-bare', '-selector', String(SEPOLIA)], rounds);
        expectFine(run);
        expect(run.report.request).toBe(planRequest(SEPOLIA));
        expect(rounds.map((round) => answerOf(run, round))).toEqual(
          rounds.map(() => ({
            kind: 'error',
            error: 'failed to parse config: targetChainSelector is required',
          })),
        );
      });

      test.each([
        { selector: ETHEREUM, dataId: '0x01c50800000000000000000000000001' },
        { selector: SEPOLIA, dataId: '0x01c50800000000000000000000000003' },
      ])('selector $selector, data id and revision', async ({ selector, dataId }) => {
        const config = encodeValueMap(
          new Map([
            ['targetChainSelector', { kind: 'string', value: String(selector) }],
            ['dataID', { kind: 'string', value: dataId }],
          ]),
        );
        const rounds = withConfig(await loadRounds(CAPTURES[1] ?? ''), config);
        const flags = ['-selector', String(selector), '-data-id', dataId, '-revision', '2025-09'];
        const run = await go.host(['-bare', ...flags], rounds);
        expectFine(run);
        expectRecorded(run, rounds, 300);
      });
    });

    test('a factory without a config refuses rounds that bring none', async () => {
      const [round] = await loadRounds(CAPTURES[1] ?? '');
      const { report } = await go.host(['-bare'], round === undefined ? [] : [round]);
      expect(report.error).toMatch(
        /code = InvalidArgument desc = execution ".*" has no config, and neither has the factory$/,
      );
      expect(report.ending).toEqual({ exit: 'exit status 0', left: [] });
    });

    test.each([
      { means: 'versions 0 and 1', flags: ['-versions', '0,1'] },
      { means: 'multiplexing', flags: ['-env', 'PLUGIN_MULTIPLEX_GRPC=true'] },
    ])('starts when the host mentions $means', async ({ flags }) => {
      const run = await go.host(flags);
      expectFine(run);
    });

    test.each([[[]], [['-close-twice']]])(
      'takes its sockets out of a folder it was given: %s',
      async (flags) => {
        const folder = mkdtempSync(join(tmpdir(), 'securemint-sockets-'));
        try {
          const run = await go.host(['-env', `PLUGIN_UNIX_SOCKET_DIR=${folder}`, ...flags]);
          expect(run.exitCode).toBe(0);
          expect(readdirSync(folder)).toEqual([]);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    );

    test.each([
      {
        means: 'other versions',
        flags: ['-versions', '1'],
        error: 'Incompatible API version with plugin. Plugin version: 0, Client versions: [1]',
        log: 'the host speaks versions 1, this plugin 0',
      },
      {
        means: 'multiplexing',
        flags: ['-multiplex'],
        error: 'client requested gRPC broker multiplexing but plugin does not support the feature',
        log: '',
      },
      {
        means: 'TLS',
        flags: ['-auto-mtls'],
        error: 'Unrecognized remote plugin message',
        log: 'PLUGIN_CLIENT_CERT is set: the host asks for AutoMTLS, which this plugin does not serve',
      },
    ])('does not start for a host that insists on $means', async ({ flags, error, log }) => {
      const { exitCode, report, stderr } = await go.host(flags);
      expect(exitCode).toBe(1);
      expect(report.error).toContain(error);
      expect(stderr).toContain(log);
    });
  });

  test('and a Go plugin: the wire is the same without us', async () => {
    const rounds = (await loadRounds(CAPTURES[1] ?? '')).filter(isComparable).slice(0, 100);
    const run = await go.host(['-batch', '32'], rounds, [go.plugin]);
    // A Go plugin's process may end before it has removed its sockets.
    expect({ error: run.report.error, exit: run.report.ending?.exit }).toEqual({
      error: undefined,
      exit: 'exit status 0',
    });
    expectRecorded(run, rounds, 100);
  });
});

/** The bytes of the migration plan's NewSecureMintFactoryRequest{config{targetChainSelector}}, in hex. */
const planRequest = (selector: bigint): string =>
  toHex(field(2, concat(Uint8Array.of(0x08), varint(selector))));

/** Whether chainlink-common v0.9.4 can answer the round. */
const isComparable = (round: Round): boolean => bareEvents(round) !== undefined;

function answerOf({ answers }: HostRun, { id }: Round): Outcome {
  return answers.get(id) ?? { kind: 'error', error: 'the host printed no answer' };
}

function expectFine({ exitCode, report, stderr }: HostRun): void {
  expect({ exitCode, stderr, error: report.error }).toEqual({ exitCode: 0, stderr: '', error: undefined });
  expect(report.ending).toEqual({ exit: 'exit status 0', left: [] });
}

/** Rounds whose recorded answers stand for this configuration. */
function withConfig(rounds: readonly Round[], config: Uint8Array): readonly Round[] {
  return rounds.filter((round) => Buffer.compare(round.config, config) === 0);
}

function expectRecorded(run: HostRun, rounds: readonly Round[], count: number): void {
  const wrong = rounds.filter((round) => !isWitnessed(round, answerOf(run, round)));
  expect(wrong.map(({ id }) => id)).toEqual([]);
  expect(rounds).toHaveLength(count);
}
