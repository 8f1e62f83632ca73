import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import { findOffences, leadsOut, namedIn, offenceText } from '../../src/core/scope.ts';

const matches = (pattern: string, path: string) => picomatch.isMatch(path, pattern, { dot: true });

test('a protected path is an offence even where the task allows it', () => {
  const found = findOffences(['.github/ci.yml'], { protect: ['.github/**'], files: ['.github/**'] }, matches);
  expect(found).toEqual({ protected: ['.github/ci.yml'], outside: [] });
  expect(offenceText(found)).toContain('protected');
});

test("a path outside the task's files is an offence", () => {
  const found = findOffences(['src/a.ts', 'README.md'], { protect: [], files: ['src/**'] }, matches);
  expect(found.outside).toEqual(['README.md']);
  expect(offenceText(found)).toContain('- README.md');
});

test('a task that names no files may touch everything that is not protected', () => {
  expect(offenceText(findOffences(['a', 'b/c'], { protect: ['x'], files: [] }, matches))).toBeUndefined();
});

test.each([
  ['./check.sh', 'check.sh', true],
  ['node "scripts/verify.js" --all', 'scripts/verify.js', true],
  ['a && (sh check.sh; true)', 'check.sh', true],
  ['node scripts/verify.js.old', 'scripts/verify.js', false],
  ['npm test', 'test/a.test.ts', false],
])('%s names %s literally: %s', (command, path, named) => {
  expect(namedIn([command], [path, 'other.ts'])).toEqual(named ? [path] : []);
});

test.each([
  ['link', 'other.txt', false],
  ['a/b/link', '../../other.txt', false],
  ['a/link', './../c/../d', false],
  ['link', '../other.txt', true],
  ['a/link', 'b/../../../x', true],
  ['link', '/etc/passwd', true],
  ['link', 'C:\\x', true],
])('a link %s -> %s leads out of the repository: %s', (path, target, out) => {
  expect(leadsOut(path, target)).toBe(out);
});
