import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { stop } from '../../src/commands/stop.ts';
import { startFakeAgents } from '../rig/fake-agent.ts';
import { repository } from '../rig/repository.ts';
import { testIo } from './temporary.ts';

const oompa = [join(import.meta.dirname, '../../node_modules/.bin/tsx'), join(import.meta.dirname, '../../src/cli.ts')];

describe('oompa stop', () => {
  it('says so when there is nothing to stop', async () => {
    const repo = await repository({ 'a.txt': 'a\n' });
    const { io, printed } = testIo(repo.path);
    expect(await stop({}, io)).toBe(0);
    expect(printed.stdout).toContain('No run is live here');
    await repo.remove();
  });

  it('signals no process here for a run that is on another machine', async () => {
    const repo = await repository({ 'a.txt': 'a\n' });
    const bystander = spawn('sleep', ['60']);
    const folder = join(repo.path, 'runs', '20261120T140159-k3f9');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'run.yaml'), `pid: ${String(bystander.pid)}\nhost: far-away\n`);
    await writeFile(join(folder, 'events.jsonl'), '');
    const { io, printed } = testIo(repo.path);
    expect(await stop({ now: true }, io)).toBe(0);
    expect(printed.stdout).toBe('run 20261120T140159-k3f9 is on far-away: stop it there with: oompa stop\n');
    expect(bystander.exitCode ?? bystander.signalCode).toBe(null);
    bystander.kill();
    await repo.remove();
  });

  it('ends a run that has not begun yet, and finds it by how its id ends', async () => {
    const repo = await repository({ 'a.txt': 'a\n' });
    const id = '20261120T140159-k3f9';
    const child = spawn(oompa[0] ?? '', [join(import.meta.dirname, '../runs/starting-child.ts'), repo.path, id], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const gone = once(child, 'exit');
    const { io, printed } = testIo(repo.path);
    expect(await stop({ run: 'k3f9', now: true }, io)).toBe(0);
    expect(printed.stdout).toBe(`run ${id} is asked to stop; it has not begun yet\n`);
    await gone;
    expect(await stop({ run: 'k3f9' }, io)).toBe(0);
    expect(printed.stdout).toContain(`run ${id} has ended already. See how: oompa runs show k3f9\n`);
    await repo.remove();
  });

  it('says so when the run that is named is not there, or may be several', async () => {
    const repo = await repository({ 'a.txt': 'a\n' });
    for (const id of ['20261120T140159-aaaa', '20261120T140159-bbbb']) {
      await mkdir(join(repo.path, 'runs', id), { recursive: true });
    }
    const { io, printed } = testIo(repo.path);
    expect(await stop({ run: '2025' }, io)).toBe(2);
    expect(await stop({ run: '2026' }, io)).toBe(2);
    expect(printed.stderr).toContain('There is no run 2025');
    expect(printed.stderr).toContain('Several runs fit 2026');
    await repo.remove();
  });

  it.each([
    ['lets the agent of another process finish its turn', {}],
    ['ends the agent of another process at once with --now', { now: true }],
  ])('%s, and the claim goes back', async (_title, options) => {
    const repo = await repository({
      'oompa.config.yaml': 'workers: [{ name: builders, harness: opencode }]\n',
      '.gitignore': '.oompa/\nruns/\ntasks/\n',
    });
    await repo.write('tasks/pending/a.yaml', 'title: A\n');
    const agents = await startFakeAgents();
    const run = spawn(oompa[0] ?? '', [oompa[1] ?? '', 'swarm'], {
      cwd: repo.path,
      env: { ...process.env, ...agents.env },
      stdio: 'ignore',
    });
    const ended = once(run, 'exit');
    const agent = await agents.next();
    const { io, printed } = testIo(repo.path);
    expect(await stop(options, io)).toBe(0);
    expect(printed.stdout).toContain('is asked to stop');
    if ('now' in options) await agent.gone;
    else {
      await vi.waitFor(async () => expect(await events(repo.path)).toContain('run:draining'), { timeout: 60_000 });
      await agent.answer('Half way.');
    }
    expect((await ended)[0]).toBe(130);
    expect(await readdir(join(repo.path, 'tasks', 'pending'))).toEqual(['a.yaml']);
    await agents.close();
    await repo.remove();
  });
});

async function events(workspace: string): Promise<string> {
  const [run = ''] = await readdir(join(workspace, 'runs'));
  return readFile(join(workspace, 'runs', run, 'events.jsonl'), 'utf8');
}
