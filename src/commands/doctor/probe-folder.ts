import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { firstError, git } from '../../git/git.ts';

/** Where one probe takes place. Absolute paths, all of which exist, and all below one folder. */
export interface ProbePlace {
  /** A git worktree, as agents at work have one: some CLIs refuse to work outside of a repository. */
  readonly worktree: string;
  /** The worktree's own folder in its repository, and what is the repository's. */
  readonly admin: string;
  readonly commonDir: string;
  readonly branch: string;
  /** For temporary files. */
  readonly temporary: string;
  /** Takes the state of the CLI; it is empty. */
  readonly state: string;
}

/** A place for one probe, or why it could not be made. */
export type ProbeFolder = ({ readonly kind: 'made' } & ProbePlace) | { readonly kind: 'failed'; readonly why: string };

/** Gives `work` a new place in the system's temporary folder. It is removed afterwards, whatever happens. */
export async function withProbeFolder<T>(workspace: string, work: (made: ProbeFolder) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'oompa-probe-'));
  try {
    return await work(await furnish(folder, workspace));
  } finally {
    // What an agent has left may still be writing for a moment.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function furnish(folder: string, workspace: string): Promise<ProbeFolder> {
  const at = (name: string) => join(folder, name);
  const [repository, worktree, temporary, state] = [at('repository'), at('worktree'), at('tmp'), at('state')];
  for (const each of [repository, temporary, state]) await mkdir(each);
  for (const args of [
    ['init', '--quiet', '--initial-branch=main', '--template='],
    [...committer, 'commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message=A probe'],
    ['worktree', 'add', '--quiet', '-b', branch, worktree],
  ]) {
    const result = await git(repository, args);
    if (result.code !== 0) return { kind: 'failed', why: firstError(result) };
  }
  for (const file of settingsFiles) {
    await mkdir(dirname(join(worktree, file)), { recursive: true });
    // One that is not there, or can't be read, is no reason not to ask.
    await cp(join(workspace, file), join(worktree, file)).catch(() => undefined);
  }
  const commonDir = join(repository, '.git');
  const admin = join(commonDir, 'worktrees', 'worktree');
  return { kind: 'made', worktree, admin, commonDir, branch, temporary, state };
}

/** In a folder of its own, like those of a run: a sandbox opens that folder. */
const branch = 'oompa/probe/one-word';

const committer = ['-c', 'user.name=oompa', '-c', 'user.email=oompa@localhost'];

/** Settings of a project's own that say which models there are, and how they are reached. */
const settingsFiles = [
  ...['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
  ...['.claude/settings.json', '.claude/settings.local.json', '.codex/config.toml'],
  ...['.gemini/settings.json', '.gemini/.env'],
];
