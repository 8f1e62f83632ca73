import type { DiffText } from '../git/diff.ts';
import { mergedTree } from '../git/merged-tree.ts';
import { diffText } from '../git/worktree/work.ts';
import type { SwarmContext } from './context.ts';
import type { Job } from './job.ts';
import { headOf } from './job.ts';

/** What a round of review looks at, and what is kept of it for people. */
export interface RoundDiffs {
  /** All of the work, for the reviewer's prompt. */
  readonly shown: DiffText;
  /** Path of what changed since the round before (all of the work in the first one), relative to the run's folder. */
  readonly path: string | undefined;
}

/** Makes the diffs of a round and writes the one for people down as `<label>.diff`. Nothing is written when nothing changed. */
export async function diffsOf(context: SwarmContext, job: Job, label: string): Promise<RoundDiffs> {
  const { root } = context.repository;
  const head = headOf(job);
  const before = await sinceWhat(root, job);
  job.reviewed = { head, base: job.base };
  const shown = await diffText(root, job.base, head, budget);
  const since = before === job.base ? shown : await diffText(root, before, head, budget);
  if (since.text === '') return { shown, path: undefined };
  const rest = since.cut.length === 0 ? '' : `\ncut: ${since.cut.join(', ')}; all of it: git diff ${before} ${head}\n`;
  return { shown, path: await context.log.writeDiff(label, `${since.text}${rest}`) };
}

/** What others have landed since the round before, and the work now holds too, is no change of this work's. */
async function sinceWhat(root: string, { reviewed, base }: Job): Promise<string> {
  if (reviewed === undefined) return base;
  if (reviewed.base === base) return reviewed.head;
  const merged = await mergedTree(root, reviewed.head, base);
  return merged.kind === 'failed' ? reviewed.head : merged.tree;
}

const budget = { perFileBytes: 30_000, totalBytes: 200_000 } as const;
