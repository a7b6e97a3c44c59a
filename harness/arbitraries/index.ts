/** Rounds for property tests, as fast-check arbitraries, and the parts that they are built from. */
export { arbitraryAnyRound } from './any.ts';
export * from './builders.ts';
export { arbitraryDonRound } from './don.ts';
export type { DonOptions } from './don.ts';
export { arbitraryBrokenJsonText, arbitraryJsonText } from './json.ts';
export { arbitraryMutation } from './mutation.ts';
export { arbitraryRound } from './round.ts';
export type { Family, RoundOptions } from './round.ts';
export { arbitraryScalar, arbitraryText, arbitraryValue } from './values.ts';
