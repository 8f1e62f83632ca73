import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { git, gitEnvironment, isTransient } from '../../src/git/git.ts';
import { repository } from '../rig/repository.ts';
import type { TestRepository } from '../rig/repository.ts';

let repo: TestRepository;

beforeAll(async () => {
  repo = await repository({ 'a.txt': '1\n' });
});

afterAll(() => repo.remove());

describe('running git', () => {
  it('gives what git said, and its exit code', async () => {
    expect(await git(repo.path, ['hash-object', '--stdin'], { stdin: '1\n' })).toEqual({
      code: 0,
      stdout: 'd00491fd7e5bb6fa28c517a0bb32b8b506539d4d\n',
      stderr: '',
    });
    expect(await git(repo.path, ['rev-parse', '--verify', 'none'])).toMatchObject({
      code: 128,
      stderr: expect.stringContaining('fatal:') as string,
    });
  });

  it('does not throw when it can not even start', async () => {
    expect(await git(join(repo.path, 'nowhere'), ['status'])).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('nowhere') as string,
    });
  });

  it('ends git when it prints more than was allowed, and gives the beginning', async () => {
    await repo.write('large', Buffer.alloc(4_000_000, 'x'));
    const oid = await repo.git('hash-object', '-w', 'large');
    const result = await git(repo.path, ['cat-file', 'blob', oid], { maxBuffer: 1000 });
    expect(result.code).toBe(141);
    expect(result.stdout.startsWith('xxx')).toBe(true);
  });

  it('ends git and what it started when the time is over', async () => {
    await repo.write('.git/hooks/pre-commit', '#!/bin/sh\nexec cat /dev/zero >/dev/null\n');
    await chmod(join(repo.path, '.git/hooks/pre-commit'), 0o755);
    const args = ['commit', '-q', '--allow-empty', '-m', 'm'];
    expect((await git(repo.path, args, { hooks: true, timeoutMs: 500 })).code).toBe(137);
    expect((await git(repo.path, args)).code).toBe(0);
  });

  it('tries again what failed because of another git at work', async () => {
    const bin = join(repo.path, 'bin');
    const counter = join(repo.path, 'tries');
    await mkdir(bin);
    const message = 'fatal: failed to read .git/worktrees/x/commondir: Success';
    await writeFile(
      join(bin, 'git'),
      `#!/bin/sh\necho >>"${counter}"\n[ $(wc -l <"${counter}") -ge 3 ] && exit 0\necho "${message}" >&2\nexit 128\n`,
    );
    await chmod(join(bin, 'git'), 0o755);
    vi.stubEnv('PATH', `${bin}:${String(process.env['PATH'])}`);
    try {
      expect((await git(repo.path, ['worktree', 'list'])).code).toBe(0);
      await rm(counter);
      await writeFile(join(bin, 'git'), `#!/bin/sh\necho >>"${counter}"\necho "fatal: bad revision" >&2\nexit 128\n`);
      expect((await git(repo.path, ['log'])).code).toBe(128);
      expect(await repo.read('tries')).toBe('\n');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each([
    ['fatal: failed to read .git/worktrees/a/commondir: Success', true],
    ["fatal: could not create directory of '.git/worktrees/a': No such file or directory", true],
    ['error: could not lock config file .git/config: File exists', true],
    ["fatal: Unable to create '/r/.git/packed-refs.lock': File exists.", true],
    ["fatal: cannot lock ref 'refs/heads/a': Unable to create '/r/.git/refs/heads/a.lock': File exists.", true],
    ["fatal: Unable to create '/r/.git/index.lock': File exists.", false],
    ["fatal: cannot lock ref 'refs/heads/a': is at 1 but expected 2", false],
    ['', false],
  ])('knows whether %j passes by itself: %s', (stderr, passes) => {
    expect(isTransient(stderr)).toBe(passes);
  });

  it('is not led astray by the surroundings', () => {
    const env = gitEnvironment({
      PATH: '/bin',
      GIT_DIR: '/x',
      GIT_INDEX_FILE: '/y',
      GIT_WORK_TREE: '/z',
      GIT_AUTHOR_DATE: '1',
      GIT_AUTHOR_NAME: 'Me',
    });
    expect(env).toEqual({
      PATH: '/bin',
      GIT_AUTHOR_NAME: 'Me',
      LC_ALL: 'C',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
      GIT_EDITOR: ':',
    });
  });
});
