import type { ReportPlus, ReportWithInfo } from '../../src/contract/reporting-plugin.ts';

/** Plugins do what no correct ones do; the message says what. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** The one answer that all oracles gave; answers are the same when their texts are. Throws `SimulationError`. */
export function agreed<T>(what: string, answers: readonly T[], textOf: (answer: T) => string): T {
  const [first] = answers;
  if (first === undefined) throw new SimulationError('expected at least one oracle, got none');
  const texts = new Set(answers.map(textOf));
  if (texts.size === 1) return first;
  throw new SimulationError(`${what}: expected one answer of all oracles, got ${String(texts.size)}`);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const textOfReports = (reports: readonly ReportPlus[]): string =>
  reports.map(({ reportWithInfo: { report, info } }) => `${hex(report)} ${hex(info)}`).join();

const SELECTOR_BYTES = 8;

/** As a node reads a report's info: 8 bytes, the lowest first (docs/spec/loopp-wire.md D.4). Throws `SimulationError`. */
export function selectorOf({ info }: ReportWithInfo): bigint {
  if (info.length >= SELECTOR_BYTES) return Buffer.from(info).readBigUInt64LE();
  throw new SimulationError(
    `the info of a report: expected ${String(SELECTOR_BYTES)} bytes, got ${String(info.length)}`,
  );
}
