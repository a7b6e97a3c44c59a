import {
  remoteDigester,
  remoteOcr3Transmitter,
  remoteReader,
  remoteTracker,
  remoteTransmitter,
} from '../wire/provider-client.ts';
import type {
  ContractConfigTracker,
  ContractReader,
  ContractTransmitter,
  Ocr3ContractTransmitter,
  OffchainConfigDigester,
  SecureMintProvider,
} from '../wire/provider-ports.ts';
import type { LazyConnection, Opened } from './lazy-connection.ts';
import { RemoteService, lazyCaller } from './remote-service.ts';

/** One call of a provider whose caller sets no earlier deadline. */
const CALL_TIMEOUT_MS = 10_000;
/** The same for a report, which may have to wait for a block. */
const TRANSMIT_TIMEOUT_MS = 60_000;

/**
 * A provider that another process serves, whatever its type: what it does not have is UNIMPLEMENTED. It is made there by
 * the first call (docs/spec/loopp-wire.md E.1 "lazy").
 */
export class RemoteProvider extends RemoteService implements SecureMintProvider {
  readonly offchainConfigDigester: OffchainConfigDigester;
  readonly contractConfigTracker: ContractConfigTracker;
  readonly contractTransmitter: ContractTransmitter;
  readonly ocr3ContractTransmitter: Ocr3ContractTransmitter;
  readonly contractReader: ContractReader;
  /** For whoever hands its services on as they are. */
  readonly lazyConnection: LazyConnection<Opened>;

  constructor(key: string, connection: LazyConnection<Opened>) {
    super(key, connection);
    this.lazyConnection = connection;
    const caller = lazyCaller(connection, CALL_TIMEOUT_MS);
    this.offchainConfigDigester = remoteDigester(caller);
    this.contractConfigTracker = remoteTracker(caller);
    const transmitting = lazyCaller(connection, TRANSMIT_TIMEOUT_MS);
    this.contractTransmitter = remoteTransmitter(transmitting);
    this.ocr3ContractTransmitter = remoteOcr3Transmitter(transmitting);
    this.contractReader = remoteReader(caller);
  }
}
