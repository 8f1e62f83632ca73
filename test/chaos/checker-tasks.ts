import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Main } from './history.ts';
import type { Workspace } from './workspace.ts';

/** A task file as it lies there. */
export interface TaskFile {
  readonly id: string;
  readonly state: string;
  /** What oompa has noted in it. */
  readonly outcome: unknown;
  readonly reason: unknown;
}

/** Reads all task files; a file that is half there, or that nobody will ever read, is a problem. */
export async function readTasks({ root }: Workspace): Promise<{ files: TaskFile[]; problems: string[] }> {
  const files: TaskFile[] = [];
  const problems: string[] = [];
  for (const state of await readdir(join(root, 'tasks'))) {
    for (const name of await readdir(join(root, 'tasks', state))) {
      if (!/^[a-z0-9][\w.-]*\.yaml$/.test(name)) {
        problems.push(`tasks/${state}/${name} is a temporary file that was left behind`);
        continue;
      }
      const text = await readFile(join(root, 'tasks', state, name), 'utf8');
      const id = name.replace(/\.yaml$/, '');
      const document = parseDocument(text);
      const content: unknown = document.toJS();
      if (document.errors.length > 0 || !isObject(content) || !text.startsWith(`# ${id}: a comment of the user's\n`)) {
        problems.push(`tasks/${state}/${name} is not whole: ${JSON.stringify(text.slice(0, 200))}`);
        continue;
      }
      const note = isObject(content['oompa']) ? content['oompa'] : {};
      files.push({ id, state, outcome: note['outcome'], reason: note['feedback'] ?? note['question'] });
    }
  }
  return { files, problems };
}

/** Every task landed exactly once, or lies where its agent has brought it, with a reason. */
export function checkTasks(
  { scene }: Workspace,
  found: { tasks: readonly TaskFile[]; main: Main; states: Readonly<Record<string, readonly string[]>> },
): string[] {
  const strangers = found.tasks.filter(({ id }) => !scene.tasks.includes(id));
  return [
    ...strangers.map(({ id, state }) => `${id} (${state}) is a task that nobody has made`),
    ...scene.tasks.flatMap((id) => checkOne(id, found)),
  ];
}

function checkOne(
  id: string,
  {
    tasks,
    main,
    states,
  }: { tasks: readonly TaskFile[]; main: Main; states: Readonly<Record<string, readonly string[]>> },
): string[] {
  const files = tasks.filter((file) => file.id === id);
  const landings = main.commits.filter(({ task }) => task === id).length;
  const [file] = files;
  if (file === undefined || files.length > 1) {
    return [`${id} is in ${String(files.length)} states: ${files.map(({ state }) => state).join(', ')}`];
  }
  const allowed = states[id] ?? ['complete'];
  const wanted = file.state === 'complete' ? 1 : 0;
  return [
    ...(allowed.includes(file.state)
      ? []
      : [`${id} is in ${file.state}/ (${String(file.outcome)}), not in ${allowed.join(' or ')}/`]),
    ...(landings === wanted ? [] : [`${id} is in ${file.state}/ and has landed ${String(landings)} times`]),
    ...(file.state === 'complete' || file.outcome !== undefined ? [] : [`${id} is in ${file.state}/ without a reason`]),
    ...(file.state === 'failed' && file.reason === undefined ? [`${id} has failed and does not say why`] : []),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
