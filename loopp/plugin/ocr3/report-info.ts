import { ReportInfo } from '../../../src/codec/capability.ts';
import type { Id } from '../../../src/codec/capability.ts';
import { message, optionalString, stringMap } from '../../../src/codec/message.ts';

/** `google.protobuf.Struct` as far as its values are texts. */
const StructValue = message({ stringValue: optionalString(3) });
const Struct = message({ fields: stringMap(1, StructValue) });

const KEY_BUNDLE = 'keyBundleName';
const REPORT_INFO = 'reportInfo';

/** Which execution a report is of, and whether there is something to report. */
export interface ExecutionReport {
  readonly id: Id;
  readonly shouldReport: boolean;
}

/** These bytes are not the info of a report of this plugin. */
export class ReportInfoError extends Error {
  override readonly name = 'ReportInfoError';
}

/**
 * The info that goes with a report: a Struct of the key bundle that signs it (the id's `keyId`) and of `ReportInfo` in
 * standard base64 (docs/spec/aggregator.md G.3). Deterministic.
 */
export function encodeReportInfo({ id, shouldReport }: ExecutionReport): Uint8Array {
  const info = Buffer.from(ReportInfo.encode({ id, shouldReport })).toString('base64');
  return Struct.encode({
    fields: new Map([
      [KEY_BUNDLE, { stringValue: id.keyId }],
      [REPORT_INFO, { stringValue: info }],
    ]),
  });
}

/** Throws `ProtobufError` and `ReportInfoError`. */
export function decodeReportInfo(info: Uint8Array): ExecutionReport {
  const base64 = Struct.decode(info).fields.get(REPORT_INFO)?.stringValue;
  if (base64 === undefined) throw new ReportInfoError(`info: expected a text ${REPORT_INFO}, got none`);
  const { id, shouldReport } = ReportInfo.decode(Buffer.from(base64, 'base64'));
  if (id === undefined) throw new ReportInfoError(`info: expected an id in ${REPORT_INFO}, got none`);
  return { id, shouldReport };
}
