import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../chaos/workspace.ts';

/** One agent process, as it has noted itself down. */
export interface Call {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly run: string;
  readonly task: string;
  readonly worker: string;
  readonly role: string;
  /** `claude plain`. */
  readonly agent: string;
  /** `resumed` when it was told to go on with a session. */
  readonly memory: string;
  /** The session that it was told of; `-` = none. */
  readonly asked: string;
  /** The session that it works in. */
  readonly session: string;
  /** What it did. */
  readonly fate: string;
}

/** An event of the run log, as it is written there. */
export interface LogEvent {
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly [key: string]: unknown;
}

/** One run of the workspace. */
export interface RunLog {
  readonly id: string;
  readonly events: readonly LogEvent[];
  /** Those of the runs before it. */
  readonly earlier: readonly LogEvent[];
  /** `summary.json`; undefined before it was written. */
  readonly summary: unknown;
}

/** All calls of a workspace's agents, by task, in order: no two agents work on one task at a time. */
export async function readCalls({ notes }: Workspace): Promise<Call[]> {
  const calls: Call[] = [];
  for (const task of (await readdir(join(notes, 'calls'))).sort()) {
    for (const line of linesOf(await readFile(join(notes, 'calls', task), 'utf8'))) {
      const [at, run = '', worker = '', role = '', agent = '', memory = '', asked = '', session = '', fate = ''] =
        line.split('\t');
      calls.push({ at: Number(at), run, task, worker, role, agent: agent.trim(), memory, asked, session, fate });
    }
  }
  return calls;
}

/** The runs of a workspace, oldest first. */
export async function readRuns({ root }: Workspace): Promise<RunLog[]> {
  const ids = await readdir(join(root, 'runs')).catch((): string[] => []);
  const runs = await Promise.all(ids.sort().map((id) => readRun(join(root, 'runs', id), id)));
  return runs.map((run, index) => ({ ...run, earlier: runs.slice(0, index).flatMap(({ events }) => events) }));
}

async function readRun(folder: string, id: string): Promise<Omit<RunLog, 'earlier'>> {
  const [log, summary] = await Promise.all(
    ['events.jsonl', 'summary.json'].map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  );
  // The last line may be on its way.
  const lines = linesOf((log ?? '').replace(/[^\n]+$/, ''));
  return {
    id,
    events: lines.map(eventIn),
    summary: summary === '' ? undefined : (JSON.parse(summary ?? '') as unknown),
  };
}

function eventIn(line: string): LogEvent {
  const event = JSON.parse(line) as { readonly type: string; readonly at: string };
  return { ...event, at: Date.parse(event.at) };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** A field that should hold text; empty when it does not. */
export function textIn(event: LogEvent, key: string): string {
  const value = event[key];
  return typeof value === 'string' ? value : '';
}

/** A field that should hold a number; NaN when it does not. */
export function numberIn(event: LogEvent, key: string): number {
  const value = event[key];
  return typeof value === 'number' ? value : Number.NaN;
}

/** The `kind` of what a field holds; empty when there is none. */
export function kindIn(event: LogEvent, key: string): string {
  const value = event[key];
  const isTagged = typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
  return isTagged ? (value.kind as string) : '';
}

/** Who a turn or a review was begun with; the same words in which calls name their agent. */
export function agentIn(event: LogEvent): string {
  const reviewer = textIn(event, 'reviewer');
  return reviewer === '' ? `${textIn(event, 'harness')} ${textIn(event, 'model')}`.trim() : reviewer;
}

/** How often each word comes. */
export function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
