import { open, type FileHandle } from 'node:fs/promises';

/** A file that takes what an agent prints, as it comes. */
export interface Transcript {
  /** Appends whole lines. */
  write(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a transcript of at most `maxBytes` (and a note that it was cut). Every text goes through `redact` first.
 * A disk that fails ends the transcript, never the turn.
 */
export async function openTranscript(
  path: string,
  maxBytes: number,
  redact: (text: string) => string,
): Promise<Transcript> {
  let file: FileHandle | undefined = await open(path, 'w').catch(() => undefined);
  let room = maxBytes;
  return { write, close };

  async function write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0 || file === undefined || room <= 0) return;
    const bytes = Buffer.from(redact(`${lines.join('\n')}\n`));
    const kept = bytes.length <= room ? bytes : Buffer.concat([bytes.subarray(0, room), cutNote]);
    room -= bytes.length;
    try {
      await file.appendFile(kept);
    } catch {
      await close();
    }
  }

  async function close(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close().catch(() => undefined);
  }
}

const cutNote = Buffer.from('\n[oompa: the rest was cut]\n');
