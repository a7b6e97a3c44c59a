/**
 * Why a report did not get on chain: `report` it cannot be made of this outcome, `signatures` too few of them,
 * `refused` a contract does not take it, `busy` too many wait already, `timeout` no answer in time, `unavailable` the
 * chain cannot be asked, or takes no transaction of the account.
 */
export type DeliveryErrorKind = 'report' | 'signatures' | 'refused' | 'busy' | 'timeout' | 'unavailable';

/** A report could not be delivered; the message is one sentence for people. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly kind: DeliveryErrorKind;

  constructor(kind: DeliveryErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
