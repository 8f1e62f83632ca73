import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Io } from '../../src/commands/io.ts';
import { listRunsCommand } from '../../src/commands/runs/list.ts';
import { status } from '../../src/commands/status.ts';
import { stop } from '../../src/commands/stop.ts';
import { wait } from '../../src/commands/wait.ts';
import { listRuns } from '../../src/runs/read-runs.ts';
import { testIo } from '../commands/temporary.ts';
import { startCli } from '../rig/cli.ts';
import { startFakeAgents } from '../rig/fake-agent.ts';
import type { FakeAgents } from '../rig/fake-agent.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

const ready = 'Done.\n\nCOMPLETE_AND_READY_FOR_MERGE';

let repo: TestRepository;
let agents: FakeAgents;
beforeEach(async () => {
  repo = await repository({
    'oompa.config.yaml': 'workers: [{ name: builders, harness: opencode }]\n',
    '.gitignore': '.oompa/\nruns/\ntasks/\n',
  });
  await repo.write('tasks/pending/a.yaml', 'title: A\n');
  agents = await startFakeAgents();
});
afterEach(async () => {
  // What a failed test leaves running; nothing when all is well.
  await here(stop, { now: true });
  await here(wait, { timeout: '30s' });
  await agents.close();
  await repo.remove();
});

function oompa(...args: readonly string[]) {
  return startCli(repo.path, args, agents.env).ended;
}

/** A command that only looks, in this process: quicker. */
async function here<Options>(command: (options: Options, io: Io) => Promise<number>, options: Options) {
  const { io, printed } = testIo(repo.path);
  return { code: await command(options, io), ...printed };
}

/** Holds runs up before their first event, until it is let go of: git reads this file while a run opens. */
async function holdUp(): Promise<() => Promise<void>> {
  const pipe = join(repo.path, '.worktreeinclude');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
  return async () => {
    const end = await open(pipe, 'r+');
    await rm(pipe);
    await end.close();
  };
}

/** The run that is starting, once its own process has taken it over. */
function taken() {
  return vi.waitFor(
    async () => {
      const [run] = await listRuns(repo.path);
      expect(run?.life).toBe('starting');
      expect(existsSync(join(run?.folder ?? '', 'events.jsonl'))).toBe(true);
      return { id: run?.id ?? '', pid: run?.pid ?? 0 };
    },
    { timeout: 60_000 },
  );
}

/** What `oompa swarm --detach` is typed as into a shell. */
function typed(...args: readonly string[]): string {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
  return [process.execPath, '--import', loader, cli, ...args].map((word) => `'${word}'`).join(' ');
}

describe('oompa swarm --detach', () => {
  it('returns when the run has begun, and the run is found, waited for, and lands its work', async () => {
    const started = await oompa('swarm', '--detach', '--json');
    expect(started.code, started.stderr).toBe(0);
    const { run, pid, folder } = JSON.parse(started.stdout) as { run: string; pid: number; folder: string };
    expect(folder).toBe(join(repo.path, 'runs', run));
    expect(await readFile(join(folder, 'events.jsonl'), 'utf8')).toContain(`"type":"run:started"`);
    expect(await readFile(join(folder, 'run.yaml'), 'utf8')).toContain(`\npid: ${String(pid)}\n`);
    const agent = await agents.next();
    expect(JSON.parse((await here(status, { json: true })).stdout)).toMatchObject({ live: [{ run }], starting: [] });
    expect((await here(wait, { runs: [run], timeout: '100ms' })).code).toBe(124);
    const waiting = oompa('wait', run.slice(-4));
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    const { code, stdout } = await waiting;
    expect(stdout).toBe(`run ${run}: 1 task landed; see: oompa runs show ${run.slice(-4)}\n`);
    expect(code).toBe(0);
    expect(await repo.git('show', 'main:a.txt')).toBe('a');
    expect(await readFile(join(folder, 'output.log'), 'utf8')).toContain('1 task landed');
  });

  it('outlives the terminal that it was started from', async () => {
    const terminal = spawn('sh', ['-c', 'exec script -qfec "$0" /dev/null', `${typed('swarm', '--detach')}; cat`], {
      cwd: repo.path,
      env: { ...process.env, ...agents.env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let shown = '';
    const begun = new Promise<void>((resolve) => {
      terminal.stdout.on('data', (piece: Buffer) => {
        shown += piece.toString();
        if (shown.includes('its output')) resolve();
      });
    });
    const gone = new Promise((resolve) => terminal.once('exit', resolve));
    await Promise.race([begun, gone]);
    expect(shown).toContain('has started and goes on by itself: 1 worker, 1 task pending');
    const agent = await agents.next();
    // The other end of the pseudo-terminal goes with it: the kernel hangs up on everything that is on it.
    terminal.kill('SIGKILL');
    await gone;
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    expect((await here(wait, {})).code).toBe(0);
    expect(await repo.git('show', 'main:a.txt')).toBe('a');
  });

  it('passes on what narrows the run, and is stopped by name: wait then gives 130', async () => {
    await repo.write(
      'other.yaml',
      'workers: [{ name: builders, harness: opencode }, { name: fast, harness: codex, iterations: 3 }]\n',
    );
    const started = await oompa('swarm', 'other.yaml', '--detach', '--only', 'fast', '--iterations', '1');
    expect(started.code, started.stderr).toBe(0);
    const agent = await agents.next();
    expect(agent.name).toBe('codex');
    const run = /run (\S+) has started/.exec(started.stdout)?.[1] ?? '';
    expect(await readFile(join(repo.path, 'runs', run, 'run.yaml'), 'utf8')).toMatch(/iterations: 1\n/);
    const asked = await here(stop, { run: run.slice(0, 15), now: true });
    expect(asked.stdout).toContain(`run ${run} is asked to stop`);
    await agent.gone;
    expect((await here(wait, { runs: [run] })).code).toBe(130);
  });

  it('says what is wrong with the config, and leaves no run', async () => {
    await repo.write('oompa.config.yaml', 'workers: [{ name: builders, harnes: opencode }]\n');
    const { code, stdout, stderr } = await oompa('swarm', '--detach');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('unknown key `harnes`');
    expect(existsSync(join(repo.path, 'runs'))).toBe(false);
  });

  it('gives the words and the exit code of a run that ended before it began', async () => {
    // Only the run itself makes folders in there.
    await writeFile(join(repo.path, '.oompa'), 'a file where a folder should be');
    const { code, stdout, stderr } = await oompa('swarm', '--detach');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('The run ended because the disk failed');
    expect((await here(status, {})).stdout).toContain('No run is live here');
    expect(await here(wait, {})).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has never started') as string,
    });
  });

  it('is not to be had by a run that nobody has written down', async () => {
    const { code, stderr } = await oompa('swarm', '--as-run', '20261120T140159-k3f9');
    expect(code).toBe(2);
    expect(stderr).toContain('is no run that waits for its process');
  });

  it('goes on when whoever started it is killed before it has begun', async () => {
    const letGo = await holdUp();
    const starter = startCli(repo.path, ['swarm', '--detach'], agents.env);
    const { id, pid } = await taken();
    expect(pid).not.toBe(starter.pid);
    starter.kill('SIGKILL');
    expect((await starter.ended).code).toBe(137);
    expect((await here(status, {})).stdout).toBe(`oompa  run ${id} is starting, process ${String(pid)}\n`);
    await letGo();
    const agent = await agents.next();
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    expect((await here(wait, { runs: [id] })).stdout).toContain(`run ${id}: 1 task landed`);
  });

  it('tells when its process was killed before it had begun, and such a run is known as never started', async () => {
    const letGo = await holdUp();
    const starter = startCli(repo.path, ['swarm', '--detach'], agents.env);
    const { id, pid } = await taken();
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await starter.ended;
    await letGo();
    expect(stderr).toBe('The run ended before it began (SIGKILL), and said nothing. Check with: oompa doctor\n');
    expect(code).toBe(1);
    expect(await here(wait, { runs: [id] })).toMatchObject({ code: 1, stdout: '' });
    expect((await here(listRunsCommand, {})).stdout).toContain('never started');
  });
});
