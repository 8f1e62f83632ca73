import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Generation } from '../core/task.ts';
import { openCoprocess } from './coprocess.ts';
import type { ObjectReader } from './object-reader.ts';
import { absent } from './refs.ts';
import type { Refs } from './refs.ts';

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
  claimRef(id: string): string;
  close(): Promise<void>;
}

/** Opens the fence. `objects` and `refs` stay the caller's to close. */
export function openFence(of: {
  readonly repositoryRoot: string;
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
    claimOid: (id) => raised.get(id),
    claimRef,
    close: () => parts.blobs.close(),
  };
}

/** Where the fence of a task stands. */
export function claimRef(id: string): string {
  return `refs/oompa/claims/${id}`;
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

const maxTries = 20;

/**
 * The order is what makes it safe: read the ref, check that the note is still ours, then swap. Another claimer writes its note
 * before it raises, so either our check sees that note, or our swap comes first and theirs replaces it.
 */
async function raiseRef(
  { objects, refs, blobs }: { readonly objects: ObjectReader; readonly refs: Refs; readonly blobs: Blobs },
  ref: string,
  generation: Generation,
  note: string,
): Promise<string | undefined> {
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
