import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { joinEntries } from '../core/transcript.ts';
import type { TranscriptEntry } from '../core/transcript.ts';
import type { DeclaredHarness } from '../harness/custom.ts';
import { builtInHarnesses, findHarness } from '../harness/registry.ts';
import { tellStderr } from '../harness/tell/stderr.ts';
import { tellText } from '../harness/tell/text.ts';
import { runFiles } from '../runs/run-folder.ts';

/** Whose transcript. */
export interface TranscriptOrder {
  /** Absolute path of the run's folder. */
  readonly folder: string;
  /** Names the files of the turn: `builders-1-i4-t2`. */
  readonly label: string;
  /** The name of the CLI that printed it. */
  readonly harness: string;
  /** Only so much of the end of each stream, in bytes; all of it when left out. */
  readonly lastBytes?: number;
}

/** What a CLI's lines tell. */
export type Teller = (line: string) => readonly TranscriptEntry[];

/** A turn's transcript as a person reads it, as far as it is written; empty when there is none. Never rejects. */
export async function readTranscript(order: TranscriptOrder): Promise<readonly TranscriptEntry[]> {
  const { folder, label, harness, lastBytes } = order;
  const tell = await tellerOf(folder, harness);
  const [stdout, stderr] = await Promise.all(
    [`${label}.stdout`, `${label}.stderr`].map((name) => readLines(join(folder, runFiles.turns, name), lastBytes)),
  );
  const told = joinEntries((stdout ?? []).flatMap((line) => tell(line)));
  return [...told, ...stderrNotes(stderr ?? [], notesIn(told))];
}

/** The texts of the notes among the entries, those of `known` too. */
export function notesIn(entries: readonly TranscriptEntry[], known = new Set<string>()): Set<string> {
  for (const entry of entries) if (entry.kind === 'note') remember(known, entry.text);
  return known;
}

/** Only so many: a transcript may have millions. */
function remember(known: Set<string>, note: string): void {
  if (known.size < 10_000) known.add(note);
}

/** What the lines of standard error add to the notes that are known; those are known after it, too. */
export function stderrNotes(lines: readonly string[], known: Set<string>): TranscriptEntry[] {
  return lines
    .flatMap((line) => tellStderr(line))
    .filter((entry) => {
      if (entry.kind !== 'note' || known.has(entry.text)) return false;
      remember(known, entry.text);
      return true;
    });
}

/** How the run reads that CLI; as plain text where its record doesn't tell. Never rejects. */
export async function tellerOf(folder: string, name: string): Promise<Teller> {
  const isKnown = builtInHarnesses.includes(name);
  const harness = findHarness(name, isKnown ? {} : { [name]: await declaredIn(folder, name) });
  return harness === undefined ? tellText : (line) => harness.tell(line);
}

/** Of a CLI that the run's config declares, only what it prints matters here. */
async function declaredIn(folder: string, name: string): Promise<DeclaredHarness> {
  const output = await readFile(join(folder, runFiles.record), 'utf8')
    .then((text) => {
      const { config } = parse(text) as { config?: { harnesses?: Readonly<Record<string, { output?: unknown }>> } };
      return config?.harnesses?.[name]?.output;
    })
    .catch(() => undefined);
  return {
    command: [name],
    prompt: 'stdin',
    output: output === 'opencode' || output === 'claude' || output === 'codex' ? output : 'text',
  };
}

/** The lines of a file, or of its end; a line that was cut off is left out. Nothing where there is no file. */
async function readLines(path: string, lastBytes: number | undefined): Promise<readonly string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const start = lastBytes === undefined ? 0 : Math.max(0, size - lastBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    // Whoever writes it writes whole lines: of what stands behind the last end, the rest is still to come.
    const lines = text.slice(start === 0 ? 0 : text.indexOf('\n') + 1, text.lastIndexOf('\n') + 1).split('\n');
    lines.pop();
    // One long line must not hide all that came before.
    if (start > 0 && lines.length === 0) return await readLines(path, (size - start) * 4 + 1);
    return lines;
  } catch {
    return [];
  } finally {
    await file.close();
  }
}
