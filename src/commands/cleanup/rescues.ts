import { removeRescue } from '../../git/rescue/cleanup.ts';
import { keptCommits } from '../../git/rescue/kept-files.ts';
import { landedRescues, listRescues } from '../../git/rescue/rescues.ts';
import type { Rescue } from '../../git/rescue/rescues.ts';
import { liveRunIds } from '../../runs/read-runs.ts';
import type { CleanupItem } from '../../ui/cleanup.ts';
import { neededRescues } from '../rescue/needed.ts';
import { spokenAge } from './age.ts';
import type { CleanupContext } from './context.ts';

/**
 * Removes the rescue refs, oldest first, of which main has everything, within what `--older-than` and `--keep` allow; with
 * `--force` and one of these two also those that main lacks.
 */
export async function cleanRescues(context: CleanupContext): Promise<CleanupItem[]> {
  const { repository, io } = context;
  const { root } = repository;
  // Before the rest is read: the ref of a run that starts in between is then not among them.
  const rescues = await listRescues(root);
  if (rescues.length === 0) return [];
  const live = await liveRunIds(root);
  const landed = await landedRescues(repository);
  const withFiles = new Set(await keptCommits(root));
  const needed = await neededRescues(root, rescues);
  const items: CleanupItem[] = [];
  for (const rescue of rescues) {
    const newer = rescues.slice(rescues.indexOf(rescue) + 1).filter(({ task }) => task === rescue.task);
    const facts: Facts = {
      ageMs: io.now().getTime() - Date.parse(rescue.at),
      rank: newer.length,
      lacks: !landed.has(rescue.ref)
        ? 'not on main'
        : withFiles.has(rescue.commit)
          ? 'main lacks its files'
          : undefined,
      neededBy: needed.get(rescue.ref),
      isLive: live.some((run) => rescue.ref.includes(run)),
    };
    items.push(await cleanRescue(context, rescue, facts));
  }
  return items;
}

interface Facts {
  readonly ageMs: number;
  /** Newer ones of its task. */
  readonly rank: number;
  /** What only this ref has; undefined when main has everything. */
  readonly lacks: string | undefined;
  /** A task that starts from it, or whose approved work it is. */
  readonly neededBy: string | undefined;
  readonly isLive: boolean;
}

interface Verdict {
  readonly goes: boolean;
  readonly why: string;
}

async function cleanRescue(context: CleanupContext, rescue: Rescue, facts: Facts): Promise<CleanupItem> {
  const { repository, refs, dryRun, io } = context;
  const verdict = verdictOn(context, facts);
  const why = `${spokenAge(facts.ageMs)} old, ${verdict.why}`;
  const item = { kind: 'rescue', name: rescue.ref, why } as const;
  if (!verdict.goes) return { ...item, action: 'kept' };
  if (dryRun) return { ...item, action: 'freed' };
  const givenUp = facts.lacks === undefined ? undefined : `oompa cleanup: ${why}`;
  const removed = await removeRescue(repository, rescue, { refs, givenUp, now: io.now() });
  return removed.kind === 'removed' ? { ...item, action: 'freed' } : { ...item, action: 'failed', why: removed.detail };
}

function verdictOn({ force, olderThanMs, keep }: CleanupContext, facts: Facts): Verdict {
  const stays = (why: string): Verdict => ({ goes: false, why });
  if (facts.isLive) return stays('its run goes on');
  if (facts.neededBy !== undefined) return stays(`the task ${facts.neededBy} goes on from it`);
  if (olderThanMs !== undefined && facts.ageMs < olderThanMs) return stays('too young for --older-than');
  if (keep !== undefined && facts.rank < keep) return stays('among the newest of its task, by --keep');
  if (facts.lacks === undefined) return { goes: true, why: 'main has all of it' };
  if (olderThanMs === undefined && keep === undefined)
    return stays(`${facts.lacks}; goes with --force --older-than AGE`);
  if (!force) return stays(`${facts.lacks}; goes with --force`);
  return { goes: true, why: `${facts.lacks}, and given up by --force` };
}
