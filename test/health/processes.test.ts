import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newWorkspace } from './stage.ts';

const program = fileURLToPath(new URL('turn-taker.ts', import.meta.url));

const faults = new URL('../rig/faults.mjs', import.meta.url).href;

/** A run in a process of its own, killed when the test ends. Keeps what it says; `fault` is what fails in it, as the rig has it. */
function start(args: readonly string[], fault?: object) {
  const env = { ...process.env, CHAOS_FAULTS: JSON.stringify(fault ?? {}) };
  const child = fork(program, args, { execArgv: ['--import', 'tsx', '--import', faults], env });
  const said: unknown[] = [];
  child.on('message', (message) => said.push(message));
  onTestFinished(() => kill(child));
  const says = (word: string) => expect.poll(() => said).toContain(word);
  return { child, said, says, ended: once(child, 'exit') };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('runs in processes of their own', () => {
  it('never have more turns at work than the cap, together, and end when they are done', async () => {
    const workspace = newWorkspace();
    mkdirSync(join(workspace, 'marks'));
    const runs = [1, 2].map(() => start(['work', workspace, '2', '3']));
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([
      [0, null],
      [0, null],
    ]);
    for (const { said } of runs) {
      const { most } = said.at(-1) as { most: number };
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(2);
    }
    expect(readdirSync(join(workspace, '.oompa'))).toEqual(['health.json']);
    expect(JSON.parse(readFileSync(join(workspace, '.oompa', 'health.json'), 'utf8'))).toMatchObject({ uses: [] });
  });

  it('get the places of one that was killed', async () => {
    const workspace = newWorkspace();
    mkdirSync(join(workspace, 'marks'));
    const holder = start(['hold', workspace, '2']);
    await holder.says('holds');
    const worker = start(['work', workspace, '2', '2']);
    await worker.says('waits');
    await kill(holder.child);
    expect(await worker.ended).toEqual([0, null]);
    expect(worker.said.at(-1)).toHaveProperty('most');
  });

  it('know what they have met when the disk is full', async () => {
    const folder = newWorkspace();
    const root = join(folder, 'root');
    mkdirSync(root);
    const at = { name: 'write .oompa/.health.json…' };
    const fault = { at, side: 'half', act: 'fail', code: 'ENOSPC', times: 1000 };
    const run = start(['fail', root], { root, record: join(folder, 'record'), fault });
    expect(await run.ended).toEqual([0, null]);
    const [{ problem }, known] = run.said as [{ problem: string }, string];
    expect(problem).toContain('ENOSPC');
    expect(known).toBe('cooling');
    expect(readdirSync(join(root, '.oompa'))).toEqual([]);
  });
});
