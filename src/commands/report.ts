import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunEvent } from '../core/event.ts';
import { foldEvents } from '../core/fold-run.ts';
import { emptyRun } from '../core/run-state.ts';
import type { TranscriptEntry } from '../core/transcript.ts';
import { readEvents } from '../runs/read-events.ts';
import { runFiles } from '../runs/run-folder.ts';
import { writeFileDurably } from '../system/files.ts';
import { renderReport } from '../ui/report/page.ts';
import type { Excerpt } from '../ui/report/run-report.ts';
import { toldTasks, wantedTexts } from '../ui/report/told.ts';
import { readTranscript } from './read-transcript.ts';

/** Of which run a report is wanted. */
export interface ReportOrder {
  /** Absolute path of the run's folder. */
  readonly folder: string;
  /** The same as a person would type it. */
  readonly shown: string;
  /** Whether the run goes on. One that does not, and has no end in its log, was cut off. */
  readonly isLive: boolean;
  readonly now: Date;
  /** Milliseconds for reading reviews, diffs and transcripts; what is not read by then is linked. */
  readonly readingMs: number;
}

/** What came of it. A report that can't be written is nothing that a run or its exit code depends on. */
export type ReportWritten =
  { readonly kind: 'written'; readonly path: string } | { readonly kind: 'failed'; readonly message: string };

/** Writes `report.html` into the run's folder, in one step, in place of an older one. Never rejects. */
export async function writeReport(order: ReportOrder): Promise<ReportWritten> {
  const path = join(order.folder, runFiles.report);
  try {
    await writeFileDurably(path, await reportOf(order));
    return { kind: 'written', path };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const otherwise = `what it would say: oompa runs show ${basename(order.folder)}`;
    return { kind: 'failed', message: `the report could not be written: ${why}; ${otherwise}` };
  }
}

async function reportOf({ folder, shown, isLive, now, readingMs }: ReportOrder): Promise<string> {
  const events: RunEvent[] = [];
  // What agents said is most of a long log, and stands in the transcripts.
  for (const event of readEvents(join(folder, runFiles.events))) if (event.type !== 'turn:said') events.push(event);
  const state = foldEvents(emptyRun, events);
  const life = state.end !== undefined ? 'ended' : !isLive ? 'crashed' : state.head === undefined ? 'starting' : 'live';
  const tasks = toldTasks(state, events, life);
  const wanted = wantedTexts(tasks, events);
  const room = { characters: mostCharacters, until: performance.now() + readingMs };
  const files = await readAll(wanted.files, room, (path) => excerptOf(join(folder, path), mostOfOneFile));
  const transcripts = await readAll(wanted.turns, room, async ({ label, harness }) => {
    const entries = await readTranscript({ folder, label, harness, lastBytes: lastOfTranscript });
    return lastEntries(entries);
  });
  return renderReport(
    {
      ...{ state, life, events, now: now.toISOString(), folder: shown },
      config: await excerptOf(join(folder, runFiles.record), mostOfOneFile),
      files: new Map([...files]),
      transcripts: new Map([...transcripts].map(([{ label }, entries]) => [label, entries])),
    },
    tasks,
  );
}

/** Characters of one review, diff or config. */
const mostOfOneFile = 20_000;
/** Bytes, of which a CLI's JSON is the greater part. */
const lastOfTranscript = 16_000;
const lastOfTexts = 6_000;
/** Characters of all that is read: a browser opens some ten megabytes at once. */
const mostCharacters = 8_000_000;
const readAtOnce = 16;

/** What there is room and time left for. */
interface Room {
  characters: number;
  readonly until: number;
}

/** Reads in order, several at once, until there is no room or no time left. */
async function readAll<Item, Text extends Excerpt | readonly TranscriptEntry[]>(
  items: readonly Item[],
  room: Room,
  read: (item: Item) => Promise<Text>,
): Promise<Map<Item, Text>> {
  const texts = new Map<Item, Text>();
  for (let next = 0; next < items.length; next += readAtOnce) {
    if (room.characters <= 0 || performance.now() >= room.until) break;
    const some = items.slice(next, next + readAtOnce);
    const found = await Promise.all(some.map(read));
    for (const [index, item] of some.entries()) {
      const text = found[index];
      if (text === undefined) continue;
      texts.set(item, text);
      room.characters -= sizeOf(text);
    }
  }
  return texts;
}

function sizeOf(text: Excerpt | readonly TranscriptEntry[]): number {
  if (!('kind' in text)) return text.reduce((sum, entry) => sum + lengthOf(entry), 0);
  return text.kind === 'text' ? text.text.length : 0;
}

/** The beginning of a file. */
async function excerptOf(path: string, most: number): Promise<Excerpt> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    if (file === undefined) return { kind: 'missing' };
    // No character takes more than four bytes.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most * 4), 0, most * 4, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    return { kind: 'text', text: text.slice(0, most), isCut: text.length > most || bytesRead === most * 4 };
  } catch {
    return { kind: 'missing' };
  } finally {
    await file?.close();
  }
}

/** The last ones that fit; of one that is too long alone, its end. */
function lastEntries(entries: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  let left = lastOfTexts;
  const first = entries.findLastIndex((entry) => (left -= lengthOf(entry)) < 0) + 1;
  const [last] = entries.slice(-1);
  if (first < entries.length || last === undefined) return entries.slice(first);
  return last.kind === 'tool' ? [] : [{ ...last, text: `… ${last.text.slice(-lastOfTexts)}` }];
}

function lengthOf(entry: TranscriptEntry): number {
  return entry.kind === 'tool' ? entry.input.length : entry.text.length;
}
