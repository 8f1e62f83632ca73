import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { branchClue, cluesIn, cluesOf, headClue } from '../../../src/engine/guard/transcript.ts';

const folder = mkdtempSync(join(tmpdir(), 'oompa-transcript-'));
afterAll(() => rmSync(folder, { recursive: true }));

const terrain = { checkout: '/home/me/my app', worktree: '/home/me/my app/.oompa/worktrees/builders-1' };

async function finds(text: string, path = 'src/a.ts'): Promise<boolean> {
  const file = join(folder, 'transcript');
  writeFileSync(file, text);
  return (await cluesIn(file, cluesOf(terrain, path)))?.includes(true) ?? false;
}

describe('a transcript leads to a path of the checkout', () => {
  test.each([
    ['its absolute path', 'cat > "/home/me/my app/src/a.ts"'],
    ['a way up', 'echo > ../../../src/a.ts'],
    ['a longer way up, from a folder', 'echo > ../../../../../src/a.ts'],
    ['the checkout and the name', 'cd "/home/me/my app"\nsed -i s/a/b/ src/a.ts'],
    ['a folder of the checkout and the name', "cd '/home/me/my app/src' && touch a.ts"],
    ['the way up and the name', 'cd ../../..; touch src/a.ts'],
    ['a link to the checkout and the name', 'ln -s ../../.. up && echo > up/src/a.ts'],
  ])('by %s', async (_, text) => {
    expect(await finds(JSON.stringify({ command: text }))).toBe(true);
  });

  test('when its name has to be escaped in JSON', async () => {
    expect(await finds(JSON.stringify({ filePath: '/home/me/my app/say "hi".ts' }), 'say "hi".ts')).toBe(true);
  });

  test('also where one piece of the file ends and the next begins', async () => {
    const text = `${'x'.repeat(256 * 1024 - 20)}/home/me/my app/src/a.ts`;
    expect(await finds(text)).toBe(true);
    expect(await finds(`cd ../../..\n${'x'.repeat(1_000_000)}\ntouch a.ts`)).toBe(true);
  });

  test.each([
    ['its name in the worktree', 'cat src/a.ts'],
    ['its path in the worktree', 'cat "/home/me/my app/.oompa/worktrees/builders-1/src/a.ts"'],
    ['another file of the checkout', 'cat "/home/me/my app/src/a.tsx" "/home/me/my app/src/b.ts"'],
    ['a way up that stays in the worktree', 'cat ../../src/a.ts'],
    ['another folder with the same beginning', 'cd "/home/me/my application"; cat src/a.ts'],
  ])('but not by %s', async (_, text) => {
    expect(await finds(JSON.stringify({ command: text }))).toBe(false);
  });
});

test('moving HEAD of the checkout, or the branch itself, takes a command that does so', async () => {
  const file = join(folder, 'other');
  const found = async (text: string) => {
    writeFileSync(file, JSON.stringify({ command: text }));
    return cluesIn(file, [headClue(terrain), branchClue('main')]);
  };
  expect(await found('git -C "/home/me/my app" switch other')).toEqual([true, false]);
  expect(await found('git --git-dir ../../../.git symbolic-ref HEAD refs/heads/x')).toEqual([true, false]);
  expect(await found('git update-ref refs/heads/main HEAD')).toEqual([false, true]);
  expect(await found('git push . HEAD:main')).toEqual([false, true]);
  expect(await found('git log main; git switch maintenance')).toEqual([false, false]);
});

test('a transcript that can’t be read shows nothing, and says so', async () => {
  expect(await cluesIn(join(folder, 'none'), [branchClue('main')])).toBeUndefined();
});
