import { loadConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { git } from '../git/git.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import type { Io } from './io.ts';

/**
 * The repository around `io.cwd`, landing on the config's branch; undefined after saying on stderr why there is none. A broken
 * config keeps nobody from looking at work: it is then compared with the branch that is checked out.
 */
export async function openMain(io: Io): Promise<Repository | undefined> {
  // By hand, because a rebase of the user's leaves HEAD on no branch, and opening would then want one to be named.
  const root = (await git(io.cwd, ['rev-parse', '--show-toplevel'])).stdout.replace(/\n$/, '');
  const branch = root === '' ? undefined : await branchIn(root);
  const opened = await openRepository(io.cwd, { ...(branch === undefined ? {} : { branch }), identity: false });
  if (opened.kind === 'open') return opened.repository;
  io.stderr(`${opened.message}\n`);
  return undefined;
}

async function branchIn(workspace: string): Promise<string | undefined> {
  const loaded = await loadConfig({ path: configFile, workspace, knownHarnesses: builtInHarnesses });
  return loaded.kind === 'loaded' ? loaded.config.branch : undefined;
}
