import { cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { audit } from '../../src/commands/audit.ts';
import type { AuditOptions } from '../../src/commands/audit.ts';
import type { Audit } from '../../src/core/audit.ts';
import { review, reviewer, work } from '../engine/open.ts';
import type { TestRepository } from '../rig/repository.ts';
import { openWorld } from '../rig/world.ts';
import type { World } from '../rig/world.ts';
import { testIo, writeFiles } from './temporary.ts';

/** A workspace in which a run has been. */
export interface Workspace {
  readonly path: string;
  /** Standard output without the last line break; rejects when git fails. */
  readonly git: TestRepository['git'];
  readonly write: (path: string, text: string) => void;
  /** Writes the file and commits it in the checkout; gives the commit. */
  readonly commit: (path: string) => Promise<string>;
}

/** A world whose one run has rejected `bad`, which is kept on a rescue ref, and then landed `good`. To be closed by the caller. */
export async function workedWorld(merge = ''): Promise<World> {
  const world = await openWorld({
    config: `workers: [{ name: builders, harness: opencode, iterations: 2 }]\n${reviewer}limits: { attempts: 1 }\n${merge}`,
    tasks: { bad: 'title: Bad\npriority: 1\n', good: 'title: Good\npriority: 2\n' },
  });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo bad > bad.txt');
  await review(world, 'No.\n\nVERDICT: REJECTED');
  await work(await world.agents.next(), 'echo good > good.txt');
  await review(world, 'Yes.\n\nVERDICT: APPROVED');
  await run.exitCode;
  return world;
}

/** A copy of the world's workspace, worktrees and all, for one test to damage. */
export async function copyOf({ repo }: World): Promise<Workspace> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'oompa-audited-')));
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  await cp(repo.path, path, { recursive: true });
  const git = (...args: string[]) => repo.gitIn(path, ...args);
  const slots = await readdir(join(path, '.git', 'worktrees'));
  await git('worktree', 'repair', ...slots.map((slot) => join(path, '.oompa', 'worktrees', slot)));
  const write = (file: string, text: string) => {
    writeFiles(path, { [file]: text });
  };
  return {
    path,
    git,
    write,
    async commit(file) {
      write(file, `${file}\n`);
      await git('add', file);
      await git('commit', '-q', '-m', `Add ${file}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** What `oompa audit --json` gives in the workspace. */
export async function auditing({ path }: Pick<Workspace, 'path'>, options: AuditOptions = {}) {
  const { io, printed } = testIo(path);
  const code = await audit({ json: true, ...options }, io);
  const result = printed.stdout === '' ? undefined : (JSON.parse(printed.stdout) as Audit & { proven: boolean });
  return { code, stderr: printed.stderr, audit: result };
}

/** What `oompa audit` shows in the workspace. */
export async function shown({ path }: Workspace): Promise<string> {
  const { io, printed } = testIo(path);
  await audit({}, io);
  return printed.stdout;
}

/** The rescue ref of `bad`, and its commit. */
export async function rescueIn({ git }: Workspace): Promise<{ ref: string; commit: string }> {
  const [commit = '', ref = ''] = (
    await git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/oompa/rescue')
  ).split(' ');
  return { ref, commit };
}

/** Makes git remove what no ref leads to. */
export async function forget({ git }: Workspace): Promise<void> {
  await git('reflog', 'expire', '--expire=now', '--all');
  await git('gc', '-q', '--prune=now');
}
