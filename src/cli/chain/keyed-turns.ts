/** Tasks that share a key come one after the other, in the order in which they came; others beside each other. */
export class KeyedTurns {
  private readonly last = new Map<string, Promise<void>>();

  /** Settles as the task does. */
  async take<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.last.get(key) ?? Promise.resolve());
    const turn = Promise.all(before).then(task);
    // Whoever comes next waits for the end, whatever it is.
    const ended = turn.then(ignore, ignore);
    for (const key of keys) this.last.set(key, ended);
    try {
      return await turn;
    } finally {
      for (const key of keys) if (this.last.get(key) === ended) this.last.delete(key);
    }
  }
}

const ignore = (): void => undefined;
