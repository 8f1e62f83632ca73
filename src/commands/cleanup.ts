import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { configFile } from '../config/schema.ts';
import { openRefs } from '../git/refs.ts';
import { openRepository } from '../git/repository.ts';
import type { Repository } from '../git/repository.ts';
import { builtInHarnesses } from '../harness/registry.ts';
import { withLock } from '../system/lock.ts';
import { renderCleanup } from '../ui/cleanup.ts';
import type { CleanupItem } from '../ui/cleanup.ts';
import { parseAge } from './cleanup/age.ts';
import { cleanBranches } from './cleanup/branches.ts';
import type { CleanupContext } from './cleanup/context.ts';
import { liveRunIds } from './cleanup/live-runs.ts';
import { cleanRescues } from './cleanup/rescues.ts';
import { cleanTemporary, cleanVerified } from './cleanup/scratch.ts';
import { cleanWorktrees } from './cleanup/worktrees.ts';
import type { ExitCode, Io } from './io.ts';

/** `oompa cleanup`. */
export interface CleanupOptions {
  /** Says what would go and changes nothing. */
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** Rescue refs too, where main has their work, or where they are older than `olderThan`. */
  readonly force?: boolean;
  /** An age such as `30d`. */
  readonly olderThan?: string;
}

/** Frees what no live run has, and keeps what is not proven to be on main. 1 when something could not be freed. */
export async function cleanup(options: CleanupOptions, io: Io): Promise<ExitCode> {
  const olderThanMs = options.olderThan === undefined ? undefined : parseAge(options.olderThan);
  const wrong = usageProblem(options, olderThanMs);
  if (wrong !== undefined) {
    io.stderr(`${wrong}\n`);
    return 2;
  }
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const refs = openRefs(repository.root);
  try {
    const dryRun = options.dryRun === true;
    const items = await cleanAll({ repository, refs, dryRun, force: options.force === true, olderThanMs, io });
    io.stdout(
      options.json === true ? `${JSON.stringify({ dryRun, items }, null, 2)}\n` : renderCleanup({ items, dryRun }, io),
    );
    return items.some(({ action }) => action === 'failed') ? 1 : 0;
  } finally {
    await refs.close();
  }
}

function usageProblem({ olderThan, force }: CleanupOptions, olderThanMs: number | undefined): string | undefined {
  if (olderThan === undefined) return undefined;
  if (olderThanMs === undefined) return `--older-than takes an age such as 12h, 30d or 4w, not "${olderThan}"`;
  return force === true ? undefined : '--older-than is about rescue refs, which only --force removes: add --force';
}

/** A broken config must not keep anybody from cleaning up; work is then compared with the branch that is checked out. */
async function openMain(io: Io): Promise<Repository | undefined> {
  const opened = await openRepository(io.cwd, { identity: false });
  if (opened.kind === 'problem') {
    io.stderr(`${opened.message}\n`);
    return undefined;
  }
  const { root } = opened.repository;
  const loaded = await loadConfig({ path: configFile, workspace: root, knownHarnesses: builtInHarnesses });
  const branch = loaded.kind === 'loaded' ? loaded.config.branch : undefined;
  if (branch === undefined) return opened.repository;
  const named = await openRepository(io.cwd, { branch, identity: false });
  if (named.kind === 'open') return named.repository;
  io.stderr(`${named.message}\n`);
  return undefined;
}

/** Worktrees come first: what is in them gets a rescue ref, and only then can a branch be proven to be superfluous. */
async function cleanAll(order: Omit<CleanupContext, 'own' | 'pool'>): Promise<CleanupItem[]> {
  const { repository } = order;
  const own = join(repository.root, '.oompa');
  const folder = join(own, 'worktrees');
  const pool = {
    repository,
    folder,
    withLock: <T>(work: () => Promise<T>) => withLock(join(own, 'worktrees.lock'), work),
  };
  const context: CleanupContext = { ...order, own, pool };
  const worktrees = await cleanWorktrees(context);
  return [
    ...worktrees,
    ...(await cleanBranches(context, worktrees)),
    ...(await cleanTemporary(context)),
    ...(await cleanVerified(context, await liveRunIds(repository.root))),
    ...(await cleanRescues(context)),
  ];
}
