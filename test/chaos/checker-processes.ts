import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Workspace } from './workspace.ts';

/** No process of the workspace is left: none that carries the mark of one of its runs, and none that works in it. */
export async function checkProcesses(workspace: Workspace): Promise<string[]> {
  let left = await processesOf(workspace);
  // A git that lost its caller ends by itself, and what was killed is gone a moment later.
  for (let tries = 0; left.length > 0 && tries < 40; tries += 1) {
    await pause(50);
    left = await processesOf(workspace);
  }
  return left.map((each) => `a process was left behind: ${each}`);
}

/** Process number and command line of each; zombies are nobody's any more. */
async function processesOf({ root }: Workspace): Promise<string[]> {
  const runs = await readdir(`${root}/runs`).catch((): string[] => []);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const [environ, cwd, command] = await Promise.all([
      readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
    ]);
    const marked = environ.split('\0').some((each) => each.startsWith('OOMPA_RUN=') && runs.includes(each.slice(10)));
    const inside = cwd === root || cwd.startsWith(`${root}/`);
    return marked || inside ? [`${pid} ${command.replaceAll('\0', ' ').trim()}`] : [];
  });
  return (await Promise.all(found)).flat();
}
