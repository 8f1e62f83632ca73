import { expect, test } from 'vitest';
import { acceptTaken, noteTaken, readTaken, unacceptedIn } from '../../../src/git/guard/taken.ts';
import type { Taken } from '../../../src/git/guard/taken.ts';
import { workshop } from '../workshop.ts';

const by = { by: 'builders-1', run: '20261120T120000-abcd', at: '2026-11-20T12:00:00.000Z' };

test('what an agent put on main counts as long as it is on main’s own line', async () => {
  const { repo, opened } = await workshop();
  expect(await unacceptedIn(opened)).toEqual([]);
  const theirs = await repo.commit({ 'x.txt': 'x\n' });
  const taken: Taken = { how: 'added', commit: theirs, ...by };
  await noteTaken(repo.path, [taken]);
  await noteTaken(repo.path, [taken]);
  expect(await readTaken(repo.path)).toEqual([taken]);
  await repo.commit({ 'y.txt': 'y\n' });
  expect(await unacceptedIn(opened)).toEqual([taken]);

  await repo.git('reset', '-q', '--hard', `${theirs}^`);
  expect(await unacceptedIn(opened)).toEqual([]);
  // Reviewed and landed after all.
  await repo.git('merge', '-q', '--no-ff', '-m', 'landing', theirs);
  expect(await unacceptedIn(opened)).toEqual([]);
});

test('what an agent took off main counts until it is back', async () => {
  const { repo, opened } = await workshop();
  const lost = await repo.commit({ 'x.txt': 'x\n' });
  const taken: Taken = { how: 'removed', commit: lost, ...by };
  await noteTaken(repo.path, [taken]);
  expect(await unacceptedIn(opened)).toEqual([]);
  await repo.git('reset', '-q', '--hard', 'HEAD~1');
  expect(await unacceptedIn(opened)).toEqual([taken]);
  await repo.git('merge', '-q', '--no-ff', '-m', 'back', lost);
  expect(await unacceptedIn(opened)).toEqual([]);
});

test('its owner may accept it, by the beginning of its name', async () => {
  const { repo, opened } = await workshop();
  const theirs = await repo.commit({ 'x.txt': 'x\n' });
  await noteTaken(repo.path, [
    { how: 'added', commit: theirs, ...by },
    { how: 'added', commit: `${theirs.slice(0, 6)}${'0'.repeat(34)}`, ...by },
  ]);
  expect((await acceptTaken(repo.path, theirs.slice(0, 5))).kind).toBe('ambiguous');
  expect((await acceptTaken(repo.path, 'abc')).kind).toBe('unknown');
  const now = new Date('2026-11-21T08:00:00Z');
  const accepted = { kind: 'accepted', taken: { commit: theirs, accepted: now.toISOString() } };
  expect(await acceptTaken(repo.path, theirs.slice(0, 12), now)).toMatchObject(accepted);
  expect(await unacceptedIn(opened)).toEqual([]);
});

test('a file that is torn or foreign counts as none, and is written anew', async () => {
  const { repo } = await workshop();
  for (const text of ['[{"how":', '{}', '[{"how":"added"},7]', '']) {
    await repo.write('.oompa/taken.json', text);
    expect(await readTaken(repo.path)).toEqual([]);
  }
  await noteTaken(repo.path, [{ how: 'added', commit: 'a'.repeat(40), ...by }]);
  expect(await readTaken(repo.path)).toHaveLength(1);
});
