import { readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openObjectReader } from '../../src/git/object-reader.ts';
import { absent, openRefs } from '../../src/git/refs.ts';
import type { Refs } from '../../src/git/refs.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

let repo: TestRepository;
let refs: Refs;
let one: string;
let two: string;

beforeAll(async () => {
  repo = await repository({ 'a.txt': '1\n' });
  one = await repo.git('rev-parse', 'HEAD');
  two = await repo.commit({ 'a.txt': '2\n' });
  refs = openRefs(repo.path);
});

afterAll(async () => {
  await refs.close();
  await repo.remove();
});

describe('a ref transaction', () => {
  it('does all of it or nothing', async () => {
    expect(
      await refs.transaction([
        { ref: 'refs/oompa/a', to: one, from: absent },
        { ref: 'refs/oompa/b', to: two },
      ]),
    ).toEqual({ kind: 'done' });
    const refused = await refs.transaction([
      { ref: 'refs/oompa/a', to: two, from: one },
      { delete: 'refs/oompa/b', from: one },
    ]);
    expect(refused.kind).toBe('refused');
    expect(await repo.git('rev-parse', 'refs/oompa/a', 'refs/oompa/b')).toBe(`${one}\n${two}`);
    expect(
      await refs.transaction([
        { ref: 'refs/oompa/a', to: two, from: one },
        { delete: 'refs/oompa/b', from: two },
      ]),
    ).toEqual({ kind: 'done' });
    expect(await repo.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/oompa')).toBe(
      `refs/oompa/a ${two}`,
    );
  });

  it('creates only what does not exist, and verifies without changing', async () => {
    await refs.transaction([{ ref: 'refs/oompa/c', to: one }]);
    expect((await refs.transaction([{ ref: 'refs/oompa/c', to: two, from: absent }])).kind).toBe('refused');
    expect((await refs.transaction([{ verify: 'refs/oompa/c', is: one }])).kind).toBe('done');
    expect((await refs.transaction([{ verify: 'refs/oompa/c', is: two }])).kind).toBe('refused');
    expect((await refs.transaction([{ verify: 'refs/oompa/c', is: absent }])).kind).toBe('refused');
    expect((await refs.transaction([{ verify: 'refs/oompa/none', is: absent }])).kind).toBe('done');
  });

  it('lets one of many at once win', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => refs.transaction([{ ref: 'refs/oompa/race', to: one, from: absent }])),
    );
    expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(1);
  });

  it.each(['refs/heads/x\ndelete refs/heads/main', 'refs/a b', 'main', 'refs/x..lock ', 'refs/"x"'])(
    'refuses the name %j, which could be another command',
    async (ref) => {
      expect((await refs.transaction([{ ref, to: one }])).kind).toBe('refused');
      expect((await refs.transaction([{ ref: 'refs/oompa/x', to: `${one}\ndelete refs/heads/main` }])).kind).toBe(
        'refused',
      );
      expect(await repo.git('rev-parse', 'main')).toBe(two);
    },
  );

  it("does not follow a link that an agent has made of one of oompa's refs", async () => {
    await repo.git('symbolic-ref', 'refs/oompa/claims/trap', 'refs/heads/main');
    await refs.transaction([{ delete: 'refs/oompa/claims/trap' }]);
    expect(await repo.git('rev-parse', 'main')).toBe(two);
  });

  it('waits for a lock that another git holds for a moment', async () => {
    const lock = join(repo.path, '.git/refs/heads/locked.lock');
    await repo.git('branch', 'locked', one);
    await writeFile(lock, '');
    const moving = refs.transaction([{ ref: 'refs/heads/locked', to: two, from: one }]);
    // The first try has failed by the time that this one, in a process of its own, has failed as well.
    await repo.git('update-ref', 'refs/heads/locked', two).catch(() => undefined);
    await rm(lock);
    expect(await moving).toEqual({ kind: 'done' });
  });
});

describe('the object reader', () => {
  it('sees at once what others do, and survives questions without an answer', async () => {
    const objects = openObjectReader(repo.path);
    expect(await objects.resolve('refs/oompa/seen')).toBeUndefined();
    await repo.git('update-ref', 'refs/oompa/seen', one);
    expect(await objects.resolve('refs/oompa/seen')).toBe(one);
    await repo.git('pack-refs', '--all');
    expect(await objects.resolve('refs/oompa/seen')).toBe(one);
    expect(await objects.treeOf('main')).toBe(await repo.git('rev-parse', 'main^{tree}'));
    for (const nothing of ['', 'no such thing', 'main\nmain', '0'.repeat(40)])
      expect(await objects.resolve(nothing)).toBeUndefined();
    expect(await objects.resolve('main')).toBe(two);
    await objects.close();
  });

  it.runIf(process.platform === 'linux')(
    'starts again when its process was killed, and ends when it is closed',
    async () => {
      const objects = openObjectReader(repo.path);
      await objects.resolve('main');
      const [pid] = await catFilesIn(repo.path);
      process.kill(Number(pid), 'SIGKILL');
      expect(await objects.resolve('main')).toBe(two);
      await objects.close();
      expect(await catFilesIn(repo.path)).toEqual([]);
    },
  );
});

/** Pids of the readers of that repository that run now. */
async function catFilesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    const command = cwd === folder ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    if (command.includes('cat-file')) found.push(pid);
  }
  return found;
}
