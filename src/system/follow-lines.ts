import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to follow a file that grows. */
export interface Following {
  /** Ends it; what was read until then has been given. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks; 200 when left out. */
  readonly everyMs?: number;
}

/**
 * The whole lines of a file that somebody else appends to: first all that are there (in pieces, and an empty piece for an
 * empty file, so that the caller knows), then what comes, until the signal. Waits for a file that does not exist yet. A last
 * line without its end is held back until it has one. A file that was cut short is read again from its beginning.
 */
export async function* followLines(
  path: string,
  { signal, everyMs = 200 }: Following,
): AsyncGenerator<readonly string[]> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let caughtUp = false;
  while (!signal.aborted) {
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size !== undefined && size < offset) [offset, rest] = [0, Buffer.alloc(0)];
    // A look that finds nothing new costs one question to the system: it is asked all night.
    const file = size === undefined || size === offset ? undefined : await open(path, 'r').catch(() => undefined);
    if (file !== undefined) {
      try {
        for (;;) {
          const piece = await readPiece(file, offset);
          if (piece.length === 0) break;
          offset += piece.length;
          const bytes = Buffer.concat([rest, piece]);
          const end = bytes.lastIndexOf(newline) + 1;
          rest = bytes.subarray(end);
          if (end > 0) yield bytes.toString('utf8', 0, end - 1).split('\n');
        }
      } finally {
        await file.close();
      }
    }
    if (size !== undefined && !caughtUp) {
      caughtUp = true;
      yield [];
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

const newline = 0x0a;
const pieceBytes = 256 * 1024;

async function readPiece(file: FileHandle, offset: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, offset);
  return buffer.subarray(0, bytesRead);
}
