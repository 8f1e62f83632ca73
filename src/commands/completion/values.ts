import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Candidate } from '../../core/completion.ts';
import type { TaskState } from '../../core/task.ts';
import { runIds } from '../../runs/run-ids.ts';
import { runFiles, runsFolder } from '../../runs/run-folder.ts';

/** What may stand where a command asks for a value by this name, or these: `worker|task`. Rejects when it can't be read. */
export async function valuesOf(
  { name, path }: { readonly name: string; readonly path: string },
  cwd: string,
): Promise<readonly Candidate[] | 'files'> {
  const wanted = name.split('|').map((each) => sources[each]);
  if (wanted.includes('files')) return 'files';
  const workspace = workspaceAround(cwd);
  if (workspace === undefined) return [];
  const found = wanted.map(async (source) => (typeof source === 'function' ? source(workspace, path) : []));
  return (await Promise.all(found)).flat();
}

/** By what help calls the value: an argument of a new command is completed when it is named as one of these. */
const sources: Readonly<
  Record<string, 'files' | ((workspace: string, path: string) => Promise<readonly Candidate[]>) | undefined>
> = {
  config: 'files',
  file: 'files',
  run: runsOf,
  task: tasksOf,
  pool: async (workspace) => poolsIn(await configOf(workspace)).map(({ name }) => ({ word: name, about: '' })),
  worker: workersOf,
  rescue: rescuesOf,
  harness: harnesses,
};

/** Commands that take tasks of some states only. */
const states: Readonly<Record<string, readonly TaskState[]>> = {
  'tasks requeue': ['failed', 'blocked'],
  'tasks answer': ['blocked'],
};

/** Newest first, as they are listed. */
async function runsOf(workspace: string): Promise<Candidate[]> {
  return (await runIds(workspace)).map((word) => ({ word, about: '' }));
}

/** Their names alone, which is quick for thousands. */
async function tasksOf(workspace: string, path: string): Promise<Candidate[]> {
  const { taskNameOf } = await import('../../queue/file/task-name.ts');
  const wanted = states[path] ?? (['current', 'pending', 'blocked', 'failed', 'complete'] as const);
  const found = await Promise.all(
    wanted.map(async (state) => {
      const names = await readdir(join(workspace, 'tasks', state)).catch(() => []);
      return names.sort().flatMap((name) => {
        const id = taskNameOf(name)?.id;
        return id === undefined ? [] : [{ word: id, about: state }];
      });
    }),
  );
  return found.flat();
}

/** The workers of the newest run whose record has its config, and its planner. */
async function workersOf(workspace: string): Promise<Candidate[]> {
  for (const id of await runIds(workspace)) {
    const { asObject, objectAt } = await import('../../harness/json.ts');
    const record = asObject(await readYaml(join(runsFolder(workspace), id, runFiles.record)));
    const pools = poolsIn(record?.['config']);
    if (record === undefined || pools.length === 0) continue;
    const words = pools.flatMap(({ name, count }) =>
      Array.from({ length: count }, (_, i) => `${name}-${String(i + 1)}`),
    );
    const planner = objectAt(record, 'config')['planner'] === undefined ? [] : ['planner'];
    return [...words, ...planner].map((word) => ({ word, about: id }));
  }
  return [];
}

/** Tasks with work that is kept; each means its newest. */
async function rescuesOf(workspace: string): Promise<Candidate[]> {
  const { listRescues } = await import('../../git/rescue/rescues.ts');
  const newest = new Map((await listRescues(workspace)).map(({ task, commit }) => [task, commit]));
  return [...newest].map(([word, commit]) => ({ word, about: commit.slice(0, 7) }));
}

/** The CLIs that oompa knows, and those that the config declares. */
async function harnesses(workspace: string): Promise<Candidate[]> {
  const { builtInHarnesses } = await import('../../harness/registry.ts');
  const { asObject, objectAt } = await import('../../harness/json.ts');
  const config = asObject(await configOf(workspace).catch(() => undefined));
  const declared = config === undefined ? [] : Object.keys(objectAt(config, 'harnesses'));
  return [...new Set([...builtInHarnesses, ...declared])].map((word) => ({ word, about: '' }));
}

async function configOf(workspace: string): Promise<unknown> {
  return readYaml(join(workspace, 'oompa.config.yaml'));
}

/** Read loosely, without the schema: what is wrong elsewhere in a config is no reason to complete nothing. */
function poolsIn(config: unknown): { readonly name: string; readonly count: number }[] {
  const { workers } = (config ?? {}) as { readonly workers?: unknown };
  const pools: readonly unknown[] = Array.isArray(workers) ? workers : [];
  return pools.flatMap((pool) => {
    const { name, count } = (pool ?? {}) as { readonly name?: unknown; readonly count?: unknown };
    const known = typeof count === 'number' && count >= 1 && count <= mostWorkers ? count : 1;
    return typeof name === 'string' ? [{ name, count: known }] : [];
  });
}

/** No more workers of a pool are offered. */
const mostWorkers = 256;

async function readYaml(path: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(await readFile(path, 'utf8'));
}

/** Without asking git, which takes longer than everything else here. */
function workspaceAround(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : workspaceAround(above);
}
