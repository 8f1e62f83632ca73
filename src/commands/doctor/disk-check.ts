import { sizeText } from '../../core/size.ts';
import { freeBytes } from '../../system/disk.ts';
import type { Check } from '../../ui/doctor.ts';

/** How much room is left where the worktrees are made; `floor` = `limits.free_disk`, in bytes. */
export function diskCheck(folder: string, floor: number): Check {
  const free = freeBytes(folder);
  return free === undefined ? { status: 'warn', text: "disk: what is free can't be told" } : diskVerdict(free, floor);
}

/** Below the floor no worktree is made; below five times that a few worktrees with their dependencies may not fit. */
export function diskVerdict(free: number, floor: number): Check {
  const text = `disk ${sizeText(free)} free`;
  if (free < floor) {
    const hint = `limits.free_disk asks for ${sizeText(floor)}: workers wait until there is room; old worktrees go with: oompa cleanup`;
    return { status: 'fail', text, hint };
  }
  if (free < 5 * floor) {
    return { status: 'warn', text, hint: 'each worker has a worktree of its own; free old ones with: oompa cleanup' };
  }
  return { status: 'ok', text };
}
