import { statfs } from 'node:fs/promises';
import type { Check } from '../../ui/doctor.ts';

/** How much room is left where the worktrees are made. */
export async function diskCheck(folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return diskVerdict(bavail * bsize);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: 'warn', text: `disk: what is free can't be told: ${why}` };
  }
}

/** Below 500 MB even the log of a run may not fit; below 5 GB a few worktrees with their dependencies may not. */
export function diskVerdict(freeBytes: number): Check {
  const text = `disk ${shownSize(freeBytes)} free`;
  if (freeBytes < 500e6) return { status: 'fail', text, hint: 'make room; old worktrees go with: oompa cleanup' };
  if (freeBytes < 5e9) {
    return { status: 'warn', text, hint: 'each worker has a worktree of its own; free old ones with: oompa cleanup' };
  }
  return { status: 'ok', text };
}

function shownSize(bytes: number): string {
  if (bytes < 999.5e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${bytes < 9.95e9 ? (bytes / 1e9).toFixed(1) : Math.round(bytes / 1e9)} GB`;
}
