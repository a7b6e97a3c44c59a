import { Empty } from './messages.ts';
import {
  AttestedReportRequest,
  NewReportingPluginReply,
  NewReportingPluginRequest,
  ObservationQuorumReply,
  ObservationReply,
  ObservationRequest,
  ObservationsRequest,
  OutcomeReply,
  QueryReply,
  QueryRequest,
  ReportsReply,
  ReportsRequest,
  ShouldAcceptReply,
  ShouldTransmitReply,
  ValidateObservationRequest,
} from './ocr3-messages.ts';
import { unary } from './services.ts';

/**
 * Package `loop.internal.pb.ocr3` (docs/spec/loopp-wire.md D.2). Package `loop` has services of the same names for
 * OCR2, which are others.
 */
const FACTORY = '/loop.internal.pb.ocr3.ReportingPluginFactory';
const PLUGIN = '/loop.internal.pb.ocr3.ReportingPlugin';

/** On the factory connection. */
export const ReportingPluginFactoryService = {
  newReportingPlugin: unary(
    `${FACTORY}/NewReportingPlugin`,
    NewReportingPluginRequest,
    NewReportingPluginReply,
  ),
} as const;

/** On a connection of its own, and nothing beside it there. */
export const ReportingPluginService = {
  query: unary(`${PLUGIN}/Query`, QueryRequest, QueryReply),
  observation: unary(`${PLUGIN}/Observation`, ObservationRequest, ObservationReply),
  validateObservation: unary(`${PLUGIN}/ValidateObservation`, ValidateObservationRequest, Empty),
  observationQuorum: unary(`${PLUGIN}/ObservationQuorum`, ObservationsRequest, ObservationQuorumReply),
  outcome: unary(`${PLUGIN}/Outcome`, ObservationsRequest, OutcomeReply),
  reports: unary(`${PLUGIN}/Reports`, ReportsRequest, ReportsReply),
  shouldAcceptAttestedReport: unary(
    `${PLUGIN}/ShouldAcceptAttestedReport`,
    AttestedReportRequest,
    ShouldAcceptReply,
  ),
  shouldTransmitAcceptedReport: unary(
    `${PLUGIN}/ShouldTransmitAcceptedReport`,
    AttestedReportRequest,
    ShouldTransmitReply,
  ),
  close: unary(`${PLUGIN}/Close`, Empty, Empty),
} as const;
