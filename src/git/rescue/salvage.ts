import { cp, lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../admin.ts';
import { firstError, git } from '../git.ts';
import type { GitResult } from '../git.ts';
import { bytesOf, pathOf, reveal } from '../worktree/hidden.ts';
import { readIndex } from '../worktree/index-file.ts';
import { largestInGit } from './kept-files.ts';
import type { KeptFile } from './kept-files.ts';
import { openUp } from '../worktree/open-up.ts';
import { withScratch } from './scratch.ts';

/** What salvaging gave: the tree of everything in the folder that git does not ignore, and the files that are too much for git. */
export type Salvage =
  | { readonly kind: 'salvaged'; readonly tree: string; /** Not in the tree. */ readonly beside: readonly KeptFile[] }
  | { readonly kind: 'failed'; readonly detail: string };

/** A work tree, and what is known of it. */
export interface SalvagePlace {
  /** Of the workspace. */
  readonly root: string;
  readonly folder: string;
  readonly commonDir: string;
  /** The work tree's own admin folder; undefined when it is lost. */
  readonly admin: string | undefined;
  /** The commit that it was on. */
  readonly head: string;
  /** Where main is: submodules as they are there hold no work. */
  readonly main: string;
}

/**
 * Writes the files of `folder` into the object store as a tree, untracked ones too, without changing them, their index or their
 * HEAD, and whatever has become of its `.git`. Repositories inside of it come along as plain files. Pipes and sockets hold
 * nothing, and what git ignores is nobody's work.
 */
export async function salvageTree(place: SalvagePlace): Promise<Salvage> {
  try {
    return await withScratch(place.root, async (scratch) => {
      const index = join(scratch, 'index');
      await fillIndex(place, index);
      return treeOf({ ...place, index, run: runner(place.folder, place.commonDir, index) });
    });
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** git with an index of our own. Names come and go as bytes, one character each. */
type Run = (args: readonly string[], names?: readonly string[]) => Promise<GitResult>;

/** A folder that is made into a tree. */
interface Work extends SalvagePlace {
  readonly index: string;
  readonly run: Run;
}

/** Whatever a setting would have git convert, warn of or pass over: the file as it is matters more. */
const settings = ['core.ignoreCase=false', 'core.safecrlf=false', 'core.untrackedCache=false'];

function runner(folder: string, commonDir: string, index: string): Run {
  const env = { GIT_DIR: commonDir, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
  return async (args, names = []) => {
    const stdout: Buffer[] = [];
    const stdin = Buffer.concat(names.flatMap((name) => [bytesOf(name), Buffer.from('\0')]));
    const all = [...settings.flatMap((setting) => ['-c', setting]), ...args];
    const result = await git(folder, all, { env, stdin, onStdout: (chunk) => stdout.push(chunk) });
    return { ...result, stdout: Buffer.concat(stdout).toString('latin1') };
  };
}

/** The worktree's own index saves hashing what has not changed; one that can't be read is made anew from the commit. */
async function fillIndex({ folder, commonDir, admin, head }: SalvagePlace, index: string): Promise<void> {
  const known = admin === undefined ? undefined : join(admin, 'index');
  const run = runner(folder, commonDir, index);
  // An agent may have put a link or a pipe there. Copied with its own time: git trusts no entry of the second in which the
  // index was written, and a newer copy would hide that.
  if (known !== undefined && (await isPlainFile(known))) await cp(known, index, { preserveTimestamps: true });
  if ((await exists(index)) && (await run(['ls-files', '--error-unmatch', '--', ':/'])).code <= 1) return;
  await rm(index, { force: true });
  await run(['read-tree', head]);
}

async function treeOf(work: Work): Promise<Salvage> {
  const { run, folder, admin, index } = work;
  const env = { GIT_DIR: work.commonDir, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
  const oidBytes = work.head.length / 2;
  await reveal({ index, folder, admin, oidBytes, env });
  const changed = await changedIn(work);
  const files = await plainFiles(folder, changed);
  const large = files.filter(({ bytes }) => bytes > largestInGit);
  const reading = await readIndex(index, oidBytes);
  const known = reading.kind === 'read' ? reading.entries.repositories : [];
  const inner = [...new Set([...changed.filter(isFolder).map(withoutSlash), ...known])];
  const added = await addAll(work, [...large.map(({ name }) => name), ...inner]);
  if (added.kind === 'failed') return added;
  const beside = [...large, ...(await plainFiles(folder, added.refused))];
  for (const [n, name] of inner.entries()) {
    const grafted = await graft(work, name, n);
    if (grafted.kind === 'failed') return grafted;
    beside.push(...grafted.beside);
  }
  const written = await run(['write-tree']);
  if (written.code !== 0) return { kind: 'failed', detail: firstError(written) };
  return { kind: 'salvaged', tree: written.stdout.trim(), beside };
}

/** What the index does not have as it is on the disk; repositories end in a slash. */
async function changedIn({ run }: Work): Promise<string[]> {
  const listed = await run(['ls-files', '-o', '-m', '-z', '--exclude-standard', '--', ':/']);
  return [...new Set(listed.stdout.split('\0').filter((name) => name !== ''))];
}

type Added = { readonly kind: 'added'; readonly refused: readonly string[] } | Extract<Salvage, { kind: 'failed' }>;

/** Adds everything but `without`; `refused`: what git would not take, each file on its own. */
async function addAll(work: Work, without: readonly string[]): Promise<Added> {
  const specs = [':/', ...without.map((name) => `:(top,exclude,literal)${name}`)];
  let added = await work.run([...add, '--ignore-errors'], specs);
  if (added.stderr.includes('Permission denied')) {
    await openUp(work.folder);
    added = await work.run([...add, '--ignore-errors'], specs);
  }
  const closed = /^warning: could not open directory .*/m.exec(added.stderr)?.[0];
  if (closed !== undefined) return { kind: 'failed', detail: closed.replace('warning: ', '') };
  if (added.code === 0) return { kind: 'added', refused: [] };
  const left = (await changedIn(work)).filter((name) => !without.includes(withoutSlash(name)));
  // A fatal error has git forget all the rest: a filter that can't be started, a file that is not in the encoding it should be in.
  return { kind: 'added', refused: added.code >= 128 ? await addEach(work, left) : left };
}

const add = ['add', '-A', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul'];

/** By halves: a few refused files among many cost a few processes. */
async function addEach(work: Work, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const specs = names.map((name) => `:(top,literal)${name}`);
  if ((await work.run(add, specs)).code === 0) return [];
  if (names.length === 1) return names;
  const half = Math.ceil(names.length / 2);
  return [...(await addEach(work, names.slice(0, half))), ...(await addEach(work, names.slice(half)))];
}

type Grafted =
  { readonly kind: 'grafted'; readonly beside: readonly KeptFile[] } | Extract<Salvage, { kind: 'failed' }>;

/** Puts the files of a repository inside the work tree in the place of its commit. */
async function graft(work: Work, name: string, n: number): Promise<Grafted> {
  const path = bytesOf(name).toString('utf8');
  const folder = join(work.folder, path);
  if (!bytesOf(name).equals(Buffer.from(path)))
    return { kind: 'failed', detail: `${path} has a name that is not UTF-8` };
  // A submodule that was never filled.
  if (!(await exists(join(folder, '.git')))) return { kind: 'grafted', beside: [] };
  const index = `${work.index}-${String(n)}`;
  const inner = { ...work, folder, index, admin: undefined, run: runner(folder, work.commonDir, index) };
  const salvaged = await treeOf(inner);
  if (salvaged.kind === 'failed') return salvaged;
  const beside = salvaged.beside.map((file) => ({ ...file, name: `${name}/${file.name}` }));
  if (beside.length === 0 && (await isAsOnMain(work, path, salvaged.tree))) return { kind: 'grafted', beside };
  await work.run(['rm', '-r', '-q', '--cached', '-f', '--ignore-unmatch', '--', `:(top,literal)${path}`]);
  const grafted = await work.run(['read-tree', `--prefix=${path}/`, salvaged.tree]);
  return grafted.code === 0 ? { kind: 'grafted', beside } : { kind: 'failed', detail: firstError(grafted) };
}

/** A submodule at the commit that main names, and with that commit's files, is nobody's work. */
async function isAsOnMain(work: Work, path: string, tree: string): Promise<boolean> {
  const listed = await work.run(['ls-tree', work.main, '--', path]);
  const [, commit] = /^160000 commit ([0-9a-f]+)\t/.exec(listed.stdout) ?? [];
  if (commit === undefined) return false;
  const there = await git(join(work.folder, path), ['rev-parse', '-q', '--verify', `${commit}^{tree}`]);
  return there.code === 0 && there.stdout.trim() === tree;
}

/** Those that hold something: no pipe, no socket, nothing that is gone. */
async function plainFiles(folder: string, names: readonly string[]): Promise<KeptFile[]> {
  const files: KeptFile[] = [];
  const look = async (name: string): Promise<void> => {
    const found = await lstat(pathOf(folder, name)).catch(() => undefined);
    if (found === undefined || !(found.isFile() || found.isSymbolicLink())) return;
    files.push({ name, bytes: found.size, modified: found.mtime });
  };
  for (let at = 0; at < names.length; at += atOnce) await Promise.all(names.slice(at, at + atOnce).map(look));
  return files;
}

const atOnce = 256;

async function isPlainFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() ?? false;
}

function isFolder(name: string): boolean {
  return name.endsWith('/');
}

function withoutSlash(name: string): string {
  return name.replace(/\/$/, '');
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
