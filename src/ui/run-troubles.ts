import type { RunLife, RunState } from '../core/run-state.ts';
import type { Standing, TaskRow } from '../core/run-tables.ts';
import { deedsIn } from './deeds.ts';
import type { Paint, Style } from './paint.ts';
import type { Agent } from './phrases.ts';
import { outcomeMessage } from './phrases.ts';
import { cut, displayWidth, left, oneLine, packed, someOf, times, wrapped } from './text.ts';
import { stepWords } from './worker-lines.ts';

/** Where and how the troubles of a run are shown. */
export interface TroubleView {
  readonly life: RunLife;
  readonly columns: number;
  readonly paint: Paint;
  /** The run's folder, as a person would type it. */
  readonly folder: string;
  /** How the run has to be named in commands to be found: ` --run <id>`, or nothing where it is the newest one. */
  readonly run?: string;
}

/** What needs a person, worst first: the cause, then the detail, then the next commands. Tasks of one cause stand together. */
export function troubleLines(state: RunState, rows: readonly TaskRow[], view: TroubleView): string[] {
  const groups = grouped(state, rows, view);
  const shown = groups.slice(0, mostGroups);
  const names = shown.map(({ name }) => displayWidth(name));
  const indent = Math.min(18, Math.max(0, ...names)) + 4;
  const rest = groups.length - shown.length;
  return [
    ...shown.flatMap((group) => groupLines(group, indent, view)),
    ...(rest === 0
      ? []
      : [`  and ${String(rest)} more, each with its cause: oompa runs show ${state.head?.run ?? ''} --all`]),
  ];
}

const mostGroups = 12;

interface Trouble {
  readonly name: string;
  readonly style: Style;
  /** `failed: opencode was silent …`. */
  readonly cause: string;
  readonly details: readonly string[];
  readonly commands: readonly string[];
}

function grouped(state: RunState, rows: readonly TaskRow[], view: TroubleView): Trouble[] {
  const groups = new Map<string, [TaskRow, ...TaskRow[]]>();
  for (const standing of troubling) {
    for (const row of rows.filter((each) => each.standing === standing && isTrouble(standing, view.life))) {
      const key = `${standing} ${causeOf(state, row)}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
  }
  return [...groups.values()].map((group) =>
    group.length === 1 ? alone(state, group[0], view) : together(state, group),
  );
}

/** Whether such a task needs a person. What goes on in a live run does not. */
export function isTrouble(standing: Standing, life: RunLife): boolean {
  return troubling.includes(standing) && !(standing === 'open' && life === 'live');
}

/** Worst first. */
const troubling: readonly Standing[] = ['failed', 'asks', 'held', 'back', 'open', 'lost'];

function alone(state: RunState, row: TaskRow, view: TroubleView): Trouble {
  return {
    name: row.task,
    style: styleOf(row.standing),
    cause: `${causeOf(state, row)}${repeatedOf(row)} (${row.worker})`,
    details: [...saidOf(row), ...adviceOf([row])],
    commands: commandsOf(row, view),
  };
}

function together(state: RunState, rows: readonly [TaskRow, ...TaskRow[]]): Trouble {
  return {
    name: `${String(rows.length)} tasks`,
    style: styleOf(rows[0].standing),
    cause: causeOf(state, rows[0]),
    details: [
      someOf(
        rows.map(({ task }) => task),
        6,
      ),
      ...adviceOf(rows),
    ],
    commands: commandsOfAll(rows),
  };
}

function commandsOfAll(rows: readonly [TaskRow, ...TaskRow[]]): string[] {
  const { standing } = rows[0];
  if (standing === 'failed') return requeueCommands(rows);
  // The same question may need another answer in each.
  return standing === 'asks' ? rows.slice(0, mostNamed).map(({ task }) => answerCommand(task)) : [];
}

function answerCommand(task: string): string {
  return `oompa tasks answer ${task} "…"`;
}

/** The command that puts these failed tasks back; none where they are too many to be named. */
export function requeueCommands(failed: readonly TaskRow[]): string[] {
  return failed.length > mostNamed ? [] : [`oompa tasks requeue ${failed.map(({ task }) => task).join(' ')}`];
}

const mostNamed = 8;

function styleOf(standing: Standing): Style {
  return standing === 'failed' ? 'red' : 'yellow';
}

function causeOf(state: RunState, { standing, last, worker }: TaskRow): string {
  if (last.ended === undefined) {
    const doing = state.workers.find(({ name }) => name === worker)?.doing;
    return `cut off: ${doing === undefined ? 'no outcome' : stepWords(doing)}`;
  }
  const { what } = outcomeMessage(last.ended.outcome, agentOf(last));
  return `${standing === 'back' ? 'went back' : standing}: ${cut(what, 240)}`;
}

/** An attempt that ended as the ones before it did says so. */
function repeatedOf({ iterations, last }: TaskRow): string {
  const kindOf = ({ ended }: (typeof iterations)[number]) =>
    ended?.outcome.kind === 'agent-failed' ? ended.outcome.failure.kind : ended?.outcome.kind;
  const same = iterations.filter((each) => kindOf(each) === kindOf(last)).length;
  return same > 1 ? `, ${times(same)}` : '';
}

/** What the agent, the reviewer or the verify command had to say last. */
function saidOf({ last }: TaskRow): string[] {
  const kind = last.ended?.outcome.kind;
  const review = last.reviews.at(-1);
  const sentBack = last.sentBack.at(-1);
  const said = last.turns.at(-1)?.said;
  if (kind === 'rounds-exhausted' && review !== undefined) {
    return [`round ${String(review.round)}: ${oneLine(review.summary)}`];
  }
  if (kind === 'turns-exhausted' && sentBack !== undefined) {
    return [cut(`last sent back by ${sentBack.source}: ${oneLine(sentBack.text)}`, 240)];
  }
  const isTheAgents = kind === 'agent-failed' || kind === 'turns-exhausted' || kind === 'no-changes';
  return isTheAgents && said !== undefined ? [`last words: "${oneLine(said)}"`] : [];
}

/** What oompa did about a cause that these tasks share, and what a person can do. */
function adviceOf(rows: readonly [TaskRow, ...TaskRow[]]): string[] {
  const [{ last, standing }] = rows;
  if (last.ended === undefined) return ['the next oompa swarm puts the task back and keeps the work'];
  const { outcome } = last.ended;
  const { did, remedy } = outcomeMessage(outcome, agentOf(last));
  const deeds = new Set(
    rows.map((row) => (outcome.kind === 'agent-failed' ? deedsIn(row.last.turns, outcome.failure.kind) : did)),
  );
  const [deed] = deeds.size === 1 ? deeds : [did];
  return [deed ?? '', standing === 'back' && remedy === '' ? 'it is pending again' : remedy].filter(
    (line) => line !== '',
  );
}

function agentOf({ turns }: TaskRow['last']): Agent {
  return turns.at(-1) ?? { harness: 'the agent' };
}

function commandsOf(row: TaskRow, { run = '' }: TroubleView): string[] {
  const { task, standing, last, rescue } = row;
  const commands: string[] = [];
  if (standing === 'asks') commands.push(answerCommand(task));
  if (standing === 'failed') commands.push(...requeueCommands([row]));
  if (standing !== 'held') commands.push(`oompa tasks show ${task}`);
  const kind = last.ended?.outcome.kind;
  if ((kind === 'rejected' || kind === 'rounds-exhausted') && last.reviews.length > 0) {
    commands.push(`oompa runs review ${task}${run}`);
  } else if (standing !== 'asks' && standing !== 'held') {
    commands.push(`oompa logs ${task}${run}`);
  }
  if (rescue !== undefined) commands.push(`oompa rescue show ${task}`);
  return commands;
}

function groupLines(
  { name, style, cause, details, commands }: Trouble,
  indent: number,
  { columns, paint }: TroubleView,
): string[] {
  const room = columns - indent;
  const [first = '', ...more] = wrapped(cause, room);
  const pad = ' '.repeat(indent);
  const fits = displayWidth(name) <= indent - 4;
  return [
    ...(fits ? [] : [`  ${paint(style, name)}`]),
    `${fits ? `  ${paint(style, left(name, indent - 4))}  ` : pad}${first}`,
    ...[...more, ...details.flatMap((line) => wrapped(line, room)), ...packed(commands, ' · ', room)].map(
      (line) => `${pad}${line}`,
    ),
  ];
}
