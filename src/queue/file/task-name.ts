import { badTaskId } from '../../core/task.ts';

/** How the files of tasks may end; the order in which they are looked for. */
export const taskExtensions = ['.yaml', '.yml', '.json', '.md'] as const;

/** An ending of a task file. */
export type TaskExtension = (typeof taskExtensions)[number];

/** The parts of a task file's name. */
export interface TaskName {
  readonly name: string;
  readonly id: string;
  readonly extension: TaskExtension;
}

/** Takes a file's name apart; undefined for dot files and for endings that are not a task's. */
export function taskNameOf(name: string): TaskName | undefined {
  if (name.startsWith('.')) return undefined;
  const extension = taskExtensions.find((each) => name.endsWith(each) && name.length > each.length);
  return extension === undefined ? undefined : { name, id: name.slice(0, -extension.length), extension };
}

/** The ending that `extension` is, or undefined when no task file ends so. */
export function knownExtension(extension: string): TaskExtension | undefined {
  return taskExtensions.find((each) => each === extension);
}

/** What is wrong with an id, as a sentence; undefined when nothing is. */
export function idProblem(id: string): string | undefined {
  const why = badTaskId(id);
  return why === undefined ? undefined : `the id ${JSON.stringify(id)} ${why}`;
}

/** `id`, `id-2`, `id-3` …, each short enough for an id. */
export function nthId(id: string, n: number): string {
  const suffix = n === 1 ? '' : `-${n}`;
  return `${id.slice(0, 100 - suffix.length)}${suffix}`;
}
