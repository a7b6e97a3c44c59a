import { unary } from './services.ts';
import {
  Blocks,
  ExternalAdapterPayload,
  NewReportingPluginFactoryReply,
  NewReportingPluginFactoryRequest,
  ValidationServiceRequest,
  ValidationServiceResponse,
} from './upstream-messages.ts';

/** Upstream's services for Secure Mint (docs/spec/loopp-wire.md D.2). */

const SERVICE = '/loop.ReportingPluginService';

/** On the main connection. */
export const LoopReportingPluginService = {
  newReportingPluginFactory: unary(
    `${SERVICE}/NewReportingPluginFactory`,
    NewReportingPluginFactoryRequest,
    NewReportingPluginFactoryReply,
  ),
  newValidationService: unary(
    `${SERVICE}/NewValidationService`,
    ValidationServiceRequest,
    ValidationServiceResponse,
  ),
} as const;

/** Served by the host, on a connection of its own that is announced in the factory request's ninth field. */
export const ExternalAdapterService = {
  getPayload: unary(
    '/loop.internal.pb.securemint.ExternalAdapter/GetPayload',
    Blocks,
    ExternalAdapterPayload,
  ),
} as const;
