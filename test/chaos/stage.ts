import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = join(import.meta.dirname, '..', '..');

/** Where chaos is made; all of it is gone after `close`. */
export interface Stage {
  readonly folder: string;
  /** `cli.js` of a fresh build. */
  readonly cli: string;
  /** All that the programs see of the surroundings: nothing of the user's settings. */
  readonly env: Readonly<Record<string, string>>;
  /** The same, with a `git` first on the PATH that `test/chaos/git.sh` describes. */
  readonly unluckyEnv: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Builds oompa once, from the working tree `source`, and makes a home with a git identity. */
export async function openStage(source = here): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(await quickestFolder(), 'oompa-chaos-')));
  const home = join(folder, 'home');
  const bin = join(folder, 'bin');
  await Promise.all([mkdir(home), mkdir(bin), mkdir(join(folder, 'tmp'))]);
  await writeFile(join(home, '.gitconfig'), gitConfig);
  await cp(join(import.meta.dirname, 'git.sh'), join(bin, 'git'));
  await chmod(join(bin, 'git'), 0o755);
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: home, LC_ALL: 'C', TMPDIR: join(folder, 'tmp'), GIT_CONFIG_NOSYSTEM: '1' };
  return {
    folder,
    cli: await build(source, join(folder, 'oompa')),
    env,
    unluckyEnv: { ...env, PATH: `${bin}${delimiter}${PATH}`, REAL_PATH: PATH },
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

const gitConfig = `
[user]
  name = Test Owner
  email = owner@oompa.test
[gc]
  auto = 0
[maintenance]
  auto = false
`;

/** Types are not checked here: what is on trial is what the program does. */
async function build(source: string, folder: string): Promise<string> {
  await mkdir(folder);
  const tsc = join(source, 'node_modules', '.bin', 'tsc');
  await run(tsc, ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')], { cwd: source });
  for (const name of ['package.json', 'prompts']) {
    await cp(join(source, name), join(folder, name), { recursive: true });
  }
  await symlink(join(source, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist', 'cli.js');
}

/** Nothing here cuts the power, so that memory is as good as a disk, and much faster. */
async function quickestFolder(): Promise<string> {
  if (!existsSync('/dev/shm')) return tmpdir();
  const { bavail, bsize } = await statfs('/dev/shm');
  return bavail * bsize > 8 * 1024 ** 3 ? '/dev/shm' : tmpdir();
}
