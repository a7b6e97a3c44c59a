import { expect } from 'vitest';
import { DataFeedsCacheReader } from '../../loopp/provider/evm/delivery/cache.ts';
import type { StoredAnswer } from '../../loopp/provider/evm/delivery/cache.ts';
import type { LaneName } from '../../src/contract/judgement.ts';
import type { Round } from '../../src/contract/round.ts';
import { plainRound } from '../helpers/arbitraries.ts';
import { CommandLine, expectSum, joined, lineOf, memberOf, parseJson } from '../helpers/cli.ts';
import type { Ended, Json, Running } from '../helpers/cli.ts';
import { CAPTURES, loadRounds } from '../helpers/conformance.ts';
import { unhex } from '../helpers/wire.ts';
import { RestartableAnvil } from './restartable-anvil.ts';
import { TroubledNode } from './troubled-node.ts';
import { SIGNER_KEYS, TwoCaches, dataIdOf } from './two-caches.ts';

/** A run of the command and what it left. */
export interface Ran extends Ended {
  readonly report: Json;
  /** Of the report: what the chain says. */
  readonly chain: Json;
  readonly journal: readonly Json[];
  readonly record: readonly Json[];
}

/** A run that is on its way. */
export interface StartedRun {
  readonly running: Running;
  readonly ended: Promise<Ran>;
}

const SENDER = 1;

/** `run --chain` against a chain with two caches, behind a node that can have trouble. */
export class ChainRuns {
  readonly anvil: RestartableAnvil;
  readonly node: TroubledNode;
  readonly cli: CommandLine;
  caches: TwoCaches;
  /** Of 2025-09: a scripted DON's, Solana among them. */
  readonly captured: readonly Round[];
  private snapshot: unknown;
  private runs = 0;

  private constructor(
    anvil: RestartableAnvil,
    node: TroubledNode,
    cli: CommandLine,
    caches: TwoCaches,
    captured: readonly Round[],
  ) {
    this.anvil = anvil;
    this.node = node;
    this.cli = cli;
    this.caches = caches;
    this.captured = captured;
  }

  static async start(): Promise<ChainRuns> {
    const captured = await loadRounds(CAPTURES[1] ?? '');
    const anvil = await RestartableAnvil.start();
    const node = await TroubledNode.start(() => anvil.url);
    const caches = await deploy(anvil, captured);
    const cli = await CommandLine.open();
    await cli.file('sender.key', `# of the account that pays\n${anvil.wallet(SENDER).privateKey}\n`);
    await cli.file('signers.keys', SIGNER_KEYS.join('\n'));
    const runs = new ChainRuns(anvil, node, cli, caches, captured);
    await runs.save();
    return runs;
  }

  /** As it was after the start, and without trouble. */
  async reset(): Promise<void> {
    this.node.plan = () => undefined;
    this.node.asked.length = 0;
    const isBack: unknown = await this.anvil.provider.send('evm_revert', [this.snapshot]);
    // A chain that was restarted has forgotten what it was before.
    if (isBack !== true) this.caches = await deploy(this.anvil, this.captured);
    await this.save();
  }

  async stop(): Promise<void> {
    await this.cli.close();
    await this.node.stop();
    await this.anvil.stop();
  }

  /** `config`: what is otherwise than usual. */
  async begin(
    rounds: readonly Round[],
    config: object = {},
    args: readonly string[] = [],
  ): Promise<StartedRun> {
    const out = `out-${String(++this.runs)}`;
    await this.cli.file('chain.yaml', this.caches.config(this.node.url, config));
    await this.cli.file('rounds.jsonl', joined(rounds.map(lineOf)));
    const command = ['run', 'rounds.jsonl', '--chain', 'chain.yaml', '--out', out, ...args];
    const running = this.cli.start(command);
    return { running, ended: running.ended.then((ended) => this.ran(ended, out)) };
  }

  async run(...given: Parameters<ChainRuns['begin']>): Promise<Ran> {
    return (await this.begin(...given)).ended;
  }

  /** What a lane's cache has of the round's feed. */
  latest(lane: LaneName, round: Round): Promise<StoredAnswer | undefined> {
    const reader = new DataFeedsCacheReader(this.caches[lane], this.anvil.provider);
    return reader.latest(unhex(dataIdOf(round).slice('0x'.length)));
  }

  /** In the middle of a run: once so many transactions have been asked for. */
  get sent(): number {
    return this.node.asked.filter((method) => method === 'eth_sendRawTransaction').length;
  }

  private async ran(ended: Ended, out: string): Promise<Ran> {
    const text = await this.cli.read(`${out}/report.json`).catch(() => undefined);
    if (text === undefined) throw new Error(`expected a report, got none: ${ended.stderr}`);
    const report = parseJson(text);
    return {
      ...ended,
      report,
      chain: memberOf(report, 'chain'),
      journal: await this.cli.lines(`${out}/journal.jsonl`),
      record: await this.cli.lines(`${out}/chain.jsonl`),
    };
  }

  private async save(): Promise<void> {
    this.snapshot = await this.anvil.provider.send('evm_snapshot', []);
  }
}

function deploy(anvil: RestartableAnvil, captured: readonly Round[]): Promise<TwoCaches> {
  const feeds = new Set([plainRound(), ...captured].map(dataIdOf));
  return TwoCaches.deploy(anvil.wallet(0), [...feeds]);
}

/** Whatever happened on the chain, every round was judged, journalled and told of once. */
export function expectNothingLost({ report, chain, journal, record }: Ran, rounds: readonly Round[]): void {
  const ids = rounds.map(({ id }) => id);
  expectSum(report);
  expect(report['rounds']).toBe(rounds.length);
  expect(journal.map(({ id }) => id)).toEqual(ids);
  expect(record).toHaveLength(ids.length);
  expect(new Set(record.map(({ id }) => id))).toEqual(new Set(ids));
  const { rounds: sum, reasons: _reasons, legacy: _legacy, loopp: _loopp, ...kinds } = chain;
  expect(sum).toBe(rounds.length);
  expect(Object.values(kinds).reduce((total: number, count) => total + Number(count), 0)).toBe(sum);
}

/** Trouble on the chain is none of the lanes'. */
export function expectAllMatch({ report }: Ran): void {
  expect(memberOf(report, 'verdicts')['match']).toBe(report['rounds']);
}
