import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RemoteQueue } from './conformance/stage.ts';

/** Opens the file queue of a workspace in a process of its own. */
export async function openRemote(workspace: string, leaseMs: number): Promise<RemoteQueue> {
  const program = fileURLToPath(new URL('remote-client.ts', import.meta.url));
  const child = fork(program, [workspace, String(leaseMs)], { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit');
  const answers = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  await once(child, 'message');
  child.on('message', ({ number, answer }: { number: number; answer: unknown }) => answers.get(number)?.(answer));

  function ask<T>(verb: string, ...args: readonly unknown[]): Promise<T> {
    asked += 1;
    const number = asked;
    const answer = new Promise<T>((resolve) => {
      answers.set(number, (value) => {
        resolve(value as T);
      });
    });
    child.send({ number, verb, args });
    return answer;
  }

  return {
    claim: (owner) => ask('claim', owner),
    renew: (claim) => ask('renew', claim),
    settle: (claim, settlement) => ask('settle', claim, settlement),
    note: (claim, record) => ask('note', claim, record),
    holds: (claim) => ask('holds', claim),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async pause() {
      child.kill('SIGSTOP');
      if (child.pid !== undefined) await standsStill(child.pid);
    },
    wake() {
      child.kill('SIGCONT');
    },
  };
}

/** Resolves when the process is stopped. */
async function standsStill(pid: number): Promise<void> {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    if (execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T')) return;
    await pause(5);
  }
  throw new Error(`process ${String(pid)} never stood still`);
}
