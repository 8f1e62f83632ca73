import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { streamRedactor } from '../core/redact.ts';

/** Takes what a command prints. */
export interface ShellOutput {
  take(chunk: Buffer): void;
  /** Writes the rest, closes the log, and gives the last 8 kB of output. Nothing may be taken after. */
  end(): Promise<string>;
}

/**
 * Opens the log of a command, of at most 10 MB. All text goes through `redact` by whole lines before it is written or given
 * back. A log that can't be written (disk full, no such folder) costs the log and not the result.
 */
export async function openShellOutput(log: string, redact: (text: string) => string): Promise<ShellOutput> {
  const file = await openLog(log);
  const lines = lineCutter();
  const clean = streamRedactor(redact);
  let tail = Buffer.alloc(0);
  const keep = (text: string): void => {
    if (text === '') return;
    const bytes = Buffer.from(text);
    tail = Buffer.concat([tail, bytes]).subarray(-tailBytes);
    file.write(bytes);
  };
  return {
    take: (chunk) => {
      const whole = lines.push(chunk);
      if (whole !== '') keep(clean.push(whole));
    },
    end: async () => {
      keep(clean.push(lines.end()));
      keep(clean.end());
      await file.close();
      return tail.toString('utf8');
    },
  };
}

const logBytes = 10 * 1024 * 1024;
const tailBytes = 8 * 1024;

interface Log {
  write(bytes: Buffer): void;
  close(): Promise<void>;
}

async function openLog(path: string): Promise<Log> {
  await mkdir(dirname(path), { recursive: true }).catch(() => undefined);
  const file: WriteStream = createWriteStream(path);
  const done = new Promise<void>((resolve) => file.once('close', () => resolve()));
  file.on('error', () => undefined);
  let written = 0;
  return {
    write: (bytes) => {
      if (written >= logBytes) return;
      const part = bytes.subarray(0, logBytes - written);
      written += part.length;
      file.write(part);
      if (written >= logBytes) file.write('\n… the rest was cut\n');
    },
    close: () => {
      file.end();
      return done;
    },
  };
}

/** Makes bits of whole lines out of bits of any length: half a line may hold half a secret, which nobody would know for one. */
function lineCutter(): { push(chunk: Buffer): string; end(): string } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push: (chunk) => {
      const text = rest + decoder.write(chunk);
      const newline = text.lastIndexOf('\n') + 1;
      const cut = newline > 0 ? newline : text.length > longestLine ? cutInLine(text) : 0;
      rest = text.slice(cut);
      return text.slice(0, cut);
    },
    end: () => rest + decoder.end(),
  };
}

/** Characters after which a line without an end is handed on in parts. */
const longestLine = 256 * 1024;

/** Where an endless line is cut: between two words, which no secret spans; in the middle when it has none. */
function cutInLine(text: string): number {
  return Math.max(...[' ', '"', ','].map((mark) => text.lastIndexOf(mark) + 1)) || Math.ceil(text.length / 2);
}
