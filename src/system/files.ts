import { randomUUID } from 'node:crypto';
import { closeSync, fsync as fsyncBack, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, ownIdentity } from './process-identity.ts';

// Only the fsyncs wait for the disk. All else takes some microseconds, and a trip through node's thread pool takes longer.
const fsync = promisify(fsyncBack);

/**
 * Replaces or creates the file at `path` so that a crash leaves the old text or the new one, and never a part: temporary
 * file, fsync, rename, fsync of the folder. A failing disk rejects with node's own error.
 */
export async function writeFileDurably(path: string, text: string): Promise<void> {
  await replaceFile(path, text);
  await syncFolder(dirname(path));
}

/** The same, but a power cut may bring the old text back: for callers that sync a folder themselves soon after. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = await writeTemporary(path, text);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Creates the file, whole and durable, unless one of that name exists: `exists` means that nothing was changed. */
export async function createFileDurably(path: string, text: string): Promise<'created' | 'exists'> {
  const temporary = await writeTemporary(path, text);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'exists';
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return 'created';
}

/** Makes renames in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, 'r');
  try {
    await fsync(descriptor);
  } catch (error) {
    // Some file systems cannot sync a folder; their renames are as durable as they get.
    if (!unsyncable.includes(errorCode(error) ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** `ENOENT`, `EEXIST`, …; undefined for anything that is not an error of the operating system. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/**
 * A name for a temporary file. Beside its target, because a rename works on one file system only; the dot keeps it out of every
 * listing, and the writer's identity tells a later start whether it may go.
 */
export function temporaryFor(path: string): string {
  const { pid, start } = ownIdentity();
  const name = `.${basename(path)}.${String(pid)}.${encodeURIComponent(start)}.${randomUUID()}.tmp`;
  return join(dirname(path), name);
}

/**
 * Who is writing a temporary file of this name: `gone` when that process has ended, `unknown` when the name tells of none, or
 * of one of another machine. Undefined when it is no temporary file at all.
 */
export function writerOf(name: string): 'live' | 'gone' | 'unknown' | undefined {
  if (!name.endsWith('.tmp')) return undefined;
  const [, pid = '', start = ''] = /\.(\d+)\.([^.]+)\.[0-9a-f-]{36}\.tmp$/.exec(name) ?? [];
  const writer = decoded(start);
  if (pid === '' || writer === undefined) return 'unknown';
  if (isAlive(Number(pid), writer)) return 'live';
  // A start says which boot it belongs to; of an earlier one, or of another machine's, no process number tells anything.
  const boot = (text: string) => text.split('-')[0];
  return boot(writer) === boot(ownIdentity().start) ? 'gone' : 'unknown';
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const unsyncable: readonly string[] = ['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'];

async function writeTemporary(path: string, text: string): Promise<string> {
  const temporary = temporaryFor(path);
  const descriptor = openSync(temporary, 'wx');
  try {
    writeFileSync(descriptor, text);
    await fsync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}
