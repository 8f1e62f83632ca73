import { open, type FileHandle } from 'node:fs/promises';
import { streamRedactor } from '../core/redact.ts';

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
  const clean = streamRedactor(redact);
  return {
    write: async (lines) => {
      if (lines.length > 0 && file !== undefined && room > 0) await append(clean.push(`${lines.join('\n')}\n`));
    },
    close: async () => {
      await append(clean.end());
      await close();
    },
  };

  async function append(text: string): Promise<void> {
    if (text === '' || file === undefined || room <= 0) return;
    const bytes = Buffer.from(text);
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
