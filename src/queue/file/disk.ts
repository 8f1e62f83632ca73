import { closeSync, fsync as fsyncBack, futimesSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, syncFolder, temporaryFor } from '../../system/files.ts';

const fsync = promisify(fsyncBack);

/** Runs `work`; an error of the operating system becomes the value that `failed` makes of it. Anything else is a bug. */
export async function orDisk<T>(work: () => Promise<T>, failed: (why: string) => T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return failed(diskProblem(error));
  }
}

/** The same for steps that may fail without harm. True when the step was done. */
export async function tolerating(work: () => void | Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

/** Cause, place and remedy of an error of the operating system, in one line. Throws everything else on. */
export function diskProblem(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  const { path } = error as NodeJS.ErrnoException;
  const known = problems[code];
  if (known === undefined) return (error as Error).message;
  return `${known.what} (${code}${path === undefined ? '' : `, ${path}`}); ${known.remedy}`;
}

const problems: Readonly<Record<string, { readonly what: string; readonly remedy: string }>> = {
  ENOSPC: { what: 'no space is left on the disk', remedy: 'free some; see what is large with: df -h' },
  EDQUOT: { what: 'your quota on this disk is used up', remedy: 'free some of it; see it with: quota -s' },
  EFBIG: { what: 'a file may not grow that large', remedy: 'see the limit with: ulimit -f' },
  EIO: { what: 'the disk reports an input/output error', remedy: 'look for its cause with: dmesg' },
  EACCES: { what: 'permission denied', remedy: 'see who may write there with: ls -ld' },
  EPERM: { what: 'the system does not permit it', remedy: 'see who may write there with: ls -ld' },
  EROFS: { what: 'the disk is read-only', remedy: 'see how it is mounted with: mount' },
};

/** How a small file is written. */
export interface WriteOptions {
  /** Its time of change; the system's clock when left out. */
  readonly changedAt?: Date;
  /** Whether it survives a power cut once this is over. */
  readonly isDurable: boolean;
}

/**
 * Replaces or creates a file whose loss can be made good: whoever reads it sees the old text or the new one. File and folder are
 * synced together, which takes the disk half the time; a power cut in between may leave the file empty.
 */
export async function writeSmall(path: string, text: string, { changedAt, isDurable }: WriteOptions): Promise<void> {
  const temporary = temporaryFor(path);
  const descriptor = openSync(temporary, 'wx');
  try {
    writeFileSync(descriptor, text);
    if (changedAt !== undefined) futimesSync(descriptor, changedAt, changedAt);
    renameSync(temporary, path);
    if (isDurable) await Promise.all([fsync(descriptor), syncFolder(dirname(path))]);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Changes a text file that a hand may change at the same time. The new text is on the disk before it takes the old one's place,
 * and an edit made meanwhile is not lost: then `change` is asked again. `read` and `change` give undefined for "leave it alone".
 */
export async function changeText(
  path: string,
  read: () => string | undefined,
  change: (text: string) => string | undefined,
): Promise<void> {
  let before = read();
  for (;;) {
    const text = before === undefined ? undefined : change(before);
    if (text === undefined || text === before) return;
    const temporary = temporaryFor(path);
    try {
      const descriptor = openSync(temporary, 'wx');
      try {
        writeFileSync(descriptor, text);
        await fsync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      const now = read();
      if (now === before) {
        renameSync(temporary, path);
        return;
      }
      before = now;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
