import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generation } from '../../core/task.ts';
import { isLocked, withLockIfFree } from '../../system/lock.ts';
import { openCoprocess } from '../coprocess.ts';
import type { ObjectReader } from '../object-reader.ts';
import { absent } from '../refs.ts';
import type { Refs } from '../refs.ts';

/**
 * The fence around landings, kept in git: `refs/oompa/claims/<id>` points to a blob made of the claim note, and the landing
 * deletes it in the transaction that moves main. Whoever slept past its lease finds another blob there, and can't land.
 */
export interface ClaimFence {
  /**
   * Puts the fence up for the claim whose note (a file that holds the generation's token) lies at `note`. Does nothing when
   * the note has become somebody else's; the landing will find that out.
   */
  raise(id: string, generation: Generation, note: string): Promise<void>;
  /** Takes the fence down; nothing happens when it is down, or when another process has raised it since. */
  lower(id: string): Promise<void>;
  /** The blob of the claim that *this* process raised last for the task; undefined when it raised none. */
  claimOid(id: string): string | undefined;
  /**
   * Takes the fence down whoever raised it, while nobody lands: from then on no earlier claim of the task can. Never waits;
   * `dryRun` only says whether a landing is under way.
   */
  revoke(id: string, options: { readonly dryRun: boolean }): Promise<Revoked>;
  claimRef(id: string): string;
  close(): Promise<void>;
}

/** What revoking gave. `landing`: one is under way in a living process, be it a paused one; nothing was changed. */
export type Revoked =
  { readonly kind: 'revoked' } | { readonly kind: 'landing' } | { readonly kind: 'failed'; readonly why: string };

/** Opens the fence. `objects` and `refs` stay the caller's to close. */
export function openFence(of: {
  readonly repositoryRoot: string;
  /** The repository's `.git`, shared by all its worktrees; absolute. */
  readonly commonDir: string;
  readonly objects: ObjectReader;
  readonly refs: Refs;
}): ClaimFence {
  const parts = { ...of, blobs: openBlobs(of.repositoryRoot) };
  const raised = new Map<string, string>();
  return {
    async raise(id, generation, note) {
      raised.delete(id);
      const oid = await raiseRef(parts, claimRef(id), generation, note);
      if (oid !== undefined) raised.set(id, oid);
    },
    async lower(id) {
      const own = raised.get(id);
      raised.delete(id);
      const now = await parts.objects.resolve(claimRef(id));
      if (now === undefined || (own !== undefined && own !== now)) return;
      await parts.refs.transaction([{ delete: claimRef(id), from: now }]);
    },
    revoke: (id, { dryRun }) => revokeRef(parts, claimRef(id), dryRun),
    claimOid: (id) => raised.get(id),
    claimRef,
    close: () => parts.blobs.close(),
  };
}

/** Where the fence of a task stands. */
export function claimRef(id: string): string {
  return `${claimsRoot}${id}`;
}

/** What the refs of all fences begin with. */
export const claimsRoot = 'refs/oompa/claims/';

/** Whoever moves main holds this lock, among all runs of a repository. */
export function landingLock(commonDir: string): string {
  return join(commonDir, 'oompa', 'landing.lock');
}

/** Writes files into the object store. */
interface Blobs {
  /** The oid of the blob; undefined when the file can't be read. */
  hashFile(path: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Opens a writer of blobs: one process for a run (`git hash-object --stdin-paths` answers line by line, git 2.39.5). */
function openBlobs(repositoryRoot: string): Blobs {
  const coprocess = openCoprocess(repositoryRoot, ['hash-object', '-w', '--no-filters', '--stdin-paths']);
  return {
    async hashFile(path) {
      if (path.includes('\n')) return undefined;
      const answer = await coprocess.ask(`${path}\n`, 1);
      return answer.kind === 'answered' ? answer.lines[0] : undefined;
    },
    close: () => coprocess.close(),
  };
}

interface FenceParts {
  readonly commonDir: string;
  readonly objects: ObjectReader;
  readonly refs: Refs;
  readonly blobs: Blobs;
}

async function revokeRef({ commonDir, refs }: FenceParts, ref: string, dryRun: boolean): Promise<Revoked> {
  const lock = landingLock(commonDir);
  if (dryRun) return { kind: isLocked(lock) ? 'landing' : 'revoked' };
  const tried = await withLockIfFree(lock, async (): Promise<Revoked> => {
    const gone = await refs.transaction([{ delete: ref }]);
    if (gone.kind === 'done') return { kind: 'revoked' };
    await removeStaleRefLock(commonDir, ref);
    const again = await refs.transaction([{ delete: ref }]);
    return again.kind === 'done' ? { kind: 'revoked' } : { kind: 'failed', why: refusal(ref, again.detail) };
  });
  return tried.kind === 'done' ? tried.value : { kind: 'landing' };
}

function refusal(ref: string, detail: string): string {
  return `git can't take down ${ref} (${detail.split('\n')[0] ?? ''}); see what is wrong with: git fsck`;
}

/**
 * A git process that was killed leaves the lock of the ref that it was changing, and no other git can change it then. Safe only for
 * who holds the landing's lock and the task's: nobody else is to change that ref, and git itself needs it for milliseconds.
 */
async function removeStaleRefLock(commonDir: string, ref: string): Promise<void> {
  const path = join(commonDir, `${ref}.lock`);
  try {
    if (Date.now() - (await stat(path)).mtimeMs >= staleRefLockMs) await rm(path);
  } catch {
    // It is gone, or can't be removed: git will say so.
  }
}

/** Of a git process that is only slow, a lock is not taken away. */
const staleRefLockMs = 5000;

const maxTries = 20;

/**
 * The order is what makes it safe: read the ref, check that the note is still ours, then swap. Another claimer writes its note
 * before it raises, so either our check sees that note, or our swap comes first and theirs replaces it.
 */
async function raiseRef(
  parts: FenceParts,
  ref: string,
  generation: Generation,
  note: string,
): Promise<string | undefined> {
  const { commonDir, objects, refs, blobs } = parts;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const current = await objects.resolve(ref);
    const text = await readOrNothing(note);
    if (text?.includes(generation.token) !== true) return undefined;
    const to = await blobs.hashFile(note);
    if (to === undefined) return undefined;
    // The file may have changed between reading and hashing; then the blob says nothing about us.
    if (to !== blobOid(text, to.length)) continue;
    if (to === current) return to;
    const swapped = await refs.transaction([{ ref, to, from: current ?? absent }]);
    if (swapped.kind === 'done') return to;
    await withLockIfFree(landingLock(commonDir), () => removeStaleRefLock(commonDir, ref));
  }
  return undefined;
}

function blobOid(content: Buffer, oidLength: number): string {
  const hash = createHash(oidLength === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex');
}

async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}
