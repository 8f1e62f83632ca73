import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import { findOffences, offenceText } from '../../src/core/scope.ts';

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
