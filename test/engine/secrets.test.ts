import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { open, review, reviewer, work } from './open.ts';

const key = ['sk', 'ant', 'api03', 'Zx9'.repeat(12)].join('-');

test('a key that a reviewer quotes is neither in the task file nor in anything that the run leaves behind', async () => {
  const world = await open({
    config: `workers: [{ name: builders, harness: opencode }]\nlimits: { attempts: 1 }\n${reviewer}`,
    tasks: { a: 'title: A' },
  });
  const { repo, agents, swarm, task } = world;
  const run = swarm();
  await work(await agents.next(), 'echo a > a.txt');
  await review(world, `The key ${key} must not be in the code.\n\nVERDICT: REJECTED`);
  expect(await run.exitCode).toBe(1);
  expect(await task('failed', 'a')).toContain('The key [redacted] must not be in the code.');
  const runs = join(repo.path, 'runs');
  const files = await readdir(runs, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain(key);
  }
});
