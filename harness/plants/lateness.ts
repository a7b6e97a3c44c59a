/** A difference in time that counts: far above what a batch or a collection of garbage takes. */
export const LATE_NS = 25e6;
/** The share of the capital on each bet. */
const STAKE = 0.9;
/** The capital at which a lane is called late; 1 / this bounds the chance to call an equally fast one late. */
export const LATE_CAPITAL = 1000;

/**
 * Tells from paired differences whether one of two lanes that answer the same rounds is late now and then. If both are
 * equally fast, a difference of `LATE_NS` or more is as likely on either side. Each such difference is a fair bet on the
 * candidate being the slower one, starting from a capital of 1; by Ville's inequality the capital of a fair bettor ever
 * reaches 1,000 with a probability of at most 1/1,000, however often one looks.
 */
export class LatenessBet {
  capital = 1;

  get isLate(): boolean {
    return this.capital >= LATE_CAPITAL;
  }

  /** Time of the candidate's answer minus that of the control's, in nanoseconds. */
  observe(differenceNs: number): void {
    if (differenceNs >= LATE_NS) this.capital *= 1 + STAKE;
    else if (differenceNs <= -LATE_NS) this.capital *= 1 - STAKE;
  }
}
