import type { Id } from '../../../src/codec/capability.ts';
import { ReportFormatError } from '../../../src/codec/dfcache.ts';
import type { ReportMetadata } from '../../../src/codec/dfcache.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import type { Timestamp } from './timestamp.ts';

/** Where the metadata of a report stands in what an encoder is given (docs/spec/aggregator.md G.3). */
export const METADATA_KEY = 'INTERNAL_METADATA';

const METADATA_VERSION = 1;

/** A report's metadata as the execution and the oracles' clocks give it. */
export function reportMetadata(id: Id, timestamp: Timestamp | undefined): ReportMetadata {
  return {
    version: METADATA_VERSION,
    executionId: id.workflowExecutionId,
    timestamp: Number(timestamp?.seconds ?? 0n),
    donId: id.workflowDonId,
    donConfigVersion: id.workflowDonConfigVersion,
    workflowId: id.workflowId,
    workflowName: id.workflowName,
    workflowOwner: id.workflowOwner,
    reportId: id.reportId,
  };
}

/** The encodable outcome with the metadata beside it, under the names of Go's struct. */
export function withMetadata(outcome: ValueMap, metadata: ReportMetadata): ValueMap {
  const entries = new Map<string, Value>([
    ['Version', number(metadata.version)],
    ['ExecutionID', text(metadata.executionId)],
    ['Timestamp', number(metadata.timestamp)],
    ['DONID', number(metadata.donId)],
    ['DONConfigVersion', number(metadata.donConfigVersion)],
    ['WorkflowID', text(metadata.workflowId)],
    ['WorkflowName', text(metadata.workflowName)],
    ['WorkflowOwner', text(metadata.workflowOwner)],
    ['ReportID', text(metadata.reportId)],
  ]);
  return new Map<string, Value>([...outcome, [METADATA_KEY, { kind: 'map', entries }]]);
}

/** Go's uint32 (G.1). */
const number = (value: number): Value => ({ kind: 'int64', value: BigInt(value) });
const text = (value: string): Value => ({ kind: 'string', value });

/** What an encoder takes out again. Throws `ReportFormatError`. */
export function metadataOf(outcome: ValueMap): ReportMetadata {
  const metadata = outcome.get(METADATA_KEY);
  if (metadata?.kind !== 'map') throw new ReportFormatError(METADATA_KEY, 'a map', kindOf(metadata));
  const { entries } = metadata;
  const numberAt = (key: string): number => {
    const value = entries.get(key);
    if (value?.kind === 'int64') return Number(value.value);
    throw new ReportFormatError(`${METADATA_KEY}.${key}`, 'a number', kindOf(value));
  };
  const textAt = (key: string): string => {
    const value = entries.get(key);
    if (value?.kind === 'string') return value.value;
    throw new ReportFormatError(`${METADATA_KEY}.${key}`, 'a text', kindOf(value));
  };
  return {
    version: numberAt('Version'),
    executionId: textAt('ExecutionID'),
    timestamp: numberAt('Timestamp'),
    donId: numberAt('DONID'),
    donConfigVersion: numberAt('DONConfigVersion'),
    workflowId: textAt('WorkflowID'),
    workflowName: textAt('WorkflowName'),
    workflowOwner: textAt('WorkflowOwner'),
    reportId: textAt('ReportID'),
  };
}

const kindOf = (value: Value | undefined): string => value?.kind ?? 'none';
