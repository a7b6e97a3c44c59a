/** How far the migration is, from the aggregator in process alone to the LOOPP alone. */
export const STAGES = ['off', 'shadow', 'live', 'complete'] as const;
export type Stage = (typeof STAGES)[number];
