import { readLeases } from '../../git/lease.ts';
import { isAlive } from '../../system/process-identity.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted, someOf } from '../../ui/text.ts';

/** Worktrees of runs that died with an iteration in them. Those that were given back are the pool, and all is well with them. */
export async function strandedWorktreeChecks(folder: string): Promise<Check[]> {
  const leases = await readLeases(folder);
  const names = leases.filter(({ pid, pidStart }) => pid !== 0 && !isAlive(pid, pidStart)).map(({ name }) => name);
  if (names.length === 0) return [];
  const text = `${counted(names.length, 'worktree')} of a run that died: ${someOf(names.sort(), 5)}`;
  return [{ status: 'warn', text, hint: 'keep what is in them and free them with: oompa cleanup' }];
}
