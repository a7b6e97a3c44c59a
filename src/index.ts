export type { Lane, LaneErrorKind, LaneHealth, Outcome } from './contract/lane.ts';
export { LANE_ERROR_KINDS, LaneError } from './contract/lane.ts';
export type { OracleObservations, Revision, Round, Witness, WitnessAnswer } from './contract/round.ts';
export { REVISIONS } from './contract/round.ts';
