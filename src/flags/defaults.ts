/** Apart from the source, whose client takes a third of a second to load. */
export const FLAG_DEFAULTS = {
  flagName: 'securemint.loopp',
  refreshMs: 1000,
  ageLimitMs: 30_000,
  pollTimeoutMs: 3000,
  bootstrapFile: undefined,
  stateFile: undefined,
} as const;
