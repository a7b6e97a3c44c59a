export * from './arbitraries/builders.ts';
export { arbitraryBrokenJsonText, arbitraryJsonText } from './arbitraries/json.ts';
export { arbitraryRound } from './arbitraries/round.ts';
export type { Family, RoundOptions } from './arbitraries/round.ts';
export { arbitraryScalar, arbitraryText, arbitraryValue } from './arbitraries/values.ts';
