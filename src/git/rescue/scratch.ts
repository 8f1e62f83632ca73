import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, ownIdentity } from '../../system/process-identity.ts';

/**
 * Runs `work` with an empty folder that is removed afterwards. It lies in the workspace's `.oompa/tmp`, so that what a killed
 * process left is found: whoever comes next removes it.
 */
export async function withScratch<T>(root: string, work: (folder: string) => Promise<T>): Promise<T> {
  const home = join(root, '.oompa', 'tmp');
  await mkdir(home, { recursive: true });
  for (const name of await readdir(home)) {
    if (scratchOwner(name) === 'gone') await rm(join(home, name), { recursive: true, force: true });
  }
  const { pid, start } = ownIdentity();
  const folder = await mkdtemp(join(home, `salvage-${pid}-${plain(start)}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether the process that made the scratch folder of that name still runs; undefined when it is none. */
export function scratchOwner(name: string): 'alive' | 'gone' | undefined {
  const [, pid, start] = /^salvage-(\d+)-(\w+)-\w{6}$/.exec(name) ?? [];
  if (pid === undefined) return undefined;
  const now = identityOf(Number(pid));
  return now !== undefined && plain(now.start) === start ? 'alive' : 'gone';
}

function plain(start: string): string {
  return start.replace(/\W+/g, '_');
}
