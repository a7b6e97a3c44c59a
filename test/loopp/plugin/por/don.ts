import { decodeOutcome } from '../../../../loopp/plugin/por/messages.ts';
import type { PorOutcome } from '../../../../loopp/plugin/por/messages.ts';
import { asServiceError } from '../../../../loopp/wire/grpc.ts';
import { unpackSelector } from '../../../../loopp/wire/upstream-values.ts';
import type {
  BlockMintablePair,
  Blocks,
  ExternalAdapter,
  ExternalAdapterPayload,
} from '../../../../src/contract/external-adapter.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportPlus,
  ReportingPlugin,
} from '../../../../src/contract/reporting-plugin.ts';
import { messageOf } from '../../../../src/errors.ts';
import { FIRST_ROUND, QUERY, contextAfter, payloadOf, textOf } from './builders.ts';

/** Chains as one oracle's external adapter sees them. */
export class World implements ExternalAdapter {
  /** The newest block of each chain. */
  latest: Blocks = new Map();
  /** What may be minted on a chain at a block. */
  mintable: (selector: bigint, block: bigint) => bigint = () => 0n;
  /** An adapter that is behind has no mintables. */
  behind = false;
  readonly asked: Blocks[] = [];

  getPayload(blocks: Blocks): Promise<ExternalAdapterPayload> {
    this.asked.push(blocks);
    const pairs = [...(this.behind ? [] : blocks)].map(([selector, block]): [bigint, BlockMintablePair] => [
      selector,
      { block, mintable: this.mintable(selector, block) },
    ]);
    return Promise.resolve(payloadOf({ mintables: new Map(pairs), latestBlocks: this.latest }));
  }
}

/** What a round came to. */
export interface PorRound {
  readonly outcome: PorOutcome;
  /** By selector, in the order of the reports; bytes as text. */
  readonly reports: ReadonlyMap<bigint, string>;
  /** Oracles whose observation there was not, or was refused, and why. */
  readonly silent: ReadonlyMap<number, string>;
}

/** Oracles that take rounds of OCR3 together, one after the other. */
export class Don {
  private readonly plugins: readonly ReportingPlugin[];
  private seqNr = 0n;
  private outcome: Uint8Array = new Uint8Array();

  constructor(plugins: readonly ReportingPlugin[]) {
    this.plugins = plugins;
  }

  /** `lies`: what some oracles send instead of what their plugin says. */
  async round(lies: ReadonlyMap<number, Uint8Array> = new Map()): Promise<PorRound> {
    this.seqNr++;
    const context = this.seqNr === 1n ? FIRST_ROUND : contextAfter(this.outcome, this.seqNr);
    const silent = new Map<number, string>();
    const heard: AttributedObservation[] = [];
    for (const [observer, plugin] of this.plugins.entries()) {
      try {
        const observation = lies.get(observer) ?? (await plugin.observation(context, QUERY));
        await this.validate(context, { observer, observation });
        heard.push({ observer, observation });
      } catch (error) {
        // Over the wire the plugin's text is the status' details.
        silent.set(observer, asServiceError(error)?.details ?? messageOf(error));
      }
    }
    const isQuorum = await this.agreed((plugin) => plugin.observationQuorum(context, QUERY, heard));
    if (!isQuorum) throw new Error('the observations are no quorum');
    this.outcome = await this.agreed((plugin) => plugin.outcome(context, QUERY, heard));
    const reports = await this.agreed((plugin) => plugin.reports(this.seqNr, this.outcome));
    return { outcome: decodeOutcome(this.outcome), reports: await this.transmitted(reports), silent };
  }

  private async validate(context: OutcomeContext, observation: AttributedObservation): Promise<void> {
    for (const plugin of this.plugins) await plugin.validateObservation(context, QUERY, observation);
  }

  /** What every oracle answers. */
  private async agreed<T>(ask: (plugin: ReportingPlugin) => Promise<T>): Promise<T> {
    const [first, ...others] = await Promise.all(this.plugins.map(ask));
    if (first === undefined) throw new Error('expected at least one oracle, got none');
    const texts = [first, ...others].map(shown);
    if (new Set(texts).size !== 1) throw new Error(`expected one answer, got ${texts.join(' and ')}`);
    return first;
  }

  private async transmitted(reports: readonly ReportPlus[]): Promise<ReadonlyMap<bigint, string>> {
    const sent = new Map<bigint, string>();
    for (const { reportWithInfo } of reports) {
      const { report, info } = reportWithInfo;
      const questions = [
        (plugin: ReportingPlugin) => plugin.shouldAcceptAttestedReport(this.seqNr, reportWithInfo),
        (plugin: ReportingPlugin) => plugin.shouldTransmitAcceptedReport(this.seqNr, reportWithInfo),
      ];
      const answers = await Promise.all(questions.map((question) => this.agreed(question)));
      if (answers.includes(false)) continue;
      sent.set(unpackSelector(info), textOf(report));
    }
    return sent;
  }
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) =>
    member instanceof Uint8Array ? Buffer.from(member).toString('hex') : member,
  );
