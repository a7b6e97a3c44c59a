import { recoverAddress } from 'ethers';
import { describe, expect, test } from 'vitest';
import { reportDigest } from '../../../loopp/provider/evm/delivery/signatures.ts';
import { SimulationError } from '../../../loopp/simulator/agreement.ts';
import { Dice } from '../../../loopp/simulator/dice.ts';
import { FAULT_NAMES } from '../../../loopp/simulator/faults.ts';
import type { Fault } from '../../../loopp/simulator/faults.ts';
import { seededWorld } from '../../../loopp/simulator/seeded-world.ts';
import { fixedWorld } from '../../../loopp/simulator/world.ts';
import { chainName } from '../../../src/chains/selectors.ts';
import type { ReportingPlugin } from '../../../src/contract/reporting-plugin.ts';
import type { Round } from '../../../src/contract/round.ts';
import { parseRound } from '../../../src/rounds/parse.ts';
import {
  InProcess,
  OPTIONS,
  always,
  eventIn,
  eventsOf,
  linesOf,
  movingWorld,
  simulate,
} from './simulation.ts';
import type { SeenEvent } from './simulation.ts';

const ROOTSTOCK = 8953668971247136127n;
const TELOS = 729797994450396300n;

/** Events whose signatures are all good for their report, each once. */
function attestedIn(rounds: readonly Round[], signers: readonly string[]): readonly SeenEvent[] {
  const values = rounds.flatMap(({ observations }) => observations.flatMap((own) => own.values));
  const different = new Map(values.map((value) => [Buffer.from(value).toString('hex'), value]));
  return [...different.values()].flatMap((value) => {
    try {
      const event = eventIn(value);
      return isAttested(event, signers) ? [event] : [];
    } catch {
      return [];
    }
  });
}

const isAttested = (
  { report, configDigest, seqNr, signatures }: SeenEvent,
  signers: readonly string[],
): boolean =>
  signatures.every(({ signer, signature }) => {
    const digest = reportDigest(report, { configDigest, seqNr });
    return (
      recoverAddress(digest, `0x${Buffer.from(signature).toString('hex')}`).toLowerCase() === signers[signer]
    );
  });

const allEvents = (round: Round): readonly SeenEvent[] => [...eventsOf(round).values()].flat();

const ofEveryOracle = <T>(told: T): readonly T[] => [told, told, told, told];

test("the pair of the node's integration test comes out", async () => {
  const world = fixedWorld(
    new Map([
      [ROOTSTOCK, { block: 40n, mintable: 10n }],
      [TELOS, { block: 5n, mintable: 25n }],
    ]),
  );
  const { rounds, simulator } = await simulate({ rounds: 4, chains: [ROOTSTOCK, TELOS], world });
  const told = rounds.map((round) =>
    [...eventsOf(round).values()].map((events) => {
      const { selector, seqNr, block, mintable } = events.at(-1) ?? expect.fail('expected an event');
      return { selector, seqNr, block, mintable };
    }),
  );
  // The first round agrees on blocks, the second on the mintables there; nothing moves after that.
  expect(told).toEqual([
    ofEveryOracle({ selector: ROOTSTOCK, seqNr: 2n, block: 40n, mintable: 10n }),
    ofEveryOracle({ selector: TELOS, seqNr: 2n, block: 5n, mintable: 25n }),
  ]);
  expect(simulator.tally).toMatchObject({ ocrRounds: 4, withoutReport: 3, reports: 2, signatures: 6 });
});

describe('rounds', () => {
  test('are read from a capture as they were', async () => {
    const simulated = await simulate();
    const read = linesOf(simulated).map((line) => parseRound(line));
    expect(linesOf({ ...simulated, rounds: read })).toEqual(linesOf(simulated));
    expect(read).toHaveLength(15);
    expect(simulated.simulator.tally.rounds).toBe(15);
  });

  test('are one for each workflow, which carries its outcome on', async () => {
    const { rounds } = await simulate();
    const seen = rounds.map(({ workflow, consensusSeqNr, f }) => [workflow, consensusSeqNr, f]);
    expect(seen).toEqual(
      [1, 2, 3, 4, 5].flatMap((seqNr) =>
        OPTIONS.chains.map((selector) => [`securemint-${String(chainName(selector))}`, seqNr, 1]),
      ),
    );
    expect(rounds.map(({ previousOutcome }) => previousOutcome === null)).toEqual([
      ...Array<boolean>(3).fill(true),
      ...Array<boolean>(12).fill(false),
    ]);
  });

  test('have no previous outcome when every aggregation fails', async () => {
    const { rounds } = await simulate({}, { aggregate: () => ({ kind: 'error', error: 'any' }) });
    expect(rounds).toHaveLength(15);
    expect(rounds.every(({ previousOutcome }) => previousOutcome === null)).toBe(true);
  });

  test('end each list with the event of their chain, if that has one', async () => {
    const { rounds, simulator } = await simulate({ rounds: 25 });
    for (const [at, round] of rounds.entries()) {
      const target = OPTIONS.chains[at % 3];
      for (const events of eventsOf(round).values()) {
        const own = events.filter(({ selector }) => selector === target);
        expect(own).toEqual(round.note === 'no report for this chain' ? [] : events.slice(-1));
        if (round.note === 'all oracles agree') expect(events).toHaveLength(1);
      }
    }
    expect(new Set(rounds.map(({ note }) => note))).toEqual(
      new Set(['all oracles agree', 'events of every chain in each list', 'no report for this chain']),
    );
    const withoutReport = rounds.filter(({ note }) => note === 'no report for this chain');
    expect(simulator.tally.reports).toBe(rounds.length - withoutReport.length);
  });

  test('are the first of a longer simulation', async () => {
    const few = linesOf(await simulate({ rounds: 4 }));
    expect(few).toHaveLength(9);
    expect(linesOf(await simulate({ rounds: 6 })).slice(0, 9)).toEqual(few);
  });

  test('have ids that no other simulation has', async () => {
    const simulations = [
      await simulate({ rounds: 3 }),
      await simulate({ rounds: 3, seed: 8 }),
      await simulate({ rounds: 3, faults: [always('duplicated', 1)] }),
      await simulate({ rounds: 3, chains: OPTIONS.chains.slice(0, 2), revision: '2025-07' }),
    ];
    const ids = simulations.flatMap(({ rounds }) => rounds.map(({ id }) => id));
    expect(ids).toHaveLength(22);
    expect(new Set(ids).size).toBe(22);
    expect(ids.every((id) => /^[0-9a-f]{64}$/.test(id))).toBe(true);
  });
});

describe('reports', () => {
  test.each<readonly [string, readonly Fault[]]>([
    ['nobody', []],
    ['one', [always('lying', 3)]],
    ['one', [always('lagging', 3)]],
    ['one', [always('silent', 3)]],
    ['one', [always('byzantine-bytes', 3)]],
    ['each in its turn', FAULT_NAMES.map((name) => ({ name, oracle: undefined, percent: 50 }))],
  ])('say what the world is like, at a block that was seen, when %s is faulty: %o', async (_who, faults) => {
    const { rounds, simulator } = await simulate({ rounds: 10, faults });
    const world = seededWorld(OPTIONS.chains, new Dice(OPTIONS.seed));
    const oracles = [0, 1, 2, ...(faults.some(({ oracle }) => oracle === 3) ? [] : [3])];
    // Garbage is no report of the DON.
    const honest = attestedIn(rounds, simulator.signers);
    expect(honest.length).toBeGreaterThan(20);
    for (const { selector, block, mintable, seqNr } of honest) {
      const before = Array.from({ length: 10 }, (_, at) => at + 1);
      const seen = before.flatMap((round) =>
        oracles.map((oracle) => world.latestBlock(selector, round, oracle)),
      );
      expect(seen).toContain(block);
      const amounts = before.map((round) => world.mintable(selector, block, round));
      expect(amounts).toContain(mintable);
      if (simulator.tally.withoutOutcome === 0) expect(mintable).toBe(amounts[Number(seqNr) - 1]);
    }
  });

  test('are signed by a Byzantine quorum, each signature good for the forwarder', async () => {
    const { rounds, simulator } = await simulate();
    const reports = new Map(rounds.flatMap(allEvents).map((event) => [event.report.toString(), event]));
    expect(reports.size).toBe(simulator.tally.reports);
    for (const event of reports.values()) {
      expect(new Set(event.signatures.map(({ signer }) => signer)).size).toBe(3);
      expect(isAttested(event, simulator.signers)).toBe(true);
    }
    // Whose signature comes first moves on with the sequence number.
    const first = [...reports.values()].map(({ seqNr, signatures }) => [seqNr, signatures[0]?.signer]);
    expect(first).toEqual([...reports.values()].map(({ seqNr }) => [seqNr, Number(seqNr % 4n)]));
    expect(new Set(simulator.signers).size).toBe(4);
  });
});

describe('a DON of another size', () => {
  test('is one oracle alone', async () => {
    const { rounds } = await simulate({ rounds: 3, n: 1, f: 0 });
    expect(rounds).toHaveLength(6);
    for (const round of rounds) {
      expect([...eventsOf(round).keys()]).toEqual([0]);
      expect(allEvents(round)[0]?.signatures.map(({ signer }) => signer)).toEqual([0]);
    }
  });

  test('is seven, of which two lie and move nothing', async () => {
    const size = { rounds: 4, n: 7, f: 2, world: movingWorld };
    const honest = await simulate(size);
    const lied = await simulate({ ...size, faults: [always('lying', 2), always('lying', 5)] });
    expect(lied.rounds).toHaveLength(9);
    expect(lied.rounds.map(({ observations }) => observations)).toEqual(
      honest.rounds.map(({ observations }) => observations),
    );
    expect(new Set(lied.rounds.flatMap(allEvents).map(({ signatures }) => signatures.length))).toEqual(
      new Set([5]),
    );
  });
});

/** The plugin of oracle 2 does something else. */
const withOddOracle = (
  odd: (plugin: ReportingPlugin) => void,
  faults: readonly Fault[] = [],
): ReturnType<typeof simulate> => {
  const host = new InProcess();
  host.spoil = (plugin, oracle) => {
    if (oracle === 2) odd(plugin);
  };
  return simulate({ rounds: 3, faults }, { host });
};

describe('plugins that do what no correct ones do', () => {
  test.each([
    [
      'another outcome',
      'the outcome: expected one answer of all oracles, got 2',
      (plugin: ReportingPlugin) => {
        plugin.outcome = () => Promise.resolve(Buffer.from('{}'));
      },
    ],
    [
      'other reports',
      'the reports: expected one answer of all oracles, got 2',
      (plugin: ReportingPlugin) => {
        plugin.reports = () =>
          Promise.resolve([
            {
              reportWithInfo: { report: new Uint8Array(), info: new Uint8Array(8) },
              transmissionScheduleOverride: undefined,
            },
          ]);
      },
    ],
    [
      'another quorum',
      'the quorum: expected one answer of all oracles, got 2',
      (plugin: ReportingPlugin) => {
        plugin.observationQuorum = () => Promise.resolve(false);
      },
    ],
  ])('%s ends the simulation', async (_what, message, odd) => {
    await expect(withOddOracle(odd)).rejects.toThrow(new SimulationError(message));
  });

  test('one that transmits nothing has no events of its own', async () => {
    const { rounds } = await withOddOracle((plugin) => {
      plugin.shouldTransmitAcceptedReport = () => Promise.resolve(false);
    });
    expect(rounds).toHaveLength(6);
    for (const round of rounds) expect(eventsOf(round).get(2)).toEqual([]);
  });
});
