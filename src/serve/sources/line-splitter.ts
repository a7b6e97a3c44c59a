const LINE_FEED = 0x0a;

/** A line; `undefined`: it was longer than it may be, and its bytes are gone. */
export type Line = Uint8Array | undefined;

/** Cuts bytes into lines as they come, in memory that no line can exhaust. */
export class LineSplitter {
  private readonly limitBytes: number;
  /** The beginning of a line that has no end yet. */
  private parts: Uint8Array[] = [];
  private size = 0;
  private skipping = false;

  /** `limitBytes`: of one line. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Bytes of the line that has no end yet. */
  get pendingBytes(): number {
    return this.size;
  }

  /** The lines that these bytes complete, without their line feeds. The bytes are kept: they must not change. */
  push(bytes: Uint8Array): readonly Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      this.keep(bytes.subarray(start, end));
      lines.push(this.take());
      start = end + 1;
    }
    this.keep(bytes.subarray(start));
    return lines;
  }

  /** What comes after the last line feed. */
  end(): readonly Line[] {
    return this.size === 0 ? [] : [this.take()];
  }

  private keep(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size > this.limitBytes) {
      this.skipping = true;
      this.parts = [];
    } else if (bytes.length > 0) this.parts.push(bytes);
  }

  private take(): Line {
    const line = this.skipping ? undefined : joined(this.parts);
    this.parts = [];
    this.size = 0;
    this.skipping = false;
    return line;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
