/** Thrown where the Go process would crash; `message` is what Go's runtime says. */
export class GoPanic extends Error {
  override readonly name = 'GoPanic';
}

/** What Go says to a method call on a nil `values.Value`. */
export const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference';
