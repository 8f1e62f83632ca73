import type { RunEvent } from '../../core/event.ts';
import type { RunState } from '../../core/run-state.ts';
import type { Standing } from '../../core/run-tables.ts';
import { standingOf } from '../../core/run-tables.ts';
import type { StoryLine } from '../story-steps.ts';
import type { ToldIteration, ToldTask } from './told.ts';

/** A stretch of the run's time, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What one worker did in the course of the run. */
export interface Lane {
  readonly worker: string;
  /** In order; they do not overlap. */
  readonly bars: readonly Bar[];
  /** Where it had nothing to do, or was not allowed to. */
  readonly waits: readonly Wait[];
}

/** A worker that waits between tasks. */
export interface Wait extends Span {
  readonly why: string;
}

/** One iteration, or one planning, on its lane. */
export interface Bar extends Span {
  /** Empty for planning. */
  readonly task: string;
  /** Of its task in the report; empty for planning. */
  readonly anchor: string;
  readonly standing: Standing;
  readonly steps: readonly Step[];
}

/** A part of an iteration that took time. */
export interface Step extends Span {
  readonly kind: 'turn' | 'review' | 'verify' | 'other';
  readonly failed: boolean;
  /** `turn 1: opencode kimi-k2.5: ready`. */
  readonly what: string;
}

/** A lane for each worker that did anything, in the order of the config. `until`: where what goes on ends. */
export function lanesOf(
  state: RunState,
  events: readonly RunEvent[],
  tasks: readonly ToldTask[],
  until: number,
): Lane[] {
  const bars = new Map<string, Bar[]>();
  const add = (worker: string, bar: Bar): void => {
    const known = bars.get(worker);
    if (known === undefined) bars.set(worker, [bar]);
    else known.push(bar);
  };
  for (const { anchor, iterations } of tasks) {
    for (const told of iterations) add(told.record.worker, barOf(told, anchor, until));
  }
  for (const { worker, ...bar } of plannings(events, until)) add(worker, bar);
  const waits = waitsOf(events, until);
  return state.workers
    .map(({ name }) => ({
      worker: name,
      bars: (bars.get(name) ?? []).toSorted((a, b) => a.from - b.from),
      waits: waits.filter(({ worker }) => worker === name),
    }))
    .filter((lane) => lane.bars.length + lane.waits.length > 0);
}

function barOf({ record, steps }: ToldIteration, anchor: string, until: number): Bar {
  const span = { from: Date.parse(record.claimedAt), to: record.ended === undefined ? until : timeOf(record.ended.at) };
  return {
    ...span,
    task: record.task,
    anchor,
    standing: standingOf(record),
    steps: steps.flatMap((line, index) => stepOf(line, isCutOff(line, index, steps) ? span.to : undefined) ?? []),
  };
}

/** What had begun when the log ended has no length of its own. */
function isCutOff({ label }: StoryLine, index: number, steps: readonly StoryLine[]): boolean {
  return index === steps.length - 1 && kindOf(label) !== 'other';
}

function stepOf({ at, ms, label, text, style }: StoryLine, until: number | undefined): Step | undefined {
  const from = timeOf(at);
  const to = ms === undefined ? until : from + ms;
  return to === undefined
    ? undefined
    : { from, to, kind: kindOf(label), failed: style === 'red', what: `${label}: ${text}` };
}

function kindOf(label: string): Step['kind'] {
  if (label.startsWith('turn')) return 'turn';
  if (label.startsWith('round')) return 'review';
  return label === 'verify' ? 'verify' : 'other';
}

function plannings(events: readonly RunEvent[], until: number): (Bar & { readonly worker: string })[] {
  const bars: (Bar & { readonly worker: string })[] = [];
  for (const event of events) {
    if (event.type === 'planner:started') {
      const span = { from: timeOf(event.at), to: until };
      bars.push({ worker: event.worker, ...span, task: '', anchor: '', standing: 'open', steps: [] });
    } else if (event.type === 'planner:ended') {
      const begun = bars.pop();
      if (begun !== undefined) bars.push({ ...begun, to: timeOf(event.at), standing: 'proposed' });
    }
  }
  return bars;
}

/** A worker waits until the log speaks of it again. */
function waitsOf(events: readonly RunEvent[], until: number): (Wait & { readonly worker: string })[] {
  const open = new Map<string, { readonly from: number; readonly why: string }>();
  const waits: (Wait & { readonly worker: string })[] = [];
  const close = (worker: string, to: number): void => {
    const wait = open.get(worker);
    if (wait !== undefined) waits.push({ worker, ...wait, to });
    open.delete(worker);
  };
  for (const event of events) {
    if (!('worker' in event)) continue;
    close(event.worker, timeOf(event.at));
    if (event.type === 'worker:waiting' || event.type === 'limit:waiting') {
      open.set(event.worker, { from: timeOf(event.at), why: event.why });
    }
  }
  for (const worker of open.keys()) close(worker, until);
  return waits;
}

function timeOf(at: string): number {
  return Date.parse(at);
}
