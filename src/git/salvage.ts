import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exists } from './admin.ts';
import { firstError, git } from './git.ts';
import type { GitResult } from './git.ts';

/** What salvaging gave: the tree of everything in the folder that git does not ignore. */
export type Salvage =
  { readonly kind: 'salvaged'; readonly tree: string } | { readonly kind: 'failed'; readonly detail: string };

/**
 * Writes the files of `folder` into the object store as a tree, untracked ones too, without touching the folder, its index or
 * its HEAD, and whatever has become of its `.git`. Repositories inside of it come along as plain files. `admin` is the work
 * tree's own admin folder when it is known, `head` the commit that it was on.
 */
export async function salvageTree(place: {
  readonly folder: string;
  readonly commonDir: string;
  readonly admin: string | undefined;
  readonly head: string;
}): Promise<Salvage> {
  const scratch = await mkdtemp(join(tmpdir(), 'oompa-salvage-'));
  try {
    const index = join(scratch, 'index');
    const known = place.admin === undefined ? undefined : join(place.admin, 'index');
    // The worktree's own index saves hashing what has not changed.
    // With its own time: git trusts no entry of the second in which the index was written, and a newer copy would hide that.
    if (known !== undefined && (await exists(known))) await cp(known, index, { preserveTimestamps: true });
    const run = runner(place.folder, place.commonDir, index);
    if (!(await exists(index)) || (await run('ls-files', '--error-unmatch', '--', ':/')).code > 1) {
      await rm(index, { force: true });
      await run('read-tree', place.head);
    }
    return await treeOfFolder(place, run, scratch);
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Run = (...args: string[]) => Promise<GitResult>;

function runner(folder: string, commonDir: string, index: string): Run {
  const env = { GIT_DIR: commonDir, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
  return (...args) => git(folder, args, { env });
}

async function treeOfFolder(
  { folder, commonDir }: { readonly folder: string; readonly commonDir: string },
  run: Run,
  scratch: string,
): Promise<Salvage> {
  const added = await run('add', '-A', '--ignore-errors');
  for (const [n, path] of embeddedIn(added.stderr).entries()) {
    const inner = runner(join(folder, path), commonDir, join(scratch, `inner-${n}`));
    await inner('add', '-A', '--ignore-errors');
    const tree = await inner('write-tree');
    if (tree.code !== 0) continue;
    await run('update-index', '--force-remove', '--', path);
    await run('read-tree', `--prefix=${path}/`, tree.stdout.trim());
  }
  const written = await run('write-tree');
  if (written.code !== 0) return { kind: 'failed', detail: firstError(written) };
  return { kind: 'salvaged', tree: written.stdout.trim() };
}

/**
 * The repositories inside a work tree that `git add` has stumbled over, in its own words (git 2.39): it adds only their commit,
 * and refuses those that have none.
 */
export function embeddedIn(stderr: string): string[] {
  const found = [
    ...stderr.matchAll(/^warning: adding embedded git repository: (.+?)\/?$/gm),
    ...stderr.matchAll(/^error: '(.+?)\/?' does not have a commit checked out$/gm),
  ];
  return [...new Set(found.map((match) => match[1] ?? ''))].filter((path) => path !== '');
}
