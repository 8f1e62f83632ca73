import type { Audit } from '../core/audit.ts';
import { standings } from '../core/audit/commits.ts';
import type { Standing } from '../core/audit/commits.ts';
import type { Problem } from '../core/audit/finding.ts';
import { taskStates } from '../core/task.ts';
import { noteWords, problemWords } from './audit-words.ts';
import type { Words } from './audit-words.ts';
import type { Style } from './paint.ts';
import { painter } from './paint.ts';
import { counted, oneLine, shortCommit, wrapped } from './text.ts';

/** The screen of `oompa audit`: what was proven, a line each; what was not, with the command to go on with; and the verdict. */
export function renderAudit(audit: Audit, io: { readonly color: boolean; readonly columns: number }): string {
  const lines = [
    ...checksOf(audit).flatMap(({ text, problems }) => [
      ...lineOf(problems.length === 0 ? 'ok' : 'fail', { text }, io),
      ...problems.flatMap((problem) => belowOf(problemWords(problem), io)),
    ]),
    ...audit.notes.flatMap((note) => lineOf('note', noteWords(note), io)),
  ];
  return [...lines, closingLine(audit), ''].join('\n');
}

/** One line of the proof, and what is missing in it. */
interface CheckLine {
  readonly text: string;
  readonly problems: readonly Problem[];
}

function checksOf(audit: Audit): CheckLine[] {
  const { problems } = audit;
  const of = (...kinds: readonly Problem['kind'][]) => problems.filter(({ kind }) => kinds.includes(kind));
  const onMain = of('landing-gone', 'landed-twice', 'taken', 'work-on-main', 'landing-unrecorded');
  const [first] = audit.mains;
  return [
    { text: commitLine(audit), problems: of('work-lost') },
    { text: taskLine(audit), problems: of('task-doubled') },
    { text: completedLine(audit), problems: of('completion-unproven') },
    ...audit.mains.map((main) => ({
      text: mainLine(main),
      // What names no branch stands with the first one.
      problems: onMain.filter((each) => ('branch' in each ? each.branch === main.branch : main === first)),
    })),
    { text: objectLine(problems), problems: of('objects-missing', 'git-trouble') },
  ];
}

const standingWords: Readonly<Record<Standing, string>> = {
  main: 'on main',
  squashed: 'squashed',
  queued: 'in flight or held',
  rejected: 'rejected and rescued',
  rescued: 'rescued',
  branch: 'on a branch',
  freed: 'freed on purpose',
  accepted: 'accepted',
  lost: 'lost',
  unknown: 'not found out',
};

function commitLine({ commits, turns, runs }: Audit): string {
  const total = standings.reduce((sum, each) => sum + commits[each], 0);
  const parts = standings.flatMap((each) =>
    commits[each] === 0 ? [] : [`${String(commits[each])} ${standingWords[each]}`],
  );
  const list = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `${counted(total, 'commit')} of ${counted(turns, 'turn')} in ${counted(runs, 'run')}${list}`;
}

function taskLine({ tasks, problems }: Audit): string {
  const total = taskStates.reduce((sum, state) => sum + tasks[state], 0);
  const parts = taskStates.flatMap((state) => (tasks[state] === 0 ? [] : [`${String(tasks[state])} ${state}`]));
  if (parts.length === 0) return 'no task files';
  const isWell = !problems.some(({ kind }) => kind === 'task-doubled');
  return `${counted(total, 'task file')}${isWell ? ', each task in one state' : ''}: ${parts.join(', ')}`;
}

function completedLine({ completed, tasks }: Audit): string {
  const parts = [
    [completed.landed, 'landed'],
    [completed.proposed, 'proposed others'],
    [completed.byHand, 'by hand'],
    [completed.unproven, 'unproven'],
  ].flatMap(([count, words]) => (count === 0 ? [] : [`${String(count)} ${String(words)}`]));
  return `${counted(tasks.complete, 'completed task')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

function mainLine({ branch, since, landings, own, unproven }: Audit['mains'][number]): string {
  const from = since === undefined ? '' : ` since ${shortCommit(since)}`;
  const parts = [
    counted(landings, 'landing'),
    `${String(own)} of your own`,
    ...(unproven === 0 ? [] : [`${String(unproven)} by an agent or unrecorded`]),
  ];
  return `${branch}${from}: ${parts.join(', ')}`;
}

function objectLine(problems: readonly Problem[]): string {
  const isMissing = problems.some(({ kind }) => kind === 'objects-missing');
  return isMissing ? 'objects of git' : 'every object that a ref leads to is there';
}

const styles: Readonly<Record<'ok' | 'fail' | 'note', Style>> = { ok: 'green', fail: 'red', note: 'dim' };
const margin = 8;

type Look = Parameters<typeof renderAudit>[1];

function lineOf(status: keyof typeof styles, { text, next }: Words, { color, columns }: Look): string[] {
  const paint = painter(color);
  const indent = ' '.repeat(margin);
  const [first = '', ...more] = wrapped(oneLine(text), columns - margin);
  return [
    `  ${paint(styles[status], status)}${' '.repeat(margin - 2 - status.length)}${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...nextLines(next, indent, { color, columns }),
  ];
}

function belowOf({ text, next }: Words, { color, columns }: Look): string[] {
  const indent = ' '.repeat(margin);
  return [
    ...wrapped(oneLine(text), columns - margin).map((line) => `${indent}${line}`),
    ...nextLines(next, `${indent}  `, { color, columns }),
  ];
}

/** A command is never broken: it is what a person copies. */
function nextLines(next: readonly string[] | undefined, indent: string, { color }: Look): string[] {
  return (next ?? []).map((line) => `${indent}${painter(color)('dim', line)}`);
}

function closingLine({ problems }: Audit): string {
  return problems.length === 0 ? 'nothing is lost' : counted(problems.length, 'problem');
}
