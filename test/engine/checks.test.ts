import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identityOf, isAlive } from '../../src/system/process-identity.ts';
import { startCli } from '../rig/cli.ts';
import { until } from '../rig/orphan.ts';
import { open, pipes, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

describe('checks of several runs on one machine', () => {
  // `begun` and `gate` of each workspace: its check says that it runs, and waits to be let go.
  const gated = `${one}verify: ["echo > ../../begun; cat ../../gate"]\nlimits: { verify_slots: 1, verify_timeout: 30s }\n`;

  async function gatedWorld(temporary: string) {
    const env = { TMPDIR: temporary, OOMPA_VERIFY_PLACE: '' };
    const world = await open({ config: gated, tasks: { a: 'title: A' }, env });
    await mkdir(join(world.repo.path, '.oompa'));
    pipes(join(world.repo.path, '.oompa/begun'), join(world.repo.path, '.oompa/gate'));
    return world;
  }

  test('are not more at a time than `limits.verify_slots` says; who waits says so, once', async () => {
    const temporary = temporaryFolder();
    const [first, second] = [await gatedWorld(temporary), await gatedWorld(temporary)];
    const running = first.swarm();
    await work(await first.agents.next(), 'echo a > a.txt');
    await first.repo.read('.oompa/begun');

    const waiting = second.swarm();
    await work(await second.agents.next(), 'echo a > a.txt');
    expect(await waiting.seen('verify:waiting')).toMatchObject({
      worker: 'builders-1',
      task: 'a',
      why: 'for other checks on this machine, 1 at a time (limits.verify_slots)',
    });
    expect(waiting.all('verify:started')).toEqual([]);

    await first.repo.write('.oompa/gate', '');
    expect(await running.exitCode).toBe(0);
    await second.repo.read('.oompa/begun');
    await second.repo.write('.oompa/gate', '');
    expect(await waiting.exitCode).toBe(0);
    expect(running.all('verify:waiting')).toEqual([]);
    expect(waiting.all('verify:waiting')).toHaveLength(1);
  });

  test('are not waited for any more when the run is stopped; the task goes back', async () => {
    const temporary = temporaryFolder();
    const [first, second] = [await gatedWorld(temporary), await gatedWorld(temporary)];
    const running = first.swarm();
    await work(await first.agents.next(), 'echo a > a.txt');
    await first.repo.read('.oompa/begun');
    const waiting = second.swarm();
    await work(await second.agents.next(), 'echo a > a.txt');
    await waiting.seen('verify:waiting');
    waiting.stop('now');
    expect(await waiting.exitCode).toBe(130);
    expect(await second.tasks('pending')).toEqual(['a']);
    await first.repo.write('.oompa/gate', '');
    expect(await running.exitCode).toBe(0);
  });
});

describe('what a check leaves', () => {
  test('P7: of a killed oompa, the next start ends it, with what has neither its group nor its mark', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}verify: ["env -i setsid sleep 600 & echo $! $$ > ../../pids; wait"]\n`,
      tasks: { a: 'title: A' },
    });
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    await work(await agents.next(), 'echo a > a.txt');
    const pids = join(repo.path, '.oompa/pids');
    await until(() => existsSync(pids));
    await expect.poll(() => readFile(pids, 'utf8')).toMatch(/^\d+ \d+\n$/);
    const left = (await readFile(pids, 'utf8')).trim().split(' ');
    const processes = left.map((pid) => identityOf(Number(pid))!);
    expect(readdirSync(join(repo.path, '.oompa/processes'))).toHaveLength(1);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(processes.map(({ pid, start }) => isAlive(pid, start))).toEqual([true, true]);

    const run = swarm();
    await agents.next();
    expect(processes.map(({ pid, start }) => isAlive(pid, start))).toEqual([false, false]);
    expect(readdirSync(join(repo.path, '.oompa/processes'))).toHaveLength(1);
    run.stop('now');
    await run.exitCode;
    expect(readdirSync(join(repo.path, '.oompa/processes'))).toEqual([]);
  });

  test('is no secret: neither in its log, nor in what the agent is told, nor in the run log', async () => {
    const secret = 'hunter2-hunter2-hunter2';
    const { repo, agents, swarm } = await open({
      config: `${one}verify: ['echo "$MY_TOKEN"; test -e good']\n`,
      tasks: { a: 'title: A' },
      env: { MY_TOKEN: secret },
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    const told = await agents.next();
    expect(told.stdin).toContain('[redacted]');
    await work(told, 'echo good > good');
    expect(await run.exitCode).toBe(0);
    const found = spawnSync('grep', ['-rl', secret, '.'], { cwd: repo.path, encoding: 'utf8' });
    expect(found).toMatchObject({ status: 1, stdout: '' });
  });

  test('is no temporary file', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}setup: ["echo > $TMPDIR/of-setup"]\nverify: ["echo > $TMPDIR/of-verify"]\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await work(await agents.next(), 'echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(readdirSync(join(repo.path, '.oompa/tmp'))).toEqual([]);
  });

  test('is no temporary file of a setup that has failed either', async () => {
    const { repo, swarm } = await open({
      config: `${one}setup: ["echo > $TMPDIR/of-setup; exit 1"]\nlimits: { attempts: 1 }\n`,
      tasks: { a: 'title: A' },
    });
    const run = swarm();
    await run.seen('iteration:ended');
    run.stop('polite');
    expect(await run.exitCode).toBe(130);
    expect(readdirSync(join(repo.path, '.oompa/tmp'))).toEqual([]);
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oompa-checks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
