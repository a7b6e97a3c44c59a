import {
  bool,
  bytes,
  int64,
  message,
  nested,
  packedInt64,
  packedUint32,
  repeated,
  string,
  uint32,
  uint64,
} from '../../src/codec/message.ts';

/**
 * Package `loop.internal.pb.ocr3` (docs/spec/loopp-wire.md D.3, proto/ocr3.proto). Members are named as in
 * src/contract/reporting-plugin.ts, so that what comes off the wire is what the plugin takes.
 */

export const ReportingPluginConfig = message({
  configDigest: bytes(1),
  oracleId: uint32(2),
  n: uint32(3),
  f: uint32(4),
  onchainConfig: bytes(5),
  offchainConfig: bytes(6),
  estimatedRoundIntervalNs: int64(7),
  maxDurationQueryNs: int64(8),
  maxDurationObservationNs: int64(9),
  maxDurationShouldAcceptAttestedReportNs: int64(10),
  maxDurationShouldTransmitAcceptedReportNs: int64(11),
});

export const NewReportingPluginRequest = message({ reportingPluginConfig: nested(1, ReportingPluginConfig) });

export const ReportingPluginLimits = message({
  maxQueryLength: uint64(1),
  maxObservationLength: uint64(2),
  maxOutcomeLength: uint64(3),
  maxReportLength: uint64(4),
  maxReportCount: uint64(5),
});

export const ReportingPluginInfo = message({
  name: string(1),
  reportingPluginLimits: nested(2, ReportingPluginLimits),
});

export const NewReportingPluginReply = message({
  reportingPluginId: uint32(1),
  reportingPluginInfo: nested(2, ReportingPluginInfo),
});

export const OutcomeContext = message({
  seqNr: uint64(1),
  previousOutcome: bytes(2),
  epoch: uint64(3),
  round: uint64(4),
});

export const AttributedObservation = message({ observation: bytes(1), observer: uint32(2) });

export const QueryRequest = message({ outcomeContext: nested(1, OutcomeContext) });
export const QueryReply = message({ query: bytes(1) });

export const ObservationRequest = message({ outcomeContext: nested(1, OutcomeContext), query: bytes(2) });
export const ObservationReply = message({ observation: bytes(1) });

export const ValidateObservationRequest = message({
  outcomeContext: nested(1, OutcomeContext),
  query: bytes(2),
  ao: nested(3, AttributedObservation),
});

/** `ObservationQuorumRequest` and `OutcomeRequest` have the same fields. */
export const ObservationsRequest = message({
  outcomeContext: nested(1, OutcomeContext),
  query: bytes(2),
  ao: repeated(3, AttributedObservation),
});
export const ObservationQuorumReply = message({ quorumReached: bool(1) });
export const OutcomeReply = message({ outcome: bytes(1) });

export const ReportWithInfo = message({ report: bytes(1), info: bytes(2) });
export const TransmissionSchedule = message({
  transmitters: packedUint32(1),
  transmissionDelaysNs: packedInt64(2),
});
export const ReportPlus = message({
  reportWithInfo: nested(1, ReportWithInfo),
  transmissionScheduleOverride: nested(2, TransmissionSchedule),
});

export const ReportsRequest = message({ seqNr: uint64(1), outcome: bytes(2) });
export const ReportsReply = message({ reportPlus: repeated(1, ReportPlus) });

/** `ShouldAcceptAttestedReportRequest` and `ShouldTransmitAcceptedReportRequest`; upstream spells `segNr`. */
export const AttestedReportRequest = message({ segNr: uint64(1), ri: nested(2, ReportWithInfo) });
export const ShouldAcceptReply = message({ shouldAccept: bool(1) });
export const ShouldTransmitReply = message({ shouldTransmit: bool(1) });

/** A nested message that upstream takes for granted is missing; a Go peer would crash on it (D.5). */
export class MissingMessageError extends Error {
  override readonly name = 'MissingMessageError';
}

/** Throws `MissingMessageError` when `value` did not come. */
export function present<T extends object>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new MissingMessageError(`${field}: expected a message, got none`);
}
