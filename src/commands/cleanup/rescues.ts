import { landedRescues, removeRescue } from '../../git/cleanup.ts';
import { listRescues } from '../../git/rescue.ts';
import type { Rescue } from '../../git/rescue.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { readQueue } from '../read-queue.ts';
import { spokenAge } from './age.ts';
import type { CleanupContext } from './context.ts';

/** Lists the rescue refs, oldest first; with `--force` removes those of which main has everything, and those that are old enough. */
export async function cleanRescues(context: CleanupContext): Promise<CleanupItem[]> {
  const { repository, io } = context;
  const rescues = await listRescues(repository.root);
  if (rescues.length === 0) return [];
  const landed = await landedRescues(repository);
  const needed = await neededRescues(repository.root);
  const items: CleanupItem[] = [];
  for (const rescue of rescues) {
    const ageMs = io.now().getTime() - Date.parse(rescue.at);
    const facts = { ageMs, landed: landed.has(rescue.ref), neededBy: needed.get(rescue.ref) };
    items.push(await cleanRescue(context, rescue, facts));
  }
  return items;
}

interface Facts {
  readonly ageMs: number;
  /** Whether main has all of it. */
  readonly landed: boolean;
  /** A task that starts from it, or whose approved work it is. */
  readonly neededBy: string | undefined;
}

async function cleanRescue(context: CleanupContext, rescue: Rescue, facts: Facts): Promise<CleanupItem> {
  const { repository, refs, dryRun } = context;
  const verdict = verdictOn(context, facts);
  const item = { kind: 'rescue', name: rescue.ref, why: `${spokenAge(facts.ageMs)} old, ${verdict.why}` } as const;
  if (!verdict.goes) return { ...item, action: 'kept' };
  if (dryRun) return { ...item, action: 'freed' };
  const removed = await removeRescue(repository, rescue, { refs, unlanded: !facts.landed });
  return removed.kind === 'removed' ? { ...item, action: 'freed' } : { ...item, action: 'failed', why: removed.detail };
}

function verdictOn({ force, olderThanMs }: CleanupContext, facts: Facts): { goes: boolean; why: string } {
  if (facts.landed) return { goes: force, why: force ? 'main has all of it' : 'main has all of it; goes with --force' };
  if (facts.neededBy !== undefined) return { goes: false, why: `the task ${facts.neededBy} goes on from it` };
  const isOld = olderThanMs !== undefined && facts.ageMs >= olderThanMs;
  if (force && isOld) return { goes: true, why: 'not on main, and given up by --older-than' };
  return { goes: false, why: 'not on main; goes with --force --older-than AGE' };
}

/** What tasks that are not at their end were told to go on from, by ref. */
async function neededRescues(workspace: string): Promise<Map<string, string>> {
  const { listing } = await readQueue(workspace);
  const open = listing.tasks.filter(({ state }) => state !== 'complete' && state !== 'failed');
  return new Map(open.flatMap(({ task }) => (task.record.rescue === undefined ? [] : [[task.record.rescue, task.id]])));
}
