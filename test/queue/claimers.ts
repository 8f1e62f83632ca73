import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How each process claims: with how many clients at once (one), and how many tasks each of them at most. */
export interface Claiming {
  readonly most?: number;
  readonly clients?: number;
}

/**
 * Starts `count` processes on the file queue of a workspace, lets them go at the same moment, and gives what each one claimed
 * when all have ended.
 */
export async function claimInProcesses(workspace: string, count: number, how: Claiming = {}): Promise<string[][]> {
  const children = Array.from({ length: count }, () => startClaimer(workspace, how));
  const ended = children.map((child) => once(child, 'exit'));
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map((child) => once(child, 'message'));
    for (const child of children) child.send('go');
    return await Promise.all(answers.map(async (answer) => (await answer)[0] as string[]));
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }
}

/** Starts one process on the queue, and kills it without warning as soon as `due` says so. */
export async function killWhileClaiming(workspace: string, due: () => boolean): Promise<void> {
  const child = startClaimer(workspace, {});
  const ended = once(child, 'exit');
  try {
    await once(child, 'message');
    child.send('go');
    while (!due() && child.exitCode === null) await new Promise(setImmediate);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function startClaimer(workspace: string, { most = Infinity, clients = 1 }: Claiming): ChildProcess {
  const program = fileURLToPath(new URL('claimer.ts', import.meta.url));
  return fork(program, [workspace, String(most), String(clients)], { execArgv: ['--import', 'tsx'] });
}
