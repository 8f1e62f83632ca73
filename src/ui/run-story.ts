import type { RunEvent } from '../core/event.ts';
import type { IterationStory } from '../core/story.ts';
import { storiesOf } from '../core/story.ts';
import type { TaskRow } from '../core/run-tables.ts';
import { planningLines } from './planning-steps.ts';
import { standingStyle, standingWord } from './run-tables.ts';
import type { TableView } from './run-tables.ts';
import { isTrouble } from './run-troubles.ts';
import { stepLines } from './story-steps.ts';
import type { StoryLine } from './story-steps.ts';
import { waitedLines } from './waited-lines.ts';
import { clockTime, counted, cut, displayWidth, elapsed, left, oneLine, packed, right, wrapped } from './text.ts';

/** Where and how the story of a run is shown. */
export interface StoryView extends TableView {
  /** How the run has to be named to be found: ` --run <id>`, or nothing where it is the newest one. */
  readonly run: string;
  /** So many tasks are told; the others are counted. */
  readonly most: number;
}

/** What became of each task, step by step, a block each: those that need a person first, then as the log has them. */
export function runStory(events: readonly RunEvent[], rows: readonly TaskRow[], view: StoryView): string[][] {
  const stories = byTask(storiesOf(events));
  const order = [...stories.keys()];
  const place = new Map(order.map((task, index) => [task, index]));
  const inOrder = rows.toSorted(
    (a, b) =>
      Number(isTrouble(b.standing, view.life)) - Number(isTrouble(a.standing, view.life)) ||
      (place.get(a.task) ?? 0) - (place.get(b.task) ?? 0),
  );
  const told = inOrder.slice(0, view.most);
  const rest = inOrder.length - told.length;
  const added = new Map(events.flatMap((event) => (event.type === 'task:added' ? [[event.task, event] as const] : [])));
  return [
    ...told.map((row) => taskStory(row, stories.get(row.task) ?? [], added.get(row.task), view)),
    rest === 0 ? [] : restLines(rest, view),
  ];
}

type Added = Extract<RunEvent, { readonly type: 'task:added' }>;

function taskStory(
  row: TaskRow,
  stories: readonly IterationStory[],
  added: Added | undefined,
  view: StoryView,
): string[] {
  const word = standingWord(row.standing, view.life);
  const style = standingStyle(word);
  const name = cut(oneLine(row.task), view.columns - displayWidth(word) - 4);
  const title = cut(oneLine(row.title), view.columns - displayWidth(name) - displayWidth(word) - 6);
  const head = `  ${view.paint('bold', name)}  ${style === undefined ? word : view.paint(style, word)}  ${title}`;
  const planned =
    added === undefined ? [] : [{ at: added.at, label: 'plan', text: oneLine(`proposed by ${added.by}`) }];
  const steps = [...planned, ...stories.flatMap(({ steps: each }) => stepLines(each, view.life))];
  return [head.trimEnd(), ...storyLines(steps, view), ...readOn(row, view)];
}

/** Where the whole of it can be read. */
function readOn({ task, iterations, rescue }: TaskRow, { run, columns, paint }: StoryView): string[] {
  const commands = [
    ...(iterations.some(({ reviews }) => reviews.length > 0) ? [`oompa runs review ${task}${run}`] : []),
    `oompa logs ${task}${run}`,
    ...(rescue === undefined ? [] : [`oompa rescue show ${task}`]),
  ];
  return packed(commands, ' · ', columns - indent).map((line) => ' '.repeat(indent) + paint('dim', line));
}

function restLines(rest: number, { run, columns, paint }: StoryView): string[] {
  const id = run.replace(' --run', '');
  const words = [`and ${counted(rest, 'more task')};`, `one alone: oompa runs show${id} --task TASK,`];
  return packed([...words, `all: oompa runs show${id} --all`], ' ', columns - 2).map(
    (line) => `  ${paint('dim', line)}`,
  );
}

/** What the planner did; no line when there is none. */
export function planningStory(events: Iterable<RunEvent>, view: Pick<StoryView, 'columns' | 'paint'>): string[] {
  const steps = planningLines(events);
  return steps.length === 0 ? [] : ['  planning', ...storyLines(steps, view)];
}

/** What workers and planners waited for that had no task yet, and for how long, one line a limit; no line when there is none. */
export function waitedStory(events: Iterable<RunEvent>, view: Pick<StoryView, 'columns' | 'paint'>): string[] {
  const lines = waitedLines(events);
  return lines.length === 0 ? [] : ['  waited for limits, before a claim', ...storyLines(lines, view)];
}

function byTask(stories: readonly IterationStory[]): Map<string, IterationStory[]> {
  const tasks = new Map<string, IterationStory[]>();
  for (const story of stories) {
    const known = tasks.get(story.task);
    if (known === undefined) tasks.set(story.task, [story]);
    else known.push(story);
  }
  return tasks;
}

/** A step a line: the time of day, what it was, what came of it, how long it took; a long text goes on below itself. */
export function storyLines(
  steps: readonly StoryLine[],
  { columns, paint }: Pick<StoryView, 'columns' | 'paint'>,
): string[] {
  const times = steps.map(({ ms }) => (ms === undefined ? '' : elapsed(ms)));
  const timeWidth = Math.max(0, ...times.map(displayWidth));
  const room = Math.max(20, columns - indent - timeWidth - 2);
  return steps.flatMap(({ at, label, text, style }, index) => {
    const [first = '', ...more] = wrapped(cut(text, room * mostLines), room).map((each) => fitting(each, room));
    const word = left(label, labelWidth);
    const head = `  ${paint('dim', clockTime(at))}  ${style === undefined ? word : paint(style, word)}  `;
    const time = times[index] ?? '';
    const line = time === '' ? first : `${left(first, room)}  ${right(time, timeWidth)}`;
    return [`${head}${line}`, ...more.map((each) => `${' '.repeat(indent)}${each}`)];
  });
}

/** A ref is copied, and is of no use when it is cut. */
function fitting(line: string, room: number): string {
  return line.startsWith('refs/') ? line : cut(line, room);
}

const labelWidth = 8;
const indent = 2 + 8 + 2 + labelWidth + 2;

/** Of one text; the rest of it is in the log. */
const mostLines = 3;
