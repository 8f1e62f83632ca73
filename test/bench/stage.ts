import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../..', import.meta.url));

/** Where everything is measured; all of it is gone after `close`. */
export interface Stage {
  /** A folder on the disk of the system's temporary files. */
  readonly disk: string;
  /** One in memory where there is room for it, else the same. */
  readonly memory: string;
  /** `cli.js` of a fresh build. */
  readonly cli: string;
  /** The agent that costs nothing: one file, one signal. */
  readonly agent: string;
  /** All that the measured programs see of the surroundings: nothing of the user's git settings. */
  readonly env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** Makes the folders and builds oompa. */
export async function openStage(): Promise<Stage> {
  const disk = await realpath(await mkdtemp(join(tmpdir(), 'oompa-bench-')));
  const memory = (await hasMemoryDisk()) ? await mkdtemp('/dev/shm/oompa-bench-') : disk;
  const config = join(disk, 'gitconfig');
  await writeFile(config, '[user]\n\tname = Bench\n\temail = bench@oompa.test\n');
  const agent = join(disk, 'agent.sh');
  await writeFile(agent, 'echo x >"$OOMPA_TASK.txt"\necho COMPLETE_AND_READY_FOR_MERGE\n');
  const { PATH } = process.env;
  const env = { PATH, HOME: disk, LC_ALL: 'C', TMPDIR: disk, GIT_CONFIG_GLOBAL: config, GIT_CONFIG_NOSYSTEM: '1' };
  return {
    ...{ disk, memory, agent, env },
    cli: await build(join(disk, 'built')),
    async close() {
      for (const folder of new Set([disk, memory])) {
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      }
    },
  };
}

/** A repository's size: files of `bytes` each, 100 in a folder. */
export interface Size {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

/** Makes a workspace in `folder`: main holds the files, and is checked out nowhere; another, small branch is. */
export async function makeWorkspace(folder: string, size: Size, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(folder, { recursive: true });
  const git = (...args: string[]) => run('git', args, { cwd: folder, env });
  await git('init', '-q', '-b', 'elsewhere');
  await writeFile(join(folder, '.gitignore'), ignored);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  await fastImport(folder, size, env);
}

/** Checks main out in the workspace, as most users have it. */
export async function checkOutMain(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run('git', ['checkout', '-q', 'main'], { cwd: folder, env });
  await run('git', ['status', '--porcelain'], { cwd: folder, env });
}

const ignored = '.oompa/\n.worktrees/\nruns/\ntasks/\n';

async function fastImport(folder: string, { files, bytes }: Size, env: NodeJS.ProcessEnv): Promise<void> {
  const imported = run('git', ['fast-import', '--quiet'], { cwd: folder, env });
  const input = imported.child.stdin;
  input?.write('commit refs/heads/main\ncommitter Bench <bench@oompa.test> 1700000000 +0000\ndata 5\nfirst\n');
  input?.write(`M 100644 inline .gitignore\ndata ${String(ignored.length)}\n${ignored}\n`);
  for (let n = 0; n < files; n += 1) {
    const text = `file ${String(n)}\n${'0123456789abcde\n'.repeat(bytes / 16)}`;
    const path = `src/d${String(Math.floor(n / 100))}/f${String(n)}.txt`;
    input?.write(`M 100644 inline ${path}\ndata ${String(text.length)}\n${text}\n`);
  }
  input?.end();
  await imported;
}

/** Beside a copy of what the built files look for. Type errors are `npm run types`' business: tsc writes all the same. */
async function build(folder: string): Promise<string> {
  await mkdir(folder);
  const tsc = join(project, 'node_modules', '.bin', 'tsc');
  const options = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')];
  const failed = await run(tsc, options, { cwd: project }).catch(() => 'failed');
  for (const name of ['package.json', 'prompts'])
    await cp(join(project, name), join(folder, name), { recursive: true });
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  const cli = join(folder, 'dist', 'cli.js');
  if (failed === 'failed') process.stderr.write('The build has type errors; what is measured may not be whole.\n');
  if (!existsSync(cli)) throw new Error('there is no build to measure; see: npm run build');
  return cli;
}

/** The largest repository needs 4 GB for all its worktrees. */
async function hasMemoryDisk(): Promise<boolean> {
  if (!existsSync('/dev/shm')) return false;
  const { bavail, bsize } = await statfs('/dev/shm');
  return bavail * bsize > 8 * 1024 ** 3;
}
