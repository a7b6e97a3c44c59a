import type { AnswerFormat } from '../../../harness/verdict.ts';
import type { Ocr3Report } from '../../../loopp/host/ocr3-round.ts';
import { ReportPlus } from '../../../loopp/wire/ocr3-messages.ts';
import { bytes, message, packedUint32, repeated } from '../../codec/message.ts';
import type { Message } from '../../codec/message.ts';
import type { FieldDifference } from '../../contract/verdict.ts';

/** What a lane answers to a whole round of OCR3: the bytes that the journal holds. */
const Ocr3Answer = message({
  outcome: bytes(1),
  reports: repeated(2, ReportPlus),
  /** Whether each report would be transmitted; on the wire, a packed list of bool. */
  transmitted: packedUint32(3),
});
type Ocr3Answer = Message<typeof Ocr3Answer>;

export function encodeAnswer(outcome: Uint8Array, reports: readonly Ocr3Report[]): Uint8Array {
  return Ocr3Answer.encode({
    outcome,
    reports: reports.map(({ reportWithInfo, transmissionScheduleOverride }) => ({
      reportWithInfo,
      transmissionScheduleOverride,
    })),
    transmitted: reports.map(({ transmitted }) => (transmitted ? 1 : 0)),
  });
}

/** Bytes that follow the path are shown this far. */
const SHOWN_BYTES = 64;

/** Differences are whole: the `outcome`, and each of `reports[i]` and `reports[i].transmitted`. */
export const OCR3_ANSWER: AnswerFormat = {
  check: (answer) => void Ocr3Answer.decode(answer),
  compare: (legacy, loopp) => {
    const [control, candidate] = [Ocr3Answer.decode(legacy), Ocr3Answer.decode(loopp)];
    return [...partDifferences(control, candidate), ...transmissionDifferences(control, candidate)];
  },
};

function partDifferences(legacy: Ocr3Answer, loopp: Ocr3Answer): readonly FieldDifference[] {
  const [control, candidate] = [partsOf(legacy), partsOf(loopp)];
  const paths = [...new Set([...control.keys(), ...candidate.keys()])];
  return paths.flatMap((path) => difference(path, control.get(path), candidate.get(path)));
}

/** A report that only one side has differs as a whole. */
function transmissionDifferences(legacy: Ocr3Answer, loopp: Ocr3Answer): readonly FieldDifference[] {
  return legacy.transmitted.flatMap((control, index): readonly FieldDifference[] => {
    const candidate = loopp.transmitted[index];
    if (candidate === undefined || candidate === control) return [];
    const path = `reports[${String(index)}].transmitted`;
    return [{ path, kind: 'value', legacy: yesOrNo(control), loopp: yesOrNo(candidate) }];
  });
}

const yesOrNo = (flag: number): string => (flag === 0 ? 'false' : 'true');

function partsOf({ outcome, reports }: Ocr3Answer): ReadonlyMap<string, Uint8Array> {
  const parts = reports.map(
    (report, index) => [`reports[${String(index)}]`, ReportPlus.encode(report)] as const,
  );
  return new Map([['outcome', outcome], ...parts]);
}

function difference(
  path: string,
  legacy: Uint8Array | undefined,
  loopp: Uint8Array | undefined,
): readonly FieldDifference[] {
  if (legacy === undefined) return loopp === undefined ? [] : [{ path, kind: 'extra', loopp: shown(loopp) }];
  if (loopp === undefined) return [{ path, kind: 'missing', legacy: shown(legacy) }];
  if (Buffer.compare(legacy, loopp) === 0) return [];
  const from = firstDifference(legacy, loopp);
  return [{ path, kind: 'value', legacy: shown(legacy, from), loopp: shown(loopp, from) }];
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length : at;
}

function shown(part: Uint8Array, from = 0): string {
  const hex = Buffer.from(part.subarray(from, from + SHOWN_BYTES)).toString('hex');
  const more = part.length > from + SHOWN_BYTES ? '...' : '';
  const where = from === 0 ? '' : `, from byte ${String(from)}`;
  return `${String(part.length)} bytes${where}: 0x${hex}${more}`;
}
