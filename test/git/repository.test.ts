import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

async function made(): Promise<TestRepository> {
  const repo = await repository({ 'src/a.ts': 'export {};\n' });
  onTestFinished(() => repo.remove());
  return repo;
}

async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-no-repository-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('opening a repository', () => {
  it('finds its root, branch, tip and owner from any folder in it', async () => {
    const repo = await made();
    expect(await openRepository(join(repo.path, 'src'))).toEqual({
      kind: 'open',
      repository: {
        root: repo.path,
        commonDir: join(repo.path, '.git'),
        mainCheckout: repo.path,
        branch: 'main',
        head: await repo.git('rev-parse', 'HEAD'),
        gitVersion: expect.stringMatching(/^\d+\.\d+/) as string,
        identity: { name: 'Test Owner', email: 'owner@oompa.test' },
        sign: false,
      },
    });
  });

  it('knows the shared folder and the main checkout from a worktree', async () => {
    const repo = await made();
    const folder = join(repo.path, '.oompa', 'linked');
    await repo.git('worktree', 'add', '-q', '-b', 'linked', folder);
    expect(await openRepository(folder)).toMatchObject({
      repository: { root: folder, branch: 'linked', commonDir: join(repo.path, '.git'), mainCheckout: repo.path },
    });
  });

  it('has no main checkout where the shared folder is bare', async () => {
    const repo = await made();
    const folder = await emptyFolder();
    await repo.git('clone', '-q', '--bare', repo.path, join(folder, 'shared.git'));
    await repo.gitIn(join(folder, 'shared.git'), 'worktree', 'add', '-q', join(folder, 'tree'), 'main');
    expect(await openRepository(join(folder, 'tree'))).toMatchObject({
      repository: { root: join(folder, 'tree'), mainCheckout: undefined },
    });
  });

  it('takes the branch that the config names, whatever is checked out', async () => {
    const repo = await made();
    await repo.git('branch', 'release/1');
    await repo.git('switch', '-q', '--detach');
    expect(await openRepository(repo.path, { branch: 'release/1' })).toMatchObject({
      repository: { branch: 'release/1' },
    });
  });

  it('notes that the user signs commits', async () => {
    const repo = await made();
    await repo.git('config', 'commit.gpgSign', 'yes');
    expect(await openRepository(repo.path)).toMatchObject({ repository: { sign: true } });
  });
});

describe('what is no place to work in', () => {
  const cases: [problem: string, arrange: () => Promise<string | [string, { branch: string }]>, remedy: RegExp][] = [
    ['not-a-repository', emptyFolder, /git init/],
    ['not-a-repository', async () => join(await emptyFolder(), 'none'), /not a folder/],
    ['not-a-repository', async () => join((await made()).path, '.git'), /work tree/],
    [
      'bare',
      async () => {
        const folder = await emptyFolder();
        await (await made()).git('init', '-q', '--bare', folder);
        return folder;
      },
      /clone it/,
    ],
    [
      'no-commit',
      async () => {
        const folder = await emptyFolder();
        await (await made()).git('init', '-q', folder);
        return folder;
      },
      /make a first one/,
    ],
    [
      'detached',
      async () => {
        const repo = await made();
        await repo.git('switch', '-q', '--detach');
        return repo.path;
      },
      /switch to a branch/,
    ],
    ['no-such-branch', async () => [(await made()).path, { branch: 'mian' }], /mian/],
    [
      'unsupported-refs',
      async () => {
        const repo = await made();
        await repo.git('config', 'extensions.refStorage', 'reftable');
        return repo.path;
      },
      /migrate/,
    ],
  ];

  it.each(cases)('is %s, with a remedy in one line', async (problem, arrange, remedy) => {
    const at = await arrange();
    const [folder, needs] = typeof at === 'string' ? [at, {}] : at;
    const opened = await openRepository(folder, needs);
    if (opened.kind === 'open') throw new Error('it was opened');
    expect(opened.problem).toBe(problem);
    expect(opened.message).toMatch(remedy);
    expect(opened.message).not.toContain('\n');
  });

  it('is one where git does not know who commits, except for those who do not commit', async () => {
    const repo = await made();
    await repo.git('config', 'user.useConfigOnly', 'true');
    await repo.git('config', 'user.name', '');
    expect(await openRepository(repo.path)).toMatchObject({ kind: 'problem', problem: 'no-identity' });
    expect(await openRepository(repo.path, { identity: false })).toMatchObject({ kind: 'open' });
  });

  it.each([
    ['no-git', undefined],
    ['old-git', '2.37.9'],
  ])('is %s', async (problem, version) => {
    const repo = await made();
    const bin = await emptyFolder();
    if (version !== undefined) {
      const { chmod, writeFile } = await import('node:fs/promises');
      await writeFile(join(bin, 'git'), `#!/bin/sh\necho git version ${version}\n`);
      await chmod(join(bin, 'git'), 0o755);
    }
    await mkdir(bin, { recursive: true });
    vi.stubEnv('PATH', bin);
    const opened = await openRepository(repo.path).finally(() => vi.unstubAllEnvs());
    expect(opened).toMatchObject({ kind: 'problem', problem, message: expect.stringContaining('2.38') as string });
  });
});
