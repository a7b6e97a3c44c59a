export * from '../../harness/arbitraries/builders.ts';
export { arbitraryBrokenJsonText, arbitraryJsonText } from '../../harness/arbitraries/json.ts';
export { arbitraryRound } from '../../harness/arbitraries/round.ts';
export type { Family, RoundOptions } from '../../harness/arbitraries/round.ts';
export { arbitraryScalar, arbitraryText, arbitraryValue } from '../../harness/arbitraries/values.ts';
