import { status } from '@grpc/grpc-js';
import { LaneError } from '../../src/contract/lane.ts';
import type { LaneErrorKind } from '../../src/contract/lane.ts';
import { messageOf } from '../../src/errors.ts';
import { asServiceError } from '../wire/grpc.ts';

/** grpc status to lane error; every other code means that the peer broke the protocol. */
const KIND_OF_STATUS: Readonly<Partial<Record<status, LaneErrorKind>>> = {
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNAVAILABLE]: 'unavailable',
  [status.CANCELLED]: 'unavailable',
};

/** What a failed call means for the rounds in it. Anything but a grpc status is the host's own trouble: unavailable. */
export function toLaneError(error: unknown): LaneError {
  if (error instanceof LaneError) return error;
  const service = asServiceError(error);
  if (service === undefined) return new LaneError('unavailable', messageOf(error), { cause: error });
  const kind = KIND_OF_STATUS[service.code] ?? 'protocol';
  return new LaneError(kind, `the plugin's call failed: ${service.message}`, { cause: error });
}
