import { join } from 'node:path';
import { openRepository } from '../../../src/git/repository.ts';
import { openWorktrees } from '../../../src/git/worktree/worktree.ts';
import { git } from '../../../src/git/git.ts';
import { withLock } from '../../../src/system/lock.ts';

/** A process of its own that leases slots, puts them on branches, and says which; they stay leased until all siblings are done. */
const [root = '', ...names] = process.argv.slice(2);
const opened = await openRepository(root);
if (opened.kind === 'problem') throw new Error(opened.message);
const own = join(root, '.oompa');
const { repository } = opened;
const worktrees = openWorktrees({
  repository,
  folder: join(own, 'worktrees'),
  withLock: (work) => withLock(join(own, 'worktrees.lock'), work),
});
const slots = await Promise.all(
  names.map(async (name) => {
    const leased = await worktrees.lease(name);
    if (leased.kind === 'failed') throw new Error(leased.detail);
    const { slot } = leased;
    const branch = `oompa/${process.pid}/${slot.name}`;
    const started = await worktrees.start(slot, { branch, base: repository.head, clean: 'tracked' });
    if (started.kind === 'failed') throw new Error(started.detail);
    const clean = (await git(slot.folder, ['status', '--porcelain'])).stdout;
    return { name: slot.name, number: slot.number, clean };
  }),
);
// A process that ended early would free its slots for the others: it waits until all eight are taken.
const { readLeases } = await import('../../../src/git/worktree/lease.ts');
while ((await readLeases(join(own, 'worktrees'))).length < 8) await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write(JSON.stringify(slots));
