import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from './stage.ts';

const run = promisify(execFile);

/** What a workspace is like. */
export interface Scene {
  /** Ids; what the agent does stands in them: see agent.sh. */
  readonly tasks: readonly string[];
  readonly workers: number;
  readonly strategy: 'merge' | 'squash';
  /** Whether the user has main checked out, with changes of their own in it; or else another branch. */
  readonly main: 'checked-out' | 'elsewhere';
  readonly reviewed: boolean;
  readonly verified: boolean;
  /** More lines for the text of a task. */
  readonly more?: (id: string, index: number) => string;
}

/** A repository of a user with a swarm's config, tasks, and a side log of what the agents did. */
export interface Workspace {
  readonly scene: Scene;
  /** The repository. */
  readonly root: string;
  /** Outside of the repository: side logs and records. */
  readonly notes: string;
  /** The user's own uncommitted files: path → content. */
  readonly userFiles: Readonly<Record<string, string>>;
  /** Standard output without the last line break; rejects when git fails. */
  readonly git: (...args: string[]) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Makes a workspace on the stage. */
export async function makeWorkspace(stage: Stage, scene: Scene): Promise<Workspace> {
  const folder = await mkdtemp(join(stage.folder, 'case-'));
  const root = join(folder, 'repository');
  const notes = join(folder, 'notes');
  await Promise.all([mkdir(join(root, 'tasks', 'pending'), { recursive: true }), mkdir(notes)]);
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args, { cwd: root, env: stage.env, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trimEnd();
  };
  const write = (path: string, text: string) => writeFile(join(root, path), text);
  await Promise.all([
    write('.gitignore', '.oompa/\nruns/\ntasks/\n'),
    write('shared.txt', 'the first line\n'),
    write('user.txt', 'as it was committed\n'),
    write('oompa.config.yaml', configOf(scene, notes)),
    ...scene.tasks.map((id, index) => write(`tasks/pending/${id}.yaml`, textOf(scene, id, index))),
  ]);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  if (scene.main === 'elsewhere') await git('switch', '-q', '-c', 'desk');
  for (const [path, text] of Object.entries(userFiles)) await write(path, text);
  return {
    scene,
    root,
    notes,
    userFiles,
    git,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** One is tracked and changed, one is new. */
const userFiles = { 'user.txt': 'as it was committed\nand what the user writes just now', 'user-new.txt': 'new\0\n' };

function textOf(scene: Scene, id: string, index: number): string {
  return `# ${id}: a comment of the user's\ntitle: Make ${id}\n${scene.more?.(id, index) ?? ''}`;
}

function configOf({ workers, strategy, reviewed, verified }: Scene, notes: string): string {
  const agent = (script: string) =>
    `[sh, ${JSON.stringify(join(import.meta.dirname, script))}, ${JSON.stringify(notes)}]`;
  return [
    'branch: main',
    `workers: [{ name: builders, count: ${String(workers)}, harness: quick }]`,
    ...(reviewed ? ['reviewer: { harness: critic, max_rounds: 3 }'] : []),
    // Made of few processes: it is run for each landing.
    ...(verified ? ["verify: ['! grep -rqs broken red']"] : []),
    `merge: { strategy: ${strategy} }`,
    'limits: { attempts: 3, turn_timeout: 30s, silence: 30s }',
    'harnesses:',
    `  quick: { command: ${agent('agent.sh')}, prompt: stdin, output: text }`,
    `  critic: { command: ${agent('reviewer.sh')}, prompt: stdin, output: text }`,
    '',
  ].join('\n');
}
