import { join } from 'node:path';
import { openRefs } from '../git/refs.ts';
import { liveRunIds } from '../runs/read-runs.ts';
import { withLock } from '../system/lock.ts';
import { renderCleanup } from '../ui/cleanup.ts';
import type { CleanupItem } from '../ui/cleanup.ts';
import { parseAge } from './cleanup/age.ts';
import { cleanAside } from './cleanup/aside.ts';
import { cleanBranches } from './cleanup/branches.ts';
import type { CleanupContext } from './cleanup/context.ts';
import { cleanRescues } from './cleanup/rescues.ts';
import { cleanState, cleanTemporary, cleanVerified } from './cleanup/scratch.ts';
import { cleanWorktrees } from './cleanup/worktrees.ts';
import type { ExitCode, Io } from './io.ts';
import { openMain } from './open-main.ts';

/** `oompa cleanup`. */
export interface CleanupOptions {
  /** Says what would go and changes nothing. */
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** Rescue refs too whose work main lacks, where `olderThan` or `keep` says which. */
  readonly force?: boolean;
  /** An age such as `30d`: younger rescue refs stay. */
  readonly olderThan?: string;
  /** So many of the newest rescue refs of each task stay. */
  readonly keep?: number;
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
    const { keep, force = false } = options;
    const items = await cleanAll({ repository, refs, dryRun, force, olderThanMs, keep, io });
    io.stdout(
      options.json === true ? `${JSON.stringify({ dryRun, items }, null, 2)}\n` : renderCleanup({ items, dryRun }, io),
    );
    return items.some(({ action }) => action === 'failed') ? 1 : 0;
  } finally {
    await refs.close();
  }
}

function usageProblem({ olderThan }: CleanupOptions, olderThanMs: number | undefined): string | undefined {
  if (olderThan === undefined || olderThanMs !== undefined) return undefined;
  return `--older-than takes an age such as 12h, 30d or 4w, not "${olderThan}": oompa cleanup --dry-run --older-than 30d`;
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
  const live = new Set(await liveRunIds(repository.root));
  const worktrees = await cleanWorktrees(context);
  return [
    ...worktrees,
    ...(await cleanBranches(context, worktrees)),
    ...(await cleanTemporary(context, live)),
    ...(await cleanState(context, live)),
    ...(await cleanVerified(context, live)),
    ...(await cleanRescues(context)),
    ...(await cleanAside(context)),
  ];
}
