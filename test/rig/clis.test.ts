import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCli } from './clis.ts';
import { runNestedVitest } from './nested-vitest.ts';
import { cliFolders, clisFolder, findExecutable } from './pinned-clis.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-find-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('finds opencode, which is a devDependency', () => {
  expect(findCli('opencode')).toMatch(/\/node_modules\/\.bin\/opencode$/);
});

it('trusts the pinned copies before the dependencies, and these before the PATH', () => {
  const folders = cliFolders(`${folder}:relative:`);
  expect(folders[0]).toBe(join(clisFolder, 'node_modules', '.bin'));
  expect(folders[1]).toMatch(/\/node_modules\/\.bin$/);
  expect(folders.slice(2)).toEqual([folder]);
});

it('takes the first executable, and passes over files that are not', () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => join(folder, name));
  for (const each of [first!, second!, third!]) mkdirSync(each);
  writeFileSync(join(second!, 'claude'), '');
  writeFileSync(join(third!, 'claude'), '');
  chmodSync(join(third!, 'claude'), 0o755);
  expect(findExecutable('claude', [first!, second!, third!])).toBe(join(third!, 'claude'));
  expect(findExecutable('codex', [first!, second!, third!])).toBeUndefined();
});

it('skips the tests of a CLI that is nowhere, counts them as skipped, and says so', () => {
  const clis = JSON.stringify(join(import.meta.dirname, 'clis.ts'));
  const { code, lastLine, stderr } = runNestedVitest(`
    import { describeWithCli } from ${clis};
    it('needs no CLI', () => {});
    describeWithCli('no-such-cli', 'with the CLI', () => {
      it('works', () => {});
      it('works again', () => {});
    });
  `);
  expect(stderr).toContain('SKIPPED: no-such-cli is not installed; run npm run clis\n');
  expect(lastLine).toBe('1 passed, 0 failed, 2 skipped');
  expect(code).toBe(0);
});
