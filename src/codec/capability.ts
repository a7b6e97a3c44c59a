import {
  bool,
  bytes,
  int32,
  int64,
  message,
  nested,
  repeated,
  repeatedString,
  string,
  stringMap,
  uint32,
  uint64,
  valueList,
  valueMap,
} from './message.ts';
import type { Message } from './message.ts';

/**
 * The OCR3 capability's messages, package `ocr3_types` (docs/spec/aggregator.md G.3). Encoding is deterministic:
 * equal messages give equal bytes, which is what oracles compare.
 */

/** `google.protobuf.Timestamp` and, with the same fields, `google.protobuf.Duration`. */
export const Timestamp = message({ seconds: int64(1), nanos: int32(2) });

export const AggregationOutcome = message({
  encodableOutcome: valueMap(1),
  metadata: bytes(2),
  shouldReport: bool(3),
  lastSeenAt: uint64(4),
  timestamp: nested(5, Timestamp),
  encoderName: string(6),
  encoderConfig: valueMap(7),
});
export type AggregationOutcome = Message<typeof AggregationOutcome>;

/** Identifies one workflow execution; field 5 is reserved. */
export const Id = message({
  workflowExecutionId: string(1),
  workflowId: string(2),
  workflowOwner: string(3),
  workflowName: string(4),
  reportId: string(6),
  workflowDonId: uint32(7),
  workflowDonConfigVersion: uint32(8),
  keyId: string(9),
});
export type Id = Message<typeof Id>;

export const Query = message({ ids: repeated(1, Id) });

export const Observation = message({
  id: nested(1, Id),
  observations: valueList(4),
  overriddenEncoderName: string(5),
  overriddenEncoderConfig: valueMap(6),
});

export const Observations = message({
  observations: repeated(1, Observation),
  registeredWorkflowIds: repeatedString(2),
  timestamp: nested(3, Timestamp),
});

export const Report = message({ id: nested(1, Id), outcome: nested(2, AggregationOutcome) });

export const ReportInfo = message({ id: nested(1, Id), shouldReport: bool(2) });

export const CapabilityOutcome = message({
  outcomes: stringMap(1, AggregationOutcome),
  currentReports: repeated(2, Report),
});

/** `ocr3_config_types.ReportingPluginConfig`: the capability's offchain config. */
export const CapabilityConfig = message({
  maxQueryLengthBytes: uint32(1),
  maxObservationLengthBytes: uint32(2),
  maxOutcomeLengthBytes: uint32(3),
  maxReportLengthBytes: uint32(4),
  maxReportCount: uint32(5),
  maxBatchSize: uint32(6),
  outcomePruningThreshold: uint64(7),
  requestTimeout: nested(8, Timestamp),
});
