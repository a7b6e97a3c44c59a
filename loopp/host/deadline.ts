/** The moment by which a call that starts now has to be answered. */
export const within = (ms: number): Date => new Date(Date.now() + ms);
