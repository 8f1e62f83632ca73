import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepWork } from '../../../src/git/rescue/rescue.ts';
import type { Kept } from '../../../src/git/rescue/rescue.ts';
import type { Slot } from '../../../src/git/worktree/worktree.ts';
import { lease, pool, workshop } from '../workshop.ts';
import type { Workshop } from '../workshop.ts';

const name = { task: 'a-task', run: 'run', worker: 'builders-1', iteration: 1 };
const ref = 'refs/oompa/rescue/a-task/run-builders-1-i1';

async function keep(shop: Workshop, slot: Slot): Promise<Extract<Kept, { kind: 'kept' }>> {
  const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
  if (kept.kind !== 'kept') throw new Error(JSON.stringify(kept));
  return kept;
}

async function filesIn(shop: Workshop, commit: string): Promise<string[]> {
  const names = await shop.repo.git('ls-tree', '-r', '-z', '--name-only', commit);
  return names.split('\0').filter((each) => each !== '');
}

function sh(folder: string, command: string): void {
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'ignore' });
}

describe('P6: what is odd in a worktree is kept too', () => {
  it('pipes, sockets and links in a circle keep nothing else from being kept', async () => {
    const shop = await workshop({ 'a.txt': 'one\n', 'b.txt': 'two\n' });
    const { slot } = await shop.begin();
    sh(slot.folder, 'rm b.txt; mkfifo pipe b.txt; ln -s loop loop; echo new > new.txt');
    const server = createServer().listen(join(slot.folder, 'socket'));
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'b.txt', 'loop', 'new.txt']);
  });

  it('names with line breaks, names that are not UTF-8, and names that differ by case only', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await shop.repo.git('config', 'core.ignoreCase', 'true');
    sh(
      slot.folder,
      `echo 1 > "$(printf 'new\\nline')"; echo 2 > "$(printf 'bad\\377')"; echo 3 > A.txt; echo 4 > B.txt`,
    );
    sh(slot.folder, 'echo 5 > b.txt');
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(
      expect.arrayContaining(['new\nline', 'bad\ufffd', 'A.txt', 'a.txt', 'B.txt', 'b.txt']),
    );
    expect(await shop.repo.git('show', `${ref}:A.txt`)).toBe('3');
    expect(await shop.repo.git('show', `${ref}:a.txt`)).toBe('one');
    expect(await shop.repo.git('show', `${ref}:b.txt`)).toBe('5');
  });

  it('when the index is a link to elsewhere, nothing is written there', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    const index = join(shop.repo.path, '.git/worktrees/builders-1/index');
    await rm(index);
    await writeFile(join(shop.repo.path, '.oompa/elsewhere'), 'mine');
    await symlink(join(shop.repo.path, '.oompa/elsewhere'), index);
    await writeFile(join(slot.folder, 'new.txt'), 'new\n');
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'new.txt']);
    expect(await readFile(join(shop.repo.path, '.oompa/elsewhere'), 'utf8')).toBe('mine');
  });

  it('a filter that fails for some files: they are kept beside git, and all others in it', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await shop.repo.git('config', 'filter.broken.clean', 'false');
    await shop.repo.git('config', 'filter.broken.required', 'true');
    await writeFile(join(slot.folder, '.gitattributes'), '*.bin filter=broken\n');
    await writeFile(join(slot.folder, 'x.bin'), 'bin\n');
    for (const each of ['m.txt', 'n.txt', 'z.txt']) await writeFile(join(slot.folder, each), `${each}\n`);
    await rm(join(slot.folder, 'a.txt'));
    const { commit } = await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitattributes', '.gitignore', 'm.txt', 'n.txt', 'z.txt']);
    expect(await shop.repo.read(`.oompa/kept/${commit}/x.bin`)).toBe('bin\n');
    expect(await shop.repo.git('log', '-1', '--format=%B', ref)).toContain('Oompa-Kept-File: x.bin (4 bytes, ');
  });

  it.skipIf(process.getuid?.() === 0)('files and folders that nobody may read (skipped: root may)', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await mkdir(join(slot.folder, 'closed'));
    await writeFile(join(slot.folder, 'closed/in.txt'), 'in\n');
    await chmod(join(slot.folder, 'closed'), 0o000);
    await writeFile(join(slot.folder, 'locked.txt'), 'locked\n');
    await chmod(join(slot.folder, 'locked.txt'), 0o000);
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'closed/in.txt', 'locked.txt']);
  });

  it('is not called kept when git has lost a part of it', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'b.txt'), 'b\n');
    sh(slot.folder, 'git add -A; git commit -qm b');
    const blob = await shop.repo.gitIn(slot.folder, 'rev-parse', 'HEAD:b.txt');
    await rm(join(shop.repo.path, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await rm(join(slot.folder, 'b.txt'));
    const kept = await keepWork(shop.opened, { slot, base: shop.base, name, refs: shop.refs });
    expect(kept.kind).toBe('failed');
    expect(await shop.repo.git('for-each-ref', 'refs/oompa')).toBe('');
  });

  it('leaves no temporary files behind, and removes those of a process that was killed', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await mkdir(join(shop.repo.path, '.oompa/tmp/salvage-999999999-gone-abcdef'), { recursive: true });
    await writeFile(join(slot.folder, 'new.txt'), 'new\n');
    await keep(shop, slot);
    expect(await readdir(join(shop.repo.path, '.oompa/tmp'))).toEqual([]);
  });
});

describe('P6: a file that is too large for git', () => {
  const large = 101 * 1024 * 1024;

  it('is kept beside it, at once and without a copy, and the rescue ref names it', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'big.bin'), 'begin');
    await truncate(join(slot.folder, 'big.bin'), large);
    const { commit } = await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt']);
    expect(await shop.repo.git('log', '-1', '--format=%B', ref)).toContain(
      `Oompa-Kept-File: big.bin (${String(large)} bytes, `,
    );
    const kept = await stat(join(shop.repo.path, '.oompa/kept', commit, 'big.bin'));
    expect(kept.ino).toBe((await stat(join(slot.folder, 'big.bin'))).ino);
    await shop.worktrees.start(slot, { branch: 'oompa/run/builders-1-i2', base: shop.base, clean: 'tracked' });
    expect(existsSync(join(slot.folder, 'big.bin'))).toBe(false);
    expect((await stat(join(shop.repo.path, '.oompa/kept', commit, 'big.bin'))).size).toBe(large);
  });

  it('is kept once, also when the next run finds it again', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    await writeFile(join(slot.folder, 'big.bin'), '');
    await truncate(join(slot.folder, 'big.bin'), large);
    const { commit } = await keep(shop, slot);
    await shop.worktrees.close(undefined);
    expect(await pool(shop.opened).lease('builders-1')).toMatchObject({ rescued: ref });
    expect(await readdir(join(shop.repo.path, '.oompa/kept'))).toEqual([commit]);
  });

  it('also in a repository inside of the worktree', async () => {
    const shop = await workshop();
    const { slot } = await shop.begin();
    sh(slot.folder, 'git init -q inner; echo x > inner/x.txt; echo big > inner/big.bin');
    await truncate(join(slot.folder, 'inner/big.bin'), large);
    const { commit } = await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(['.gitignore', 'a.txt', 'inner/x.txt']);
    expect((await stat(join(shop.repo.path, '.oompa/kept', commit, 'inner/big.bin'))).size).toBe(large);
  });
});

describe('P6: repositories inside a worktree', () => {
  it('with a line break in the name, in a tracked folder, and one in another', async () => {
    const shop = await workshop({ 'a.txt': 'one\n', 'lib/x.txt': 'x\n' });
    const { slot } = await shop.begin();
    sh(slot.folder, `n="$(printf 'new\\nrepo')"; git init -q "$n"; echo 1 > "$n/n.txt"; git -C lib init -q`);
    sh(
      slot.folder,
      'echo y > lib/y.txt; git init -q out; echo 1 > out/o.txt; git init -q out/in; echo 2 > out/in/i.txt',
    );
    await keep(shop, slot);
    expect(await filesIn(shop, ref)).toEqual(
      expect.arrayContaining(['lib/x.txt', 'lib/y.txt', 'new\nrepo/n.txt', 'out/in/i.txt', 'out/o.txt']),
    );
  });

  it('a submodule as it is on main is left as it is; what an agent changed in it comes along as files', async () => {
    const shop = await workshop();
    await shop.repo.git('init', '-q', join(shop.repo.path, '.oompa/library'));
    sh(join(shop.repo.path, '.oompa/library'), 'echo l > l.txt; git add -A; git commit -qm l');
    await shop.repo.git('-c', 'protocol.file.allow=always', 'submodule', '-q', 'add', './.oompa/library', 'sub');
    await shop.repo.git('commit', '-q', '-m', 'submodule');
    const slot = await lease(shop.worktrees, 'builders-1');
    const base = await shop.repo.git('rev-parse', 'HEAD');
    await shop.worktrees.start(slot, { branch: 'oompa/run/builders-1-i1', base, clean: 'tracked' });
    await writeFile(join(slot.folder, 'new.txt'), 'new\n');
    await keep(shop, slot);
    expect(await shop.repo.git('ls-tree', ref, 'sub')).toContain('160000 commit');
    sh(slot.folder, 'git -c protocol.file.allow=always submodule -q update --init');
    await rm(join(slot.folder, 'new.txt'));
    expect((await keepWork(shop.opened, { slot, base, name, refs: shop.refs })).kind).toBe('nothing');
    sh(slot.folder, 'cd sub; echo mine > mine.txt; git add -A; git commit -qm mine; echo more > more.txt');
    const { ref: second } = await keep(shop, slot);
    expect(await filesIn(shop, second)).toEqual(expect.arrayContaining(['sub/l.txt', 'sub/mine.txt', 'sub/more.txt']));
  });
});

it('a hard link in the worktree to a file outside of it is a file like any other', async () => {
  const shop = await workshop();
  const { slot } = await shop.begin();
  await writeFile(join(shop.repo.path, 'outside.txt'), 'outside\n');
  await link(join(shop.repo.path, 'outside.txt'), join(slot.folder, 'linked.txt'));
  await keep(shop, slot);
  expect(await shop.repo.git('show', `${ref}:linked.txt`)).toBe('outside');
});
