/** The words of the product: rounds, and lanes that answer them. */
export type { Lane, LaneErrorKind, LaneHealth, Outcome } from './contract/lane.ts';
export { LANE_ERROR_KINDS, LaneError } from './contract/lane.ts';
export type { OracleObservations, Revision, Round, Witness, WitnessAnswer } from './contract/round.ts';
export { REVISIONS } from './contract/round.ts';

/** Hosting a Secure Mint LOOPP: a process that is launched, supervised and launched again behind one object. */
export type { TransitionCounts } from '../loopp/host/service.ts';
export { SERVICE_NAME, SecureMintService } from '../loopp/host/service.ts';
export type { PluginState } from '../loopp/host/supervisor.ts';
export type { HostOptions, PluginCommand } from '../loopp/host/options.ts';
export { HOST_DEFAULTS } from '../loopp/host/options.ts';
export type { Execution, Result, SecureMintConfig } from '../loopp/wire/messages.ts';
export { packValues } from '../loopp/wire/observations.ts';
export type { Submission } from '../loopp/wire/submission.ts';

/** The same as upstream's host has it: a factory over an external adapter that the host serves to the plugin. */
export type { UpstreamOptions } from '../loopp/host/upstream.ts';
export { UpstreamFactory } from '../loopp/host/upstream.ts';
export { OutOfTimeError } from '../loopp/wire/patience.ts';
export type { BrokeredConnection } from '../loopp/wire/broker.ts';
export type { Call } from './contract/call.ts';
export type {
  BlockMintablePair,
  Blocks,
  ExternalAdapter,
  ExternalAdapterPayload,
  Mintables,
  ReserveInfo,
} from './contract/external-adapter.ts';

/** The reporting plugins that both make. */
export type {
  AttributedObservation,
  NewReportingPlugin,
  OutcomeContext,
  ReportPlus,
  ReportWithInfo,
  ReportingPlugin,
  ReportingPluginConfig,
  ReportingPluginFactory,
  ReportingPluginInfo,
  ReportingPluginLimits,
  TransmissionSchedule,
} from './contract/reporting-plugin.ts';

/** Errors for people, and log lines. */
export type { ErrorCode } from './errors.ts';
export { AppError } from './errors.ts';
export type { Log, LogLevel } from './log.ts';
export { textLog } from './log.ts';
