/** Cuts a stream of bytes into lines of text. */
export interface LineSplitter {
  /** The lines that these bytes complete, without their ends. */
  push(chunk: Buffer): string[];
  /** What is left after the last line end, if anything. */
  end(): string[];
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * A splitter that holds at most `maxBytes` of a line: a longer one comes out cut, with a note of how much is missing.
 * Bytes that are not UTF-8 become replacement characters.
 */
export function lineSplitter(maxBytes: number): LineSplitter {
  let parts: Buffer[] = [];
  let held = 0;
  let dropped = 0;

  return { push, end };

  function push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, at));
      lines.push(take());
      start = at + 1;
    }
    hold(chunk.subarray(start));
    return lines;
  }

  function end(): string[] {
    return held + dropped === 0 ? [] : [take()];
  }

  function hold(bytes: Buffer): void {
    const kept = bytes.subarray(0, maxBytes - held);
    dropped += bytes.length - kept.length;
    held += kept.length;
    if (kept.length > 0) parts.push(kept);
  }

  function take(): string {
    const [only] = parts;
    const bytes = only !== undefined && parts.length === 1 ? only : Buffer.concat(parts, held);
    const length = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    const text = bytes.toString('utf8', 0, length);
    const line = dropped === 0 ? text : `${text} [oompa: ${dropped} bytes of this line were cut]`;
    parts = [];
    held = 0;
    dropped = 0;
    return line;
  }
}
