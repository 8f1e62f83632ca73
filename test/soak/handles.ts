import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** How many handles of each sort a process has. */
export type Handles = Readonly<Record<string, number>>;

/** The handles that a quiet process keeps: those that are only passing are not in all of some looks. */
export async function handlesOf(pid: number): Promise<Handles> {
  let kept = await look(pid);
  for (let again = 0; again < 5; again += 1) {
    await pause(50);
    const now = await look(pid);
    kept = Object.fromEntries(Object.entries(kept).map(([sort, count]) => [sort, Math.min(count, now[sort] ?? 0)]));
  }
  return kept;
}

/** Pipes and sockets have numbers, transcripts the name of their turn. */
async function look(pid: number): Promise<Handles> {
  const names = await readdir(`/proc/${String(pid)}/fd`).catch((): string[] => []);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${String(pid)}/fd/${name}`).catch(() => '')));
  const counts: Record<string, number> = {};
  for (const target of targets.filter((each) => each !== '')) {
    const sort = target.replace(/\/turns\/.*(?=\.)/, '/turns/…').replace(/\d+/g, 'N');
    counts[sort] = (counts[sort] ?? 0) + 1;
  }
  return counts;
}

/** What there is more of than before, a line each. */
export function moreHandles(before: Handles, now: Handles): string[] {
  return Object.entries(now).flatMap(([sort, count]) => {
    const earlier = before[sort] ?? 0;
    return count > earlier ? [`${String(count)} handles of ${sort}, and ${String(earlier)} after the warm-up`] : [];
  });
}
