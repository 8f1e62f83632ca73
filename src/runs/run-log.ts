import {
  closeSync,
  fdatasyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventType, NewEvent, RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import { emptyRun } from '../core/run-state.ts';
import type { Usage } from '../core/usage.ts';
import { summarise } from '../core/summary.ts';
import { redactAll } from './redact.ts';
import type { ReviewNote } from './review-file.ts';
import { reviewFile } from './review-file.ts';
import { runFiles, runsFolder } from './run-folder.ts';
import { makeRunFolder, recordOf, replaceRecord } from './run-record.ts';

/** What a run leaves behind, while it is written. One writer: the process that started the run. */
export interface RunLog {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** Stamps, redacts and appends one event, then shows it to `onEvent`. Never throws. */
  append(event: NewEvent): void;
  /** Puts what was appended on the disk. Never throws. */
  sync(): void;
  /** Writes one review log; its path, relative to the run's folder. Never rejects. */
  writeReview(note: ReviewNote): Promise<string>;
  /** Writes `reviews/<label>.diff`; its path, relative to the run's folder. Never rejects. */
  writeDiff(label: string, text: string): Promise<string>;
  /** Writes `turns/<label>.prompt.md`; its absolute path. Never throws. */
  writePrompt(label: string, text: string): string;
  /** Tokens and money of everything logged so far. */
  spent(): Usage;
  /** Writes the last summary. What is appended after goes nowhere. */
  close(): void;
}

/** A run to be. */
export interface NewRun {
  /** Absolute. */
  readonly workspace: string;
  /** From `newRunId`. */
  readonly id: string;
  /** What `run.yaml` tells besides who runs it: resolved config, versions, base commit. Plain data. */
  readonly record: Readonly<Record<string, unknown>>;
  /** When this process was started, as `processStart` tells it: with the pid, who owns the run. */
  readonly pidStart: string | undefined;
  /** The folder is there, with a record that waits for this process: `whyNotOurs` has been asked. */
  readonly takesOver?: boolean;
  redact(text: string): string;
  now(): Date;
  /** Sees every event after it was written. What it throws is a problem, never the end of the run. */
  onEvent?(event: RunEvent): void;
  /** Told once, of the first thing that could not be written. */
  onProblem?(message: string): void;
}

/** Makes `runs/<id>/`, or takes it over. `failed` when it exists already or the disk refuses: without a log there is no run. */
export function createRun(
  run: NewRun,
): { readonly kind: 'created'; readonly log: RunLog } | { readonly kind: 'failed'; readonly message: string } {
  const folder = join(runsFolder(run.workspace), run.id);
  try {
    const fields = { ...recordOf({ ...run, pid: process.pid, now: run.now() }), ...run.record };
    const record = redactAll(fields, (text) => run.redact(text));
    if (run.takesOver === true) replaceRecord(folder, record);
    else makeRunFolder(run.workspace, run.id, record);
    mkdirSync(join(folder, runFiles.reviews));
    mkdirSync(join(folder, runFiles.turns));
    const events = openSync(join(folder, runFiles.events), 'ax');
    return { kind: 'created', log: openLog(run, folder, events) };
  } catch (error) {
    return {
      kind: 'failed',
      message: `the run log ${folder} could not be made: ${messageOf(error)}. See what is wrong: oompa doctor`,
    };
  }
}

function openLog(run: NewRun, folder: string, events: number): RunLog {
  const attempt = rememberingFirstProblem(run);
  const writeLine = lineWriter(events);
  const at = (...path: readonly string[]) => join(folder, ...path);
  let state = emptyRun;
  let nextSummaryAt = -Infinity;
  let isClosed = false;
  const freshness = keepFresh(events);

  const sync = () => attempt(runFiles.events, () => fdatasyncSync(events));
  const writeSummary = () => {
    const begun = run.now().getTime();
    const text = `${JSON.stringify(summarise(state), undefined, 2)}\n`;
    attempt(runFiles.summary, () => replaceFile(at(runFiles.summary), text));
    const ended = run.now().getTime();
    nextSummaryAt = ended + Math.max(1000, 20 * (ended - begun));
  };

  const writeOfReview = async (name: string, text: string) => {
    const path = `${runFiles.reviews}/${name}`;
    const problem = await writeFile(at(path), text).catch((error: unknown) => error);
    attempt(path, () => {
      if (problem !== undefined) throw problem as Error;
    });
    return path;
  };

  return {
    id: run.id,
    folder,
    sync,
    spent: () => state.spent,
    append: (event) => {
      // Its descriptor may be another file's by now.
      if (isClosed) return;
      const stamped: RunEvent = redactAll({ at: run.now().toISOString(), ...event }, (text) => run.redact(text));
      attempt(runFiles.events, () => writeLine(JSON.stringify(stamped)));
      if (changesState(event.type)) sync();
      state = foldRun(state, stamped);
      // It grows with the run: written for each of ten thousand quick iterations, it would cost more than they do.
      const due = event.type === 'iteration:ended' && run.now().getTime() >= nextSummaryAt;
      if (due || event.type === 'run:ended') writeSummary();
      attempt('the view of the run', () => run.onEvent?.(stamped));
    },
    writeReview: (note) => {
      const text = reviewFile(redactAll(note, (each) => run.redact(each)));
      return writeOfReview(`${note.label}.md`, text);
    },
    writeDiff: (label, text) => writeOfReview(`${label}.diff`, run.redact(text)),
    writePrompt: (label, text) => {
      const path = at(runFiles.turns, `${label}.prompt.md`);
      attempt(path, () => writeFileSync(path, run.redact(text)));
      return path;
    },
    close: () => {
      clearInterval(freshness);
      sync();
      writeSummary();
      isClosed = true;
      attempt(runFiles.events, () => closeSync(events));
    },
  };
}

/** What must be on the disk before the run goes on: who owns what, and what became of main. */
function changesState(type: EventType): boolean {
  return type === 'task:claimed' || type === 'iteration:ended' || /^(landing|run):/.test(type);
}

/** Touches the log now and then: from another machine, that is the only sign that a run which waits for hours is there. */
function keepFresh(events: number): NodeJS.Timeout {
  const touch = () => {
    const now = new Date();
    try {
      futimesSync(events, now, now);
    } catch {
      // The next event touches it too.
    }
  };
  return setInterval(touch, 10 * 60 * 1000).unref();
}

/** Appends whole lines. A line that the disk took only in part is ended, so that it can't spoil the next one. */
function lineWriter(descriptor: number): (line: string) => void {
  let torn = false;
  return (line) => {
    const bytes = Buffer.from(`${torn ? '\n' : ''}${line}\n`);
    torn = true;
    const written = writeSync(descriptor, bytes);
    torn = written < bytes.length;
    if (torn) throw new Error(`only ${String(written)} of ${String(bytes.length)} bytes were written`);
  };
}

/** Runs effects whose failure must not end a run; the first one is told. */
function rememberingFirstProblem(run: NewRun): (what: string, effect: () => void) => void {
  let told = false;
  return (what, effect) => {
    try {
      effect();
    } catch (error) {
      if (told) return;
      told = true;
      run.onProblem?.(`${what} could not be written: ${messageOf(error)}; the run goes on`);
    }
  };
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
