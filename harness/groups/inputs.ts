/** Distinct inputs that are told apart, over all groups: about 20 MB. */
const REMEMBERED = 200_000;

/** How many different inputs a group has seen. */
export interface DistinctInputs {
  readonly inputs: number;
  /** More came than are told apart: there are at least so many. */
  readonly inputsAtLeast: boolean;
}

/** What all groups may remember together. */
export class InputMemory {
  left = REMEMBERED;
}

/** Counts different inputs by their digests, in bounded memory: a replayed round is one input however often it came. */
export class Inputs {
  private readonly memory: InputMemory;
  private readonly known = new Set<string>();
  private overflowed = false;

  constructor(memory: InputMemory) {
    this.memory = memory;
  }

  /** `input`: a SHA-256 as hex. */
  add(input: string): void {
    if (this.known.has(input)) return;
    if (this.memory.left === 0) {
      this.overflowed = true;
      return;
    }
    this.memory.left--;
    this.known.add(input);
  }

  facts(): DistinctInputs {
    return { inputs: this.known.size, inputsAtLeast: this.overflowed };
  }
}
