import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Workspace } from '../chaos/workspace.ts';
import type { PlannedTask } from './plan.ts';
import { failuresToMeet, writePlan } from './plan.ts';
import { writePlays } from './plays.ts';
import { configOf } from './swarm-config.ts';
import { voices } from './voices.ts';

const run = promisify(execFile);

/** Where a soak takes place: a workspace with tasks, agent CLIs on a private PATH, and a home of its own. */
export interface Stage {
  readonly folder: string;
  readonly workspace: Workspace;
  /** For temporary files of the swarm. */
  readonly tmp: string;
  /** Laid over the environment of the swarm. */
  readonly env: Readonly<Record<string, string>>;
  /** Logs in anew, where the login has been refused. */
  renewLogin(): Promise<void>;
  /** Lets every call from now on be well, and puts back the programs that are not there any more. */
  heal(): Promise<void>;
  /** The same stage with these tasks besides; they come first. */
  withTasks(tasks: readonly PlannedTask[]): Promise<Stage>;
  close(): Promise<void>;
}

/** Makes all of that, in a folder for temporary files. */
export async function openStage(workers: number, tasks: readonly PlannedTask[]): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-soak-')));
  const at = (name: string) => join(folder, name);
  const [home, bin, notes, tmp] = [at('home'), at('bin'), at('notes'), at('tmp')];
  await Promise.all([mkdir(join(home, '.claude'), { recursive: true }), mkdir(bin), mkdir(tmp)]);
  await mkdir(join(notes, 'calls'), { recursive: true });
  await mkdir(join(notes, 'met'));
  await Promise.all([
    installAgents(bin),
    writePlan(join(notes, 'plan'), tasks),
    writePlays(join(notes, 'plays'), failuresToMeet(tasks.length)),
  ]);
  await writeFile(join(home, '.gitconfig'), gitConfig);
  const login = join(home, '.claude', '.credentials.json');
  await writeFile(login, '{"the": "old login"}\n');
  const env = {
    ...{ PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, HOME: home, TMPDIR: tmp, LC_ALL: 'C' },
    ...{ GIT_CONFIG_GLOBAL: join(home, '.gitconfig'), GIT_CONFIG_NOSYSTEM: '1', OOMPA_SOAK: notes },
    ...{ CLAUDE_CONFIG_DIR: join(home, '.claude') },
  };
  const stage: Stage = {
    ...{ folder, tmp, env },
    workspace: await makeWorkspace({ root: at('repository'), notes, env, workers, tasks }),
    async renewLogin() {
      await writeFile(join(notes, 'renewed'), '');
      await writeFile(login, '{"the": "new login"}\n');
    },
    async heal() {
      await rm(join(notes, 'plan'), { recursive: true });
      await installAgents(bin);
    },
    async withTasks(more) {
      const { workspace } = stage;
      await writePlan(join(notes, 'plan'), more);
      await Promise.all(more.map((task) => writeFile(taskFile(workspace.root, task), `${textOf(task)}priority: 0\n`)));
      const all = [...workspace.scene.tasks, ...more.map(({ id }) => id)];
      return { ...stage, workspace: { ...workspace, scene: { ...workspace.scene, tasks: all } } };
    },
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
  return stage;
}

/** A config that ends no agent for its silence. */
export const patientConfig = 'patient.config.yaml';

const gitConfig = `
[user]
  name = Test Owner
  email = owner@oompa.test
[gc]
  auto = 0
[maintenance]
  auto = false
`;

async function installAgents(bin: string): Promise<void> {
  const program = join(import.meta.dirname, 'agent.sh');
  for (const name of Object.keys(voices)) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec sh "${program}" ${name} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  }
}

interface Site {
  readonly root: string;
  readonly notes: string;
  readonly env: Stage['env'];
  readonly workers: number;
  readonly tasks: readonly PlannedTask[];
}

async function makeWorkspace({ root, notes, env, workers, tasks }: Site): Promise<Workspace> {
  await mkdir(join(root, 'tasks', 'pending'), { recursive: true });
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args, {
      cwd: root,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trimEnd();
  };
  const write = (path: string, text: string) => writeFile(join(root, path), text);
  await Promise.all([
    write('.gitignore', '.oompa/\nruns/\ntasks/\n'),
    write('shared.txt', 'the first line\n'),
    write('oompa.config.yaml', configOf(workers, { patient: false })),
    write(patientConfig, configOf(workers, { patient: true })),
    ...tasks.map((task) => writeFile(taskFile(root, task), textOf(task))),
  ]);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const scene = {
    tasks: tasks.map(({ id }) => id),
    workers,
    strategy: 'merge',
    main: 'checked-out',
    reviewed: true,
    verified: false,
  } as const;
  return { scene, root, notes, userFiles: {}, git, remove: () => rm(root, { recursive: true, force: true }) };
}

function taskFile(root: string, { id }: PlannedTask): string {
  return join(root, 'tasks', 'pending', `${id}.yaml`);
}

function textOf({ id, dependsOn }: PlannedTask): string {
  return `# ${id}: a comment of the user's\ntitle: Make ${id}\ndepends_on: ${JSON.stringify(dependsOn)}\n`;
}
