/** What a flag may be sticky by: all of them are the workflow, so that it has one stage in every round. */
export const STICKINESS = ['default', 'userId', 'sessionId', 'workflow'] as const;

/** Unleash's client draws at random for an empty id. */
const NO_KEY = '(none)';

/** The context that Unleash's client decides by; `default` is its userId. */
export interface StickyContext {
  readonly userId: string;
  readonly sessionId: string;
  readonly properties: { readonly workflow: string };
}

export function stickyContext(key: string): StickyContext {
  const id = key === '' ? NO_KEY : key;
  return { userId: id, sessionId: id, properties: { workflow: id } };
}
