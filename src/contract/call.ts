/**
 * The remote call on whose behalf something is done. Whoever makes further calls for it passes this on, so that these end
 * with it (docs/spec/loopp-wire.md C.4).
 */
export interface Call {
  /** When the caller stops waiting; undefined: it waits for ever. */
  readonly deadline: Date | undefined;
  /** Aborts when the caller does not wait any more: it cancelled, its deadline passed or its connection ended. */
  readonly signal: AbortSignal;
  /** Who asks, and its trace: header names in lower case, one text each; only names that go on with further calls. */
  readonly metadata: ReadonlyMap<string, string>;
}
