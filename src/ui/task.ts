import type { Task, TaskState } from '../core/task.ts';
import { unreachable } from '../core/unreachable.ts';
import type { ListedTask, TaskStyle } from './tasks.ts';
import { waitText } from './tasks.ts';
import { left, oneLine, wrapped } from './text.ts';

/** What `oompa tasks show` shows: the task as it was written, what oompa noted, and what can be done now. */
export function renderTask(listed: ListedTask & { readonly path: string }, { paint, columns }: TaskStyle): string {
  const { task, state, path, readiness } = listed;
  const { feedback, session, ...rest } = task.record;
  const facts: [string, string][] = [
    ...task.acceptance.map((point): [string, string] => ['acceptance', point]),
    ...task.files.map((file): [string, string] => ['files', file]),
    ...(task.priority === 0 ? [] : [['priority', String(task.priority)] as [string, string]]),
    ...(task.dependsOn.length === 0 ? [] : [['depends on', task.dependsOn.join(', ')] as [string, string]]),
    ...(readiness === undefined ? [] : waitText(readiness).map((text): [string, string] => ['waits', text])),
    ...(listed.owner === undefined ? [] : [['worker', listed.owner.worker] as [string, string]]),
    ...Object.entries({
      ...rest,
      ...(session === undefined ? {} : { session: `${session.harness}, for ${session.worker}` }),
    }).map(([key, value]): [string, string] => [key.replaceAll('_', ' '), String(value)]),
  ];
  const sections = [
    [`${paint('bold', task.id)}  ${state}  ${paint('dim', path)}`, oneLine(task.title)],
    paragraphs(task.description, columns),
    facts.flatMap(([name, text], index) => factLines(facts[index - 1]?.[0] === name ? '' : name, text, columns)),
    feedback === undefined ? [] : ['feedback', ...paragraphs(feedback, columns)],
    nextCommand(task, state),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const nameWidth = 12;

function factLines(name: string, text: string, columns: number): string[] {
  const lines = wrapped(oneLine(text), Math.max(20, columns - nameWidth - 2));
  return lines.map((line, index) => `  ${left(index === 0 ? name : '', nameWidth)}${line}`.trimEnd());
}

function paragraphs(text: string, columns: number): string[] {
  if (text === '') return [];
  return text.split('\n').flatMap((line) => {
    const indent = /^\s*/.exec(line)?.[0].length ?? 0;
    const margin = ' '.repeat(2 + indent);
    return wrapped(oneLine(line), Math.max(20, columns - margin.length)).map((each) => `${margin}${each}`.trimEnd());
  });
}

function nextCommand({ id }: Task, state: TaskState): string[] {
  switch (state) {
    case 'blocked':
      return [`oompa tasks answer ${id} "…"`];
    case 'failed':
      return [`oompa tasks requeue ${id}`];
    case 'pending':
    case 'current':
    case 'complete':
      return [];
    default:
      return unreachable(state);
  }
}
