import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { planReconciliation, reconcile } from '../../../src/engine/reconcile/reconcile.ts';
import { openFence } from '../../../src/git/landing/fence.ts';
import { openObjectReader } from '../../../src/git/object-reader.ts';
import { openFileQueue } from '../../../src/queue/file/file-queue.ts';
import { startCli } from '../../rig/cli.ts';
import { lease, workshop } from '../../git/workshop.ts';
import type { Workshop } from '../../git/workshop.ts';
import { open, rescueIn, work } from '../open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

describe('the start of a run after one that was killed', () => {
  test('P6: keeps what its agents wrote under the task, and tells the next worker of it', async () => {
    const { repo, agents, swarm, task } = await open({ config: one, tasks: { a: 'title: A' } });
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    await (await agents.next()).run('echo half > half.txt');
    killed.kill('SIGKILL');
    await killed.ended;

    const run = swarm();
    const agent = await agents.next();
    const ref = rescueIn(await task('current', 'a'));
    expect(ref).toMatch(/^refs\/oompa\/rescue\/a\/.*-builders-1-i1$/);
    expect(agent.stdin).toContain(ref);
    expect((await agent.run(`git show ${ref}:half.txt`)).output).toBe('half\n');
    expect(run.all('problem:seen').map(({ message }) => message)).toEqual([
      `an earlier run left work in the worktree builders-1; it is kept: git log -p ${ref}`,
    ]);
    await work(agent, 'echo whole > whole.txt');
    expect(await run.exitCode).toBe(0);
  });

  test('P1 P6: two runs that start at once put it right once, and its task lands once', async () => {
    const { repo, agents, swarm, tasks } = await open({ config: one, tasks: { a: 'title: A' } });
    const killed = startCli(repo.path, ['swarm', '--json'], agents.env);
    await (await agents.next()).run('echo half > half.txt');
    killed.kill('SIGKILL');
    await killed.ended;

    const runs = [swarm(), swarm()];
    await work(await agents.next(), 'echo whole > whole.txt');
    for (const run of runs) expect(await run.exitCode).toBe(0);
    const recovered = runs.flatMap((run) => run.all('task:recovered'));
    expect(recovered).toMatchObject([{ task: 'a', how: 'released' }]);
    expect(await tasks('complete')).toEqual(['a']);
    const rescues = await repo.git('for-each-ref', '--format=%(refname)', 'refs/oompa/rescue');
    expect(rescues).toMatch(/^refs\/oompa\/rescue\/a\/[^\n]*-builders-1-i1$/);
  });
});

describe('the start of a run where all is well', () => {
  test('P9: costs one git process, however many tasks there are, and changes nothing', async () => {
    const shop = await workshop();
    await shop.begin();
    await shop.worktrees.close(shop.base);
    await lease(shop.worktrees, 'builders-2');
    for (let n = 0; n < 20; n += 1) await shop.repo.write(`tasks/pending/task-${String(n)}.yaml`, 'title: T\n');
    const { parts, end } = await partsOf(shop);
    const claimed = await parts.queue.claim({ run: 'run', worker: 'builders-1' });
    expect(claimed.kind).toBe('claimed');
    const started = await countStarts(shop.repo.path);
    const plan = await planReconciliation(parts, 'start');
    const { settled, recovered } = await reconcile(parts, plan);
    expect(await started()).toEqual(['for-each-ref']);
    expect(settled.filter(({ fine }) => !fine)).toEqual([]);
    expect(recovered).toEqual([]);
    await end();
  });

  test('reads the history of main once for all tasks of a dead run', async () => {
    const shop = await workshop();
    for (const id of ['a', 'b', 'c']) await shop.repo.write(`tasks/current/${id}.yaml`, 'title: T\n');
    await shop.repo.git('commit', '-q', '--allow-empty', '-m', 'Land b\n\nOompa-Task: b\nOompa-Claim: 1');
    const { parts, end } = await partsOf(shop);
    const started = await countStarts(shop.repo.path);
    const plan = await planReconciliation(parts, 'start');
    expect((await started()).filter((command) => command === 'rev-list')).toHaveLength(1);
    const verdicts = plan.judgements.map(({ found, verdict }) => `${found.name} ${verdict}`).sort();
    expect(verdicts).toEqual(['a put-back', 'b finish', 'c put-back']);
    await end();
  });
});

async function partsOf({ opened, refs }: Workshop) {
  const { root, commonDir } = opened;
  const objects = openObjectReader(root);
  const fence = openFence({ repositoryRoot: root, commonDir, objects, refs });
  const queue = await openFileQueue({ workspace: root, fence });
  // The helper processes that a run has anyway.
  await objects.resolve('refs/heads/main');
  await refs.transaction([{ verify: 'refs/heads/main', is: opened.head }]);
  return {
    parts: { repository: opened, queue, objects, refs, fence, now: () => new Date() },
    end: async () => {
      queue.close();
      await Promise.all([objects.close(), fence.close()]);
    },
  };
}

/** Puts a git first on the PATH that notes each start. */
async function countStarts(root: string): Promise<() => Promise<string[]>> {
  const bin = join(root, '.oompa', 'bin');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const notes = join(bin, 'starts');
  await mkdir(bin, { recursive: true });
  const note = 'while [ "$1" = -c ]; do shift 2; done';
  await writeFile(join(bin, 'git'), `#!/bin/sh\n(${note}; echo "$1" >>'${notes}')\nexec '${real}' "$@"\n`);
  await chmod(join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}:${String(process.env['PATH'])}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return async () => {
    const text = await readFile(notes, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
}
