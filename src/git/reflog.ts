import { open } from 'node:fs/promises';

/** One line of a reflog: what a ref was, what it became, and what moved it (`commit: fix`, `merge main: Fast-forward`). */
export interface LogEntry {
  readonly from: string;
  readonly to: string;
  /** Empty for plumbing without `-m`, such as `git update-ref`. */
  readonly what: string;
}

/**
 * The newest entries of a log file (`.git/logs/HEAD` and its like), oldest first: those in its last 512 KB. Undefined when
 * there is no such file, because the user has reflogs switched off or somebody deleted it.
 */
export async function readReflog(path: string): Promise<readonly LogEntry[] | undefined> {
  const text = await tailOf(path);
  return text?.split('\n').flatMap((line) => {
    const [, from, to, what = ''] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]*(?:\t(.*))?$/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [{ from, to, what }];
  });
}

const tailBytes = 512 * 1024;

async function tailOf(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const length = Math.min(stats.size, tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stats.size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
