import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';
import { checkFinished } from './checker.ts';
import type { Workspace } from './workspace.ts';

let repo: TestRepository;
let workspace: Workspace;

beforeEach(async () => {
  repo = await repository({
    '.gitignore': '.oompa/\nruns/\ntasks/\nnotes/\n',
    'shared.txt': 'first\n',
    'user.txt': 'old\n',
  });
  await repo.git('checkout', '-q', '--detach');
  await repo.git('checkout', '-q', '-b', 'desk');
  workspace = {
    scene: { tasks: ['a'], workers: 1, strategy: 'merge', main: 'elsewhere', reviewed: false, verified: true },
    ...{ root: repo.path, notes: join(repo.path, 'notes'), userFiles: { 'user.txt': 'new\n' } },
    ...{ git: repo.git, remove: repo.remove },
  };
  await repo.write('user.txt', 'new\n');
  await repo.write('tasks/complete/a.yaml', taskFile);
  await repo.write('notes/agents.log', 'left a work/a/one one\n');
  await land('a', { 'work/a/one': 'one' });
});

afterEach(async () => {
  await repo.remove();
});

const taskFile = "# a: a comment of the user's\ntitle: Make a\noompa:\n  outcome: landed\n";

/** A landing by hand, made beside the user's checkout. */
async function land(task: string, files: Readonly<Record<string, string>>): Promise<void> {
  const place = join(repo.path, '.oompa', 'worktrees', 'hand');
  await repo.git('worktree', 'add', '-q', '-f', place, 'main');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(place, path, '..'), { recursive: true });
    await writeFile(join(place, path), text);
  }
  await repo.gitIn(place, 'add', '-A');
  await repo.gitIn(place, 'commit', '-q', '--allow-empty', '-m', `Make ${task}\n\nOompa-Task: ${task}`);
  await repo.git('worktree', 'remove', '--force', place);
}

const check = () => checkFinished(workspace, { torn: 0 });

describe('the checker', () => {
  it('finds nothing wrong where all is well', async () => {
    expect(await check()).toEqual([]);
  });

  it('sees a task that landed twice', async () => {
    await land('a', {});
    expect(await check()).toEqual(['a is in complete/ and has landed 2 times']);
  });

  it('sees a task that is complete and has not landed', async () => {
    await repo.git('update-ref', '-d', 'refs/heads/main');
    await repo.git('update-ref', '--create-reflog', 'refs/heads/main', 'desk');
    const problems = await check();
    expect(problems).toContain('a is in complete/ and has landed 0 times');
    expect(problems).toContain('a: work/a/one, which an agent left, is lost');
  });

  it('sees a main that was moved back and forward again', async () => {
    const tip = await repo.git('rev-parse', 'main');
    await repo.git('update-ref', 'refs/heads/main', 'desk');
    await repo.git('update-ref', 'refs/heads/main', tip);
    expect((await check()).join()).toMatch(/not forward/);
  });

  it('sees a task in two states, and one in none', async () => {
    await repo.write('tasks/pending/a.yaml', taskFile);
    expect((await check()).join()).toMatch(/a is in 2 states/);
    await rename(join(repo.path, 'tasks'), join(repo.path, 'notes', 'tasks'));
    await mkdir(join(repo.path, 'tasks', 'pending'), { recursive: true });
    expect((await check()).join()).toMatch(/a is in 0 states/);
  });

  it('sees files that are half written, and temporary ones', async () => {
    await repo.write('tasks/complete/a.yaml', taskFile.slice(0, 12));
    await repo.write('tasks/complete/.a.yaml.1.tmp', '');
    await repo.write('.oompa/claims/a.json', '{"id": ');
    await repo.write('runs/one/events.jsonl', '{"type":"run:started"}\n{"typ');
    const problems = (await check()).join('\n');
    expect(problems).toMatch(/complete\/a\.yaml is not whole/);
    expect(problems).toMatch(/temporary file/);
    expect(problems).toMatch(/claims\/a\.json is torn/);
    expect(problems).toMatch(/events\.jsonl is torn/);
  });

  it('sees work that nothing keeps, and is content when a rescue ref does', async () => {
    await repo.write('notes/agents.log', 'left a work/a/two two\n');
    expect(await check()).toEqual(['a: work/a/two, which an agent left, is lost']);
    await repo.write('two', 'two');
    const blob = await repo.git('hash-object', '-w', 'two');
    await repo.git('rm', '-q', '--cached', '--ignore-unmatch', 'two');
    await repo.git('update-ref', 'refs/oompa/rescue/a/one', blob);
    await repo.write('.git/info/exclude', 'two\n');
    expect(await check()).toEqual([]);
  });

  it("sees what was done to the user's checkout", async () => {
    await repo.git('checkout', '-q', 'user.txt');
    await repo.write('strange.txt', '');
    const problems = (await check()).join('\n');
    expect(problems).toMatch(/the user's user\.txt was changed/);
    expect(problems).toMatch(/no longer uncommitted/);
    expect(problems).toMatch(/strange\.txt/);
  });

  it('sees a lock that was left behind, and a worktree that was moved away', async () => {
    const place = join(repo.path, '.oompa', 'worktrees', 'lost');
    await repo.git('worktree', 'add', '-q', '--detach', place);
    await rename(place, `${place}-moved`);
    await repo.write('.git/refs/heads/main.lock', '');
    const problems = (await check()).join('\n');
    expect(problems).toMatch(/a broken worktree/);
    expect(problems).toMatch(/lost-moved is no worktree/);
    expect(problems).toMatch(/main\.lock was left behind/);
  });
});
