import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sinceLastChange } from '../../src/harness/worktree-activity.ts';

let folder: string;
let worktree: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-activity-'));
  worktree = join(folder, 'worktree');
  for (const each of [
    'worktree/src/deep',
    'worktree/.git',
    'worktree/node_modules/left-pad',
    'worktree/node_modules/@types/node',
    'worktree/node_modules/.pnpm/ms@2.1.3',
    'elsewhere',
  ]) {
    mkdirSync(join(folder, each), { recursive: true });
    writeFileSync(join(folder, each, 'file'), 'old');
  }
  symlinkSync(join(folder, 'elsewhere'), join(worktree, 'link'));
  symlinkSync(worktree, join(worktree, 'src', 'loop'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** When the last change in the worktree was. The clock stands still, so that this can be told from how long ago it was. */
async function newest(): Promise<number> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  try {
    return Date.now() - (await sinceLastChange(worktree));
  } finally {
    vi.useRealTimers();
  }
}

/** Puts a file into a package, as an installer does. */
function fill(name: string): void {
  writeFileSync(join(worktree, 'node_modules', name, 'index.js'), '');
}

/** What the disk's own clock says of this path. */
function changed(path: string): number {
  return statSync(join(folder, path)).ctimeMs;
}

/** The disk's clock ticks some hundred times a second: nothing that is done after this bears an older time. */
async function tick(): Promise<void> {
  const probe = join(folder, 'probe');
  writeFileSync(probe, '');
  const { ctimeMs } = statSync(probe);
  await expect.poll(() => (chmodSync(probe, 0o600), statSync(probe).ctimeMs), { interval: 1 }).toBeGreaterThan(ctimeMs);
}

describe('the last change in a worktree', () => {
  it.each<[string, string, () => void]>([
    ['a file is written', 'worktree/src/deep/file', () => appendFileSync(join(worktree, 'src/deep/file'), 'x')],
    ['a file is made', 'worktree/src/deep', () => writeFileSync(join(worktree, 'src/deep/new'), '')],
    ['a file is removed', 'worktree/src/deep', () => rmSync(join(worktree, 'src/deep/file'))],
    ['a file is renamed', 'worktree/src', () => renameSync(join(worktree, 'src/deep'), join(worktree, 'src/deeper'))],
    ['a folder of its own root goes', 'worktree', () => rmSync(join(worktree, 'src'), { recursive: true })],
    ['a package is added', 'worktree/node_modules', () => mkdirSync(join(worktree, 'node_modules/is-odd'))],
    ['a package is filled', 'worktree/node_modules/left-pad', () => fill('left-pad')],
    ['a package of a scope is filled', 'worktree/node_modules/@types/node', () => fill('@types/node')],
    ['a package of pnpm’s is filled', 'worktree/node_modules/.pnpm/ms@2.1.3', () => fill('.pnpm/ms@2.1.3')],
    [
      'a file with an old date is unpacked',
      'worktree/src/deep/file',
      () => utimesSync(join(worktree, 'src/deep/file'), 1000, 1000),
    ],
  ])('is seen when %s', async (_what, path, change) => {
    const before = await newest();
    await tick();
    change();
    expect(changed(path)).toBeGreaterThan(before + 0.1);
    expect(await newest()).toBeCloseTo(changed(path), 1);
  });

  it.each([
    ['git’s own folder', 'worktree/.git/file'],
    ['a package', 'worktree/node_modules/left-pad/file'],
    ['a folder that a link leads to', 'elsewhere/file'],
  ])('is not one in %s', async (_where, path) => {
    const before = await newest();
    await tick();
    appendFileSync(join(folder, path), 'x');
    expect(changed(path)).toBeGreaterThan(before + 0.1);
    expect(await newest()).toBeCloseTo(before, 1);
  });

  it('is never when the folder is not there', async () => {
    expect(await sinceLastChange(join(folder, 'gone'))).toBe(Infinity);
  });
});
