import type { MessageType } from '../../src/codec/message.ts';
import {
  AggregateReply,
  AggregateRequest,
  ConnInfo,
  Empty,
  HealthCheckRequest,
  HealthCheckResponse,
  HealthReportReply,
  NewSecureMintFactoryReply,
  NewSecureMintFactoryRequest,
  StdioData,
  SubmitRequest,
} from './messages.ts';

/** One rpc: its path and how its messages are read and written. Both sides are built from it. */
export interface Method<Request, Reply> {
  readonly path: string;
  readonly request: MessageType<Request>;
  readonly reply: MessageType<Reply>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A method with one message each way. */
export function unary<Request, Reply>(
  path: string,
  request: MessageType<Request>,
  reply: MessageType<Reply>,
): Method<Request, Reply> {
  return { path, request, reply, requestStream: false, responseStream: false };
}

/** Served on the main connection by every go-plugin process. */
export const GrpcBroker = {
  startStream: {
    ...unary('/plugin.GRPCBroker/StartStream', ConnInfo, ConnInfo),
    requestStream: true,
    responseStream: true,
  },
} as const;

export const GrpcController = { shutdown: unary('/plugin.GRPCController/Shutdown', Empty, Empty) } as const;

export const GrpcStdio = {
  streamStdio: { ...unary('/plugin.GRPCStdio/StreamStdio', Empty, StdioData), responseStream: true },
} as const;

export const Health = {
  check: unary('/grpc.health.v1.Health/Check', HealthCheckRequest, HealthCheckResponse),
  watch: {
    ...unary('/grpc.health.v1.Health/Watch', HealthCheckRequest, HealthCheckResponse),
    responseStream: true,
  },
} as const;

/** The name under which a go-plugin process reports its health. */
export const HEALTH_SERVICE = 'plugin';

export const PluginSecureMint = {
  newSecureMintFactory: unary(
    '/securemint.PluginSecureMint/NewSecureMintFactory',
    NewSecureMintFactoryRequest,
    NewSecureMintFactoryReply,
  ),
} as const;

export const Aggregator = {
  aggregate: unary('/securemint.Aggregator/Aggregate', AggregateRequest, AggregateReply),
  submit: unary('/securemint.Aggregator/Submit', SubmitRequest, Empty),
} as const;

/** `loop.Service`; Go servers do not implement its Name, so neither do we. */
export const LoopService = {
  close: unary('/loop.Service/Close', Empty, Empty),
  ready: unary('/loop.Service/Ready', Empty, Empty),
  healthReport: unary('/loop.Service/HealthReport', Empty, HealthReportReply),
} as const;
