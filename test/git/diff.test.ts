import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changes, diffText } from '../../src/git/diff.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

const wide = { perFileBytes: 100_000, totalBytes: 1_000_000 };
let repo: TestRepository;
let base: string;
let head: string;

beforeAll(async () => {
  repo = await repository({ 'a.txt': '1\n2\n', 'gone.txt': 'x\n', 'becomes-link': 'text\n', 'same.txt': 's\n' });
  base = await repo.git('rev-parse', 'HEAD');
  await rm(join(repo.path, 'gone.txt'));
  await rm(join(repo.path, 'becomes-link'));
  await symlink('/etc/hostname', join(repo.path, 'becomes-link'));
  await writeFile(join(repo.path, 'binary'), Buffer.from([0, 1, 2, 0]));
  await mkdir(join(repo.path, 'dir'));
  head = await repo.commit({
    'a.txt': '1\nzwei\ndrei\n',
    'dir/tab\tnew\nline "q".txt': 'x\n',
    'dir/ä b.txt': 'y\n',
    'moved.txt': 'x\n',
  });
});

afterAll(() => repo.remove());

describe('what changed', () => {
  it('is listed by path, whatever is in its name', async () => {
    expect(await changes(repo.path, base, head)).toEqual([
      { path: 'a.txt', status: 'modified', added: 2, deleted: 1, binary: false },
      { path: 'becomes-link', status: 'type-changed', added: 1, deleted: 1, binary: false },
      { path: 'binary', status: 'added', added: 0, deleted: 0, binary: true },
      { path: 'dir/tab\tnew\nline "q".txt', status: 'added', added: 1, deleted: 0, binary: false },
      { path: 'dir/ä b.txt', status: 'added', added: 1, deleted: 0, binary: false },
      { path: 'gone.txt', status: 'deleted', added: 0, deleted: 1, binary: false },
      { path: 'moved.txt', status: 'added', added: 1, deleted: 0, binary: false },
    ]);
    expect(await changes(repo.path, head, head)).toEqual([]);
  });

  it('says so loudly when git can not compare', async () => {
    await expect(changes(repo.path, 'nothing', head)).rejects.toThrow('nothing');
  });
});

describe('the diff as text', () => {
  it("is git's own when it fits, whatever the user has set for diffs", async () => {
    await repo.git('config', 'diff.noprefix', 'true');
    await repo.git('config', 'diff.external', '/nonexistent/program');
    await repo.git('config', 'color.diff', 'always');
    const { text, cut } = await diffText(repo.path, base, head, wide);
    expect(cut).toEqual([]);
    expect(text).toContain('diff --git a/a.txt b/a.txt\n');
    expect(text).toContain('-2\n+zwei\n+drei\n');
    expect(text).toContain('Binary files /dev/null and b/binary differ\n');
  });

  it('is cut per file, at a line, and names what is cut', async () => {
    const long = Array.from({ length: 500 }, (_, n) => `line ${n}`).join('\n');
    const next = await repo.commit({
      'long one.txt': `${long}\n`,
      'zz.txt': 'short\n',
      'dir/"quoted".txt': `${long}\n`,
    });
    const { text, cut } = await diffText(repo.path, head, next, { perFileBytes: 1000, totalBytes: 100_000 });
    expect(cut).toEqual(['dir/"quoted".txt', 'long one.txt']);
    expect(text).toContain('+line 1\n');
    expect(text).not.toContain('+line 400\n');
    expect(text).toContain('+short\n');
    expect(Buffer.byteLength(text)).toBeLessThan(3000);
  });

  it('is cut in all, and names the files that are missing', async () => {
    const { text, cut } = await diffText(repo.path, base, head, { perFileBytes: 1000, totalBytes: 300 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(300);
    expect(cut).toContain('moved.txt');
    expect(cut).not.toContain('a.txt');
  });

  it('takes 20 MB without a line break in its stride', async () => {
    const next = await repo.commit({ 'huge.txt': 'x'.repeat(20_000_000), 'zzz.txt': 'after\n' });
    const { text, cut } = await diffText(repo.path, `${next}^`, next, wide);
    expect(cut).toEqual(['huge.txt']);
    expect(Buffer.byteLength(text)).toBeLessThan(wide.perFileBytes + 1000);
    expect(text).toMatch(/\ndiff --git a\/zzz.txt b\/zzz.txt\n/);
  });
});
