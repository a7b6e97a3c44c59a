import { Id } from '../../src/codec/capability.ts';
import {
  bytes,
  int64,
  message,
  nested,
  optionalBytes,
  optionalString,
  repeated,
  string,
  textMap,
  uint32,
  uint32BytesMap,
  valueList,
} from '../../src/codec/message.ts';
import type { Message } from '../../src/codec/message.ts';

/** go-plugin's own messages (docs/spec/loopp-wire.md B), then `loop`, then `securemint` (proto/securemint.proto). */

export const Empty = message({});

export const ConnInfo = message({ serviceId: uint32(1), network: string(2), address: string(3) });
export type ConnInfo = Message<typeof ConnInfo>;

export const StdioData = message({ channel: uint32(1), data: bytes(2) });

export const HealthCheckRequest = message({ service: string(1) });
export const HealthCheckResponse = message({ status: uint32(1) });
/** grpc.health.v1 ServingStatus. */
export const SERVING = 1;

/** By component: an empty text is healthy, else why not. */
export const HealthReportReply = message({ healthReport: textMap(1) });

export const SecureMintConfig = message({
  targetChainSelector: int64(1),
  dataId: string(2),
  revision: string(3),
});
export type SecureMintConfig = Message<typeof SecureMintConfig>;

export const NewSecureMintFactoryRequest = message({
  providerId: uint32(1),
  config: nested(2, SecureMintConfig),
});
export const NewSecureMintFactoryReply = message({ factoryId: uint32(1) });

export const Execution = message({
  id: string(1),
  f: uint32(2),
  previousOutcome: optionalBytes(3),
  /** `values.v1.List` bytes by oracle id. */
  observations: uint32BytesMap(4),
  config: optionalBytes(5),
  revision: string(6),
});
export type Execution = Message<typeof Execution>;

export const Result = message({ id: string(1), outcome: optionalBytes(2), error: optionalString(3) });
export type Result = Message<typeof Result>;

export const AggregateRequest = message({ executions: repeated(1, Execution) });
export const AggregateReply = message({ results: repeated(1, Result) });

/** What this oracle has for one workflow execution; the OCR3 reporting plugin of the same factory takes it up. */
export const SubmitRequest = message({ id: nested(1, Id), observations: valueList(2) });
export type SubmitRequest = Message<typeof SubmitRequest>;
