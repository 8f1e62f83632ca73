import { join, sep } from 'node:path';
import { adminOf, branchToReturnTo, exists, headOf, linkedWorktrees, operationIn } from './admin.ts';
import type { Operation } from './admin.ts';
import type { Repository } from './repository.ts';

/** A work tree that has the branch checked out, or will come back to it after a rebase or a bisect. */
export interface Checkout {
  readonly folder: string;
  readonly admin: string;
  /** What the user has begun there and not ended. */
  readonly operation: Operation | undefined;
}

/** The user's checkouts of `branch`. Reads a few small files and starts no process; oompa's own worktrees are left out. */
export async function checkoutsOf(repository: Repository, branch: string): Promise<Checkout[]> {
  const { commonDir, mainCheckout } = repository;
  const main = mainCheckout === undefined ? [] : [{ folder: mainCheckout, admin: commonDir }];
  const linked = (await linkedWorktrees(commonDir)).map(({ admin, checkout }) => ({ admin, folder: checkout }));
  const all = [...main, ...linked].filter(({ folder }) => !isOwn(folder));
  const found = all.map(async ({ folder, admin }) => {
    if (!(await isPresent(folder, admin, commonDir))) return [];
    const head = await headOf(admin);
    const isThere = head.kind === 'branch' && head.branch === branch;
    if (!isThere && (await branchToReturnTo(admin)) !== branch) return [];
    return [{ folder, admin, operation: await operationIn(admin) }];
  });
  return (await Promise.all(found)).flat();
}

/** A worktree whose folder was deleted holds nothing up, unless it was locked: then it is on a disk that will come back. */
async function isPresent(folder: string, admin: string, commonDir: string): Promise<boolean> {
  if (admin === commonDir || (await exists(join(admin, 'locked')))) return true;
  return (await adminOf(folder, commonDir)) !== undefined;
}

/** An agent may have switched its own worktree to main; that is no checkout of the user's. */
function isOwn(folder: string): boolean {
  return folder.includes(`${sep}.oompa${sep}worktrees${sep}`);
}
