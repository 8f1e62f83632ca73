import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openViewSource } from '../../src/commands/view-source.ts';
import { newIteration } from '../../src/core/run-state.ts';
import type { IterationRecord } from '../../src/core/run-state.ts';
import { openRepository } from '../../src/git/repository.ts';
import { git, temporaryRepository, writeFiles } from './temporary.ts';

const claim = { worker: 'w-1', task: 'a', iteration: 1, title: 'A', attempt: 1 };
const begun = newIteration(claim, '2026-11-20T14:01:59Z');

async function source(files: Readonly<Record<string, string>> = {}) {
  const root = temporaryRepository({ 'src/a.ts': 'one\n' });
  const folder = join(root, 'runs', '20261120T140159-k3f9');
  for (const name of ['reviews', 'turns']) mkdirSync(join(folder, name), { recursive: true });
  writeFiles(folder, files);
  const opened = await openRepository(root, { identity: false });
  if (opened.kind !== 'open') throw new Error(opened.message);
  const base = git(root, 'rev-parse', 'HEAD');
  return { root, folder, base, view: openViewSource(opened.repository, folder) };
}

describe('the diff of an iteration', () => {
  it('is what its worktree has changed, committed or not, and writes nothing there', async () => {
    const { root, base, view } = await source();
    const worktree = join(root, '.oompa', 'worktrees', 'w-1');
    git(root, 'worktree', 'add', '-q', '-b', 'oompa/k3f9/w-1-i1', worktree);
    writeFileSync(join(worktree, 'src/a.ts'), 'two\n');
    git(worktree, 'commit', '-qam', 'Two');
    writeFileSync(join(worktree, 'README.md'), 'three\n');
    writeFileSync(join(worktree, 'new "file".txt'), 'new\n');
    const index = git(worktree, 'rev-parse', '--path-format=absolute', '--git-path', 'index');
    const stamp = git(root, 'hash-object', index);
    const diff = await view.diff({ ...begun, base, branch: 'oompa/k3f9/w-1-i1' });
    expect(diff?.title).toBe(`in its worktree, against ${base.slice(0, 7)}`);
    expect(diff?.text).toMatch(/^new, not added yet: "new \\"file\\".txt"\n\ndiff --git a\/README.md/);
    expect(diff?.text).toContain('\n-one\n+two');
    expect(git(root, 'hash-object', index)).toBe(stamp);
  });

  it('is what was committed when its worktree belongs to others by now', async () => {
    const { root, base, view } = await source();
    writeFileSync(join(root, 'src/a.ts'), 'two\n');
    git(root, 'commit', '-qam', 'Two');
    const commit = git(root, 'rev-parse', 'HEAD');
    const diff = await view.diff({ ...begun, base, work: { commit, files: 1, added: 1, deleted: 1 } });
    expect(diff?.text).toContain('\n-one\n+two\n');
  });

  it('is what the last reviewer was shown when the repository knows nothing of it', async () => {
    const { view } = await source({ 'reviews/w-1-i1-r1.diff': '+two\n' });
    const [reviewed] = [{ round: 1, diff: 'reviews/w-1-i1-r1.diff' }] as unknown as IterationRecord['reviews'];
    const record = { ...begun, base: 'f'.repeat(40), branch: 'oompa/gone', reviews: [reviewed!] };
    expect(await view.diff(record)).toEqual({ title: 'what changed before review round 1', text: '+two\n' });
    expect(await view.diff(begun)).toBeUndefined();
  });
});

describe('a transcript', () => {
  it('is the same array until something was added', async () => {
    const { folder, view } = await source({ 'turns/w-1-i1-t1.stdout': 'hello\n' });
    const step = { label: 'w-1-i1-t1', harness: 'my-agent', title: '' };
    const first = await view.transcript(step);
    expect(first).toEqual([{ kind: 'text', text: 'hello' }]);
    expect(await view.transcript(step)).toBe(first);
    appendFileSync(join(folder, 'turns/w-1-i1-t1.stdout'), 'there\n');
    expect(await view.transcript(step)).not.toBe(first);
    expect(await view.transcript({ ...step, label: 'w-1-i1-t2' })).toEqual([]);
  });
});

describe('a review', () => {
  it('is never read from outside of the reviews of the run', async () => {
    const { view } = await source({ 'reviews/w-1-i1-r1.md': 'Fine.\n', 'run.yaml': 'secret\n' });
    expect(await view.review('reviews/w-1-i1-r1.md')).toBe('Fine.\n');
    expect(await view.review('reviews/../run.yaml')).toBeUndefined();
    expect(await view.review('/etc/hostname')).toBeUndefined();
  });
});
