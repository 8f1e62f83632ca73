import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { firstError, git } from '../../git/git.ts';

/** A folder of one probe, or why it could not be made. */
export type ProbeFolder =
  { readonly kind: 'made'; readonly folder: string } | { readonly kind: 'failed'; readonly why: string };

/**
 * Gives `work` a new folder in the system's temporary folder, with a small git repository in `repository/`: some CLIs refuse to
 * work outside of one. It is removed afterwards, whatever happens.
 */
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
  const repository = join(folder, 'repository');
  await mkdir(repository);
  for (const file of settingsFiles) {
    await mkdir(dirname(join(repository, file)), { recursive: true });
    // One that is not there, or can't be read, is no reason not to ask.
    await cp(join(workspace, file), join(repository, file)).catch(() => undefined);
  }
  for (const args of [
    ['init', '--quiet', '--initial-branch=main', '--template='],
    [...committer, 'commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message=A probe'],
  ]) {
    const result = await git(repository, args);
    if (result.code !== 0) return { kind: 'failed', why: firstError(result) };
  }
  return { kind: 'made', folder };
}

const committer = ['-c', 'user.name=oompa', '-c', 'user.email=oompa@localhost'];

/** Settings of a project's own that say which models there are, and how they are reached. */
const settingsFiles = [
  ...['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
  ...['.claude/settings.json', '.claude/settings.local.json', '.codex/config.toml'],
  ...['.gemini/settings.json', '.gemini/.env'],
];
