import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execFileText = promisify(execFile);

/** A real repository in a temporary folder, with `main` checked out and one commit. */
export interface TestRepository {
  readonly path: string;
  /** Standard output without the last line break; rejects when git fails. */
  readonly git: (...args: string[]) => Promise<string>;
  /** The same in another folder, a worktree for instance. */
  readonly gitIn: (folder: string, ...args: string[]) => Promise<string>;
  readonly write: (path: string, content: string | Buffer) => Promise<void>;
  readonly read: (path: string) => Promise<string>;
  /** Writes the files and commits everything; gives the commit. */
  readonly commit: (files: Readonly<Record<string, string>>, message?: string) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Makes a repository that holds these files: `await repository({ 'src/a.ts': 'export {};\n' })`. */
export async function repository(files: Readonly<Record<string, string>> = {}): Promise<TestRepository> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'oompa-repository-')));
  const made = at(path);
  await made.git('init', '-q', '-b', 'main');
  await made.git('config', 'user.name', 'Test Owner');
  await made.git('config', 'user.email', 'owner@oompa.test');
  await made.git('config', 'maintenance.auto', 'false');
  await made.commit({ '.gitignore': '.oompa/\n', ...files }, 'first');
  return made;
}

function at(path: string): TestRepository {
  async function gitIn(folder: string, ...args: string[]): Promise<string> {
    const { stdout } = await execFileText('git', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return stdout.replace(/\n$/, '');
  }
  const git = (...args: string[]) => gitIn(path, ...args);
  async function write(file: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  }
  return {
    path,
    git,
    gitIn,
    write,
    read: (file) => readFile(join(path, file), 'utf8'),
    async commit(files, message = 'change') {
      for (const [file, content] of Object.entries(files)) await write(file, content);
      await git('add', '-A');
      await git('commit', '-q', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
