import { expect, it } from 'vitest';
import { runNestedVitest } from './nested-vitest.ts';

it('counts what passed, failed and was skipped, on a last line alone', () => {
  const tests = "it('a', () => {}); it('b', () => { throw new Error(); }); it.skip('c', () => {});";
  const { code, lastLine } = runNestedVitest(tests);
  expect(lastLine).toBe('1 passed, 1 failed, 1 skipped');
  expect(code).not.toBe(0);
});

it('exits zero when nothing failed', () => {
  const { code, lastLine } = runNestedVitest("it('a', () => {});");
  expect(lastLine).toBe('1 passed, 0 failed, 0 skipped');
  expect(code).toBe(0);
});

it.each([
  ['a file that does not load', "it('a', () => {}); throw new Error();"],
  ['a hook that throws', "afterAll(() => { throw new Error(); }); it('a', () => {});"],
  ['an error that no test caught', "it('a', () => { Promise.reject(new Error()); });"],
  ['a file without a test', ''],
  ['a process that dies', "it('a', () => { process.kill(process.pid, 'SIGKILL'); });"],
])('never says that nothing failed after %s', (_what, tests) => {
  const { code, lastLine } = runNestedVitest(tests);
  expect(lastLine).toMatch(/^\d+ passed, [1-9]\d* failed, \d+ skipped$/);
  expect(code).not.toBe(0);
});
