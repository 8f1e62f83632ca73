import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository, RepositoryNeeds } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { renderDiagnostics } from '../ui/diagnostics.ts';
import type { Io } from './io.ts';

/** The repository around `io.cwd`, landing on `branch` or the current one; undefined after saying on stderr why there is none. */
export async function openWorkspace(io: Io, needs: RepositoryNeeds = {}): Promise<Repository | undefined> {
  const opened = await openRepository(io.cwd, needs);
  if (opened.kind === 'open') return opened.repository;
  io.stderr(`${opened.message}\n`);
  return undefined;
}

/** A config without problems. */
export type LoadedFine = Extract<LoadedConfig, { kind: 'loaded' }>;

/** The config of the workspace; undefined after showing all its problems on stderr. */
export async function readConfig(io: Io, repository: Repository, path?: string): Promise<LoadedFine | undefined> {
  const loaded = await loadConfig({
    path: path ?? join(repository.root, configFile),
    workspace: repository.root,
    knownHarnesses: builtInHarnesses,
  });
  if (loaded.kind === 'loaded') return loaded;
  io.stderr(`${renderDiagnostics(loaded.problems, { color: io.color })}\n`);
  const count = loaded.problems.length;
  io.stderr(`${String(count)} problem${count === 1 ? '' : 's'}, nothing was started. Check again with: oompa doctor\n`);
  return undefined;
}
